"""How long the check of the module takes when every call takes a tenth of a second, and when AWS is busy."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from wizard.core.finding import Finding, Verdict
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import permissions, requirements
from wizard.services.aws.keys import Keys
from wizard.services.aws.requirements import Need
from wizard.services.aws.session import AwsPlaces, AwsSession
from wizard.services.aws.sign_in import keys_session
from wizard.services.terraform import module
from wizard.steps import needed

LATENCY = 0.1
AT_ONCE = 10
"""Calls at a time that the figure is measured against."""
ALLOWED = 1.5


def run() -> None:
    """Print the wall time of a full check against `ALLOWED` × the slowest call × calls/`AT_ONCE`."""
    with EmbeddedAws() as aws, tempfile.TemporaryDirectory() as home:
        needs = _reads(aws)
        session = _operator(aws, Path(home))
        aws.latency = LATENCY
        slowest = max(_one_call(session) for _ in range(5))
        for name, throttled in (
            ("a full check", 0),
            ("a third of the calls throttled once", len(needs) // 3),
        ):
            for need in needs[:throttled]:
                aws.faults.add(need.action, 429, "Throttling", "Rate exceeded", times=1)
            before, began = len(aws.calls), time.perf_counter()
            found = [each for each in permissions.check(session, needs) if isinstance(each, Finding)]
            wall, calls = time.perf_counter() - began, len(aws.calls) - before
            limit = ALLOWED * slowest * calls / AT_ONCE
            open_ends = sum(each.verdict in (Verdict.UNKNOWN, Verdict.GAP) for each in found)
            aws.faults.clear()
            print(
                f"{name:<44} {wall * 1000:8.0f} ms  for {calls} calls, slowest {slowest * 1000:.0f} ms   "
                f"ratio to the limit {wall / limit:.2f}, {open_ends} not answered"
            )


def _reads(aws: EmbeddedAws) -> list[Need]:
    """Every read of the module in both regions, of an account in which all of it is there."""
    refs = needed.resources(module.packaged(), {}, aws.account_id)
    found = [n for n in requirements.needs(refs, account=aws.account_id) if n.phase == "read"]
    for bucket, region in {(n.ref.holder, n.region) for n in found if n.action == "s3:ListBucket"}:
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
        aws.client("s3", region=region).create_bucket(Bucket=bucket, **place)
    return found


def _operator(aws: EmbeddedAws, home: Path) -> AwsSession:
    keys = aws.keys_for_user("operator")
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").put_user_policy(UserName="operator", PolicyName="all", PolicyDocument=document)
    places = AwsPlaces.of({"AWS_ENDPOINT_URL": aws.url}, home)
    return keys_session(Keys(keys.access_key_id, keys.secret_access_key), places)


def _one_call(session: AwsSession) -> float:
    began = time.perf_counter()
    session.client("iam").get_user(UserName="operator")
    return time.perf_counter() - began
