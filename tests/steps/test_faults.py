"""AWS or the workspace is busy, slow, broken, cut off or not itself: nothing of that is a broken joint.

One world for all of it; the clients repeat as they always do, without the pauses between.
"""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wizard.core.chain import Chain
from wizard.core.finding import Verdict
from wizard.services.aws import session as aws_session
from wizard.services.databricks import client
from wizard.services.databricks.client import Workspace

if TYPE_CHECKING:
    from tests.steps.conftest import Chained

FROM_WORKSPACE = {
    "GET /api/2.0/instance-profiles/list": 6,
    "GET /api/2.0/sql/config/warehouses": 7,
    "GET /api/2.0/sql/warehouses/*": 8,
    "POST /api/2.0/sql/statements": 10,
    "GET /api/2.0/sql/statements/*": 11,
}
"""Every call to the workspace -> the first joint that is read from it."""
FROM_AWS = {
    "sts:GetCallerIdentity": 1,
    "iam:GetRole": 2,
    "iam:SimulatePrincipalPolicy": 3,
    "s3:GetBucketPolicy": 3,
    "s3:GetEncryptionConfiguration": 3,
    "lakeformation:ListPermissions": 3,
    "iam:GetInstanceProfile": 5,
}
"""Every call to AWS -> the first joint that is read from it."""
HTML = b"<html><title>Sign in to the guest network</title></html>"
AWS_FAULTS: dict[str, dict[str, Any]] = {
    "throttled": {"status": 400, "code": "ThrottlingException", "message": "Rate exceeded"},
    "slow down": {"status": 503, "code": "SlowDown", "message": "Please reduce your request rate."},
    "broken": {"status": 500, "code": "InternalFailure", "message": "We encountered an internal error."},
    "away": {"status": 503, "code": "ServiceUnavailable", "message": "Try later."},
    "dropped": {"drop": True},
    "silent": {"delay": 0.35},
    "web page": {"body": HTML},
    "web page 502": {"body": HTML, "status": 502},
    "garbage": {"body": b"\x00\xffno answer of anybody"},
    "empty": {"body": b""},
    "nothing in it": {"body": b"<a/>"},
    "other words": {"body": b'{"a": 1}'},
}
PASSING = ("throttled", "slow down", "broken", "away", "dropped", "silent")
"""What botocore tries again."""
BUSY = {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "wait"}
AWAY = {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "soon"}
WORKSPACE_PASSING: dict[str, dict[str, Any]] = {
    "busy": {"status": 429, "body": BUSY},
    "away": {"status": 503, "body": AWAY},
    "slow": {"delay": 0.1},
    "dropped": {"drop": True},
}
LEGITIMATE = {
    # Databricks leaves empty lists and unset fields out of an answer: nothing is registered, nothing is set.
    ("GET /api/2.0/instance-profiles/list", "nothing in it"),
    ("GET /api/2.0/sql/config/warehouses", "nothing in it"),
    ("GET /api/2.0/sql/config/warehouses", "other words"),
}
WORKSPACE_FAULTS: dict[str, dict[str, Any]] = {
    "busy": {"status": 429, "body": BUSY},
    "broken": {"status": 500, "body": {"error_code": "INTERNAL_ERROR", "message": "oops"}},
    "away": {"status": 503, "body": "<html><title>503</title></html>"},
    "dropped": {"drop": True},
    "token": {"status": 403, "body": {"error_code": 403, "message": "Invalid access token."}},
    "web page": {"status": 200, "body": "<html><title>Sign in</title></html>"},
    "garbage": {"status": 200, "body": "no answer of anybody"},
    "a list": {"status": 200, "body": [1, "two"]},
    "nothing in it": {"status": 200, "body": {}},
    "other words": {"status": 200, "body": {"instance_profiles": 7, "state": [], "status": "x", "result": 1}},
}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clients repeat at once; the workspace's clock believes that it has waited."""
    from botocore.retries import standard
    from databricks.sdk.clock import RealClock

    ahead = [0.0]
    told = RealClock.time

    def sleep(_: RealClock, seconds: float) -> None:
        ahead[0] += seconds

    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda *_: 0)
    monkeypatch.setattr(RealClock, "sleep", sleep)
    monkeypatch.setattr(RealClock, "time", lambda clock: told(clock) + ahead[0])
    waiting = SimpleNamespace(
        monotonic=lambda: time.monotonic() + ahead[0], sleep=lambda seconds: sleep(RealClock(), seconds)
    )
    monkeypatch.setattr(client, "time", waiting)
    monkeypatch.setattr(aws_session, "READ_SECONDS", 0.2)


def said(chain: Chain) -> list[str]:
    return [link.finding.line() for link in chain.links]


@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_fault_of_every_call_to_aws_is_waited_out(standing: Chained, fault: str) -> None:
    for call in FROM_AWS:
        standing.aws.faults.add(call, **AWS_FAULTS[fault])
    chain = standing.look()
    assert chain.whole, said(chain)
    assert standing.changes() == []


@pytest.mark.parametrize("fault", WORKSPACE_PASSING)
def test_a_passing_fault_of_every_call_to_the_workspace_is_waited_out(standing: Chained, fault: str) -> None:
    for call in FROM_WORKSPACE:
        standing.workspace.faults.add(call, **WORKSPACE_PASSING[fault])
    chain = standing.look()
    assert chain.whole, said(chain)
    assert standing.changes() == []


def never_broken(chain: Chain, number: int) -> None:
    """Could not check, from this joint on or at this joint, with the reason and a way out; exit 10."""
    assert (chain.first_broken, chain.status) == (None, 10), said(chain)
    link = next(link for link in chain.links if link.joint.number == number)
    assert link.finding.verdict is Verdict.UNKNOWN, said(chain)
    assert link.finding.evidence
    problem = link.finding.problem
    assert problem is not None, link.finding
    assert problem.what
    assert problem.remedy
    assert problem.code != "aws.unexpected", problem


@pytest.mark.parametrize("fault", AWS_FAULTS)
def test_a_lasting_fault_of_any_call_to_aws_is_not_known_never_broken(standing: Chained, fault: str) -> None:
    for call, number in FROM_AWS.items():
        standing.aws.faults.add(call, times=0, **AWS_FAULTS[fault])
        never_broken(standing.look(), number)
        assert standing.changes() == []
        standing.aws.faults.clear()


@pytest.mark.parametrize("fault", WORKSPACE_FAULTS)
def test_a_lasting_fault_of_any_call_to_the_workspace_is_not_known_never_broken(
    standing: Chained, fault: str
) -> None:
    for call, number in FROM_WORKSPACE.items():
        if (call, fault) in LEGITIMATE:
            continue
        standing.workspace.faults.add(call, times=-1, **WORKSPACE_FAULTS[fault])
        never_broken(standing.look(), number)
        assert standing.changes() == []
        standing.workspace.faults.clear()


def test_a_workspace_that_is_gone_is_no_broken_joint(
    standing: Chained, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Workspace("http://127.0.0.1:9", "token", host="gone.example", retry_seconds=30)
    monkeypatch.setattr(standing, "client", gone)
    chain = standing.look()
    assert (chain.first_broken, chain.status, chain.whole) == (None, 10, False)
    assert [joint.number for joint in chain.unknown] == [6, 7, 8, 9, 10, 11]
