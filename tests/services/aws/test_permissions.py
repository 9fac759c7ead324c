"""The check against an AWS that really decides: no gap missed, none invented."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from wizard.core.event import Progress
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import lake, permissions
from wizard.services.aws.keys import Keys
from wizard.services.aws.requirements import Need, ResourceRef, needs
from wizard.services.aws.session import AwsPlaces, AwsSession
from wizard.services.aws.sign_in import keys_session, role_session

AsUser = Callable[..., AwsSession]
ACCOUNT = "123456789012"


def ref(type: str, name: str = "", *, exists: bool = True, region: str = "", arn: str = "") -> ResourceRef:
    return ResourceRef(f"{type}.this", type, name, region, exists, arn)


MODULE = [
    ref("aws_iam_role", "htd-role"),
    ref("aws_iam_role_policy", "htd-role:s3"),
    ref("aws_iam_user", "htd-user"),
    ref("aws_iam_user_policy", "htd-user:own"),
    ref("aws_s3_bucket", "htd-a"),
    ref("aws_s3_bucket_policy", "htd-a"),
    ref("aws_s3_bucket_public_access_block", "htd-a"),
    ref("aws_s3_bucket_server_side_encryption_configuration", "htd-a"),
    ref("aws_s3_object", "htd-a/proof.csv"),
    ref("aws_s3_bucket", "htd-remote", region="us-west-2"),
    ref("aws_glue_catalog_database", f"{ACCOUNT}:htd_db"),
    ref("aws_lakeformation_permissions", "1234"),
    ref("aws_iam_instance_profile", "htd-profile", exists=False),
]
NEEDS = needs(MODULE, account=ACCOUNT)
READS = sorted({n.action for n in NEEDS if n.phase == "read"})


@pytest.fixture
def module(aws: EmbeddedAws) -> None:
    """What an earlier apply made."""
    iam, s3, west = aws.client("iam"), aws.client("s3"), aws.client("s3", region="us-west-2")
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::htd-a/*"}
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}

    def document(statement: dict[str, object]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    iam.create_role(RoleName="htd-role", AssumeRolePolicyDocument=document({**trust}))
    iam.put_role_policy(RoleName="htd-role", PolicyName="s3", PolicyDocument=document({**allow}))
    iam.create_user(UserName="htd-user")
    iam.put_user_policy(UserName="htd-user", PolicyName="own", PolicyDocument=document({**allow}))
    s3.create_bucket(Bucket="htd-a")
    s3.put_object(Bucket="htd-a", Key="proof.csv", Body=b"a,b\n")
    west.create_bucket(Bucket="htd-remote", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    aws.client("glue").create_database(DatabaseInput={"Name": "htd_db"})


def checked(session: AwsSession, wanted: Sequence[Need] = NEEDS, account: str = "") -> list[Finding]:
    return [event for event in permissions.check(session, wanted, account) if isinstance(event, Finding)]


def only(findings: Sequence[Finding], *verdicts: Verdict) -> list[Finding]:
    return [finding for finding in findings if finding.verdict in verdicts]


@pytest.mark.usefixtures("module")
def test_an_administrator_may_do_everything(aws: EmbeddedAws, login: Callable[..., object]) -> None:
    token = login()
    session = role_session(token, aws.account_id, "Admin", "us-east-1")  # type: ignore[arg-type]  # fixture is loose
    before = len([call for call in aws.calls if call.mutating])
    findings = checked(session)
    assert not only(findings, Verdict.GAP, Verdict.UNKNOWN), [f.line() for f in findings if not f.ok]
    assert {f.id.split()[0] for f in only(findings, Verdict.PROVEN)} >= set(READS)
    predicted = {f.id.split()[0] for f in only(findings, Verdict.PREDICTED)}
    assert predicted == {n.action for n in NEEDS if n.phase != "read"}
    assert len([call for call in aws.calls if call.mutating]) == before, "a check changes nothing"


@pytest.mark.usefixtures("module")
def test_the_integration_test_user_sees_every_gap_at_once(aws: EmbeddedAws, places: AwsPlaces) -> None:
    keys = aws.keys_for_user("htd-user")
    findings = checked(keys_session(Keys(keys.access_key_id, keys.secret_access_key), places))
    gaps = only(findings, Verdict.GAP)
    assert {f.id.split()[0] for f in gaps} == set(READS) - {"sts:GetCallerIdentity", "s3:GetObject"}
    assert all(f.problem and f.problem.remedy and f.problem.evidence for f in gaps)
    unknown = only(findings, Verdict.UNKNOWN)
    assert all("SimulatePrincipalPolicy" in f.evidence for f in unknown), "a refused prediction is no gap"
    statements = json.loads(permissions.policy_document(gaps))["Statement"]
    wanted = {(action, resource) for s in statements for action in s["Action"] for resource in s["Resource"]}
    assert ("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/htd-role") in wanted
    assert ("s3:ListBucket", "arn:aws:s3:::htd-remote") in wanted
    assert {action for action, _ in wanted} == {f.id.split()[0] for f in gaps}


@pytest.mark.usefixtures("module")
def test_the_policy_it_writes_closes_exactly_these_gaps(aws: EmbeddedAws, as_user: AsUser) -> None:
    reads = [need for need in NEEDS if need.phase == "read"]
    document = permissions.policy_document(only(checked(as_user("newcomer"), reads), Verdict.GAP))
    aws.client("iam").put_user_policy(UserName="newcomer", PolicyName="given", PolicyDocument=document)
    assert not only(checked(as_user("newcomer"), reads), Verdict.GAP)


@pytest.mark.usefixtures("module")
def test_one_action_away_is_one_action_missing(aws: EmbeddedAws, as_user: AsUser) -> None:
    session = as_user("operator", ["*"])
    reads = [need for need in NEEDS if need.phase == "read"]
    for action in (a for a in READS if a != "sts:GetCallerIdentity"):
        aws.restrict(
            "*user/operator",
            [action],
            layer="service_control_policy",
            policy_arn="arn:aws:organizations::1:p",
        )
        gaps = only(checked(session, reads), Verdict.GAP)
        aws.lift()
        assert {f.id.split()[0] for f in gaps} == {action}
        # HEAD answers have no body, so nobody can know the layer of these two.
        silent = action in ("s3:ListBucket", "s3:GetObject")
        for gap in gaps:
            assert gap.problem is not None
            assert gap.problem.code == ("aws.denied" if silent else "aws.denied.scp_explicit")
            assert gap.problem.who == (Who.AWS_ADMIN if silent else Who.ORG_ADMIN)
            assert gap.denied_by == ("AWS does not say" if silent else "service control policy")
            assert gap.evidence.endswith("arn:aws:organizations::1:p") is not silent
        assert bool(permissions.policy_document(gaps)) is silent, (
            "a policy cannot help against the organisation"
        )


@pytest.mark.usefixtures("module")
def test_predicted_refusals_are_gaps_and_say_so(aws: EmbeddedAws, as_user: AsUser) -> None:
    reading = ["iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy", "s3:*", "glue:*", "lakeformation:*"]
    gaps = only(checked(as_user("reader", reading)), Verdict.GAP)
    assert {f.id.split()[0] for f in gaps} == {n.action for n in NEEDS if n.phase != "read"}
    assert all("predicts" in f.evidence for f in gaps)
    assert f"arn:aws:iam::{ACCOUNT}:role/htd-role" in permissions.policy_document(gaps)


@pytest.mark.usefixtures("module")
def test_a_boundary_is_told_from_a_missing_policy(aws: EmbeddedAws, as_user: AsUser) -> None:
    session = as_user("bound", ["*"])
    aws.restrict("*user/bound", ["iam:PassRole"], layer="permissions_boundary")
    gap = only(checked(session), Verdict.GAP)
    assert [f.id.split()[0] for f in gap] == ["iam:PassRole"]
    assert gap[0].problem is not None
    assert gap[0].problem.code.startswith("aws.denied.boundary")


def test_an_empty_account(aws: EmbeddedAws, as_root: AwsSession, as_user: AsUser) -> None:
    fresh = needs([ResourceRef(r.address, r.type, r.name, r.region) for r in MODULE], account=ACCOUNT)
    findings = checked(as_user("operator", ["*"]), fresh)
    assert not only(findings, Verdict.GAP, Verdict.UNKNOWN), [f.line() for f in findings if not f.ok]
    buckets = [f for f in findings if f.id.startswith("s3:") and "htd-a" in f.id and "proof" not in f.id]
    assert {f.verdict for f in buckets} == {Verdict.PREDICTED}, "a missing bucket proves nothing"
    assert next(f for f in findings if f.id.startswith("iam:GetRole ")).verdict is Verdict.PROVEN
    assert next(f for f in findings if f.id == "lakeformation.grant").verdict is Verdict.PREDICTED


def test_lakeformation_hides_what_is_missing(aws: EmbeddedAws, as_user: AsUser) -> None:
    session = as_user("operator", ["*"])
    words = "Insufficient Lake Formation permission(s): Required Describe on htd_db"
    aws.faults.add("glue:GetDatabase", 400, "AccessDeniedException", words, times=0)
    missing = needs([ref("aws_glue_catalog_database", "htd_db", exists=False)], account=ACCOUNT)
    verdict = next(f for f in checked(session, missing) if f.id.startswith("glue:GetDatabase"))
    assert verdict.verdict is Verdict.PREDICTED
    assert "not there yet or not allowed" in verdict.evidence
    there = needs([ref("aws_glue_catalog_database", "htd_db")], account=ACCOUNT)
    gap = next(f for f in checked(session, there) if f.id.startswith("glue:GetDatabase"))
    assert gap.problem is not None
    assert gap.problem.who == Who.LAKE_ADMIN
    assert "--permissions DESCRIBE" in gap.problem.copy
    assert "user/operator" in gap.problem.copy
    assert permissions.policy_document([gap]) == "", "a grant is no IAM policy"


def test_grant_commands_name_what_lakeformation_calls_things() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/me"
    command = lake.grant_command(session, "Create Table, Describe", "htd_db")
    assert "--permissions CREATE_TABLE DESCRIBE " in command
    assert f"DataLakePrincipalIdentifier=arn:aws:iam::{ACCOUNT}:role/deploy " in command
    assert '{"Database": {"Name": "htd_db"}}' in command
    assert '{"Catalog": {}}' in lake.grant_command(session, "Create Database", "htd_db")


def test_names_that_are_not_known_yet_are_told_apart_and_never_a_gap(as_user: AsUser) -> None:
    scoped = as_user(
        "scoped", ["s3:*", "iam:SimulatePrincipalPolicy"], ["arn:aws:s3:::htd-*", "arn:aws:iam::*:user/*"]
    )
    buckets = [ResourceRef(f"aws_s3_bucket.{name}", "aws_s3_bucket") for name in ("a", "b")]
    findings = checked(scoped, needs(buckets, account=ACCOUNT))
    assert {f.verdict for f in findings} == {Verdict.UNKNOWN}, (
        "what is allowed by name may not be called missing"
    )
    creating = {f.title for f in findings if f.id.startswith("s3:CreateBucket")}
    assert creating == {"s3:CreateBucket on aws_s3_bucket.a", "s3:CreateBucket on aws_s3_bucket.b"}


@pytest.mark.usefixtures("module")
def test_a_busy_aws_still_ends_complete(aws: EmbeddedAws, as_user: AsUser) -> None:
    session = as_user("operator", ["*"])
    for action in READS[1::3]:
        if not action.startswith("sts:"):
            aws.faults.add(action, 429, "Throttling", "Rate exceeded", times=1)
    assert not only(checked(session), Verdict.GAP, Verdict.UNKNOWN)


@pytest.mark.usefixtures("module")
def test_what_fails_otherwise_could_not_be_checked(aws: EmbeddedAws, as_user: AsUser) -> None:
    session = as_user("operator", ["*"])
    aws.faults.add("s3:GetBucketAcl", 400, "Strange", "never seen", times=0)
    odd = [f for f in checked(session) if not f.ok]
    assert {(f.id.split()[0], f.verdict) for f in odd} == {("s3:GetBucketAcl", Verdict.UNKNOWN)}


def test_an_unknown_type_could_not_be_checked(as_root: AwsSession) -> None:
    findings = checked(as_root, needs([ref("aws_sqs_queue", "k")], account=ACCOUNT))
    assert [(f.verdict, "aws_sqs_queue" in f.evidence) for f in findings] == [(Verdict.UNKNOWN, True)]


@pytest.mark.usefixtures("module")
def test_progress_counts_to_the_end_and_each_permission_is_asked_once(
    aws: EmbeddedAws, as_user: AsUser
) -> None:
    session = as_user("operator", ["*"])
    start = len(aws.calls)
    events = list(permissions.check(session, NEEDS))
    progress = [(event.done, event.total) for event in events if isinstance(event, Progress)]
    assert progress[0][0] == 0
    assert progress[-1][0] == progress[-1][1]
    asked = [
        (call.action, call.resource, call.region)
        for call in aws.calls[start:]
        if call.action == "s3:GetBucketPolicy"
    ]
    assert len(asked) == len(set(asked)) == 2, "the bucket and its policy resource share one read"


@pytest.mark.usefixtures("module")
def test_checking_again_asks_only_for_what_was_not_proven(aws: EmbeddedAws, as_user: AsUser) -> None:
    session, proven = as_user("operator", ["*"]), permissions.Proven()
    aws.restrict("*user/operator", ["iam:GetRole", "s3:GetBucketAcl"], layer="service_control_policy")

    def again() -> tuple[list[Finding], set[str]]:
        before = len(aws.calls)
        events = list(permissions.check(session, NEEDS, proven=proven))
        asked = {call.action for call in aws.calls[before:]}
        progress = [event for event in events if isinstance(event, Progress)]
        assert progress[-1].done == progress[-1].total == len(progress) - 1 + progress[0].done
        return [event for event in events if isinstance(event, Finding)], asked

    first, _ = again()
    assert {f.id.split()[0] for f in only(first, Verdict.GAP)} == {"iam:GetRole", "s3:GetBucketAcl"}
    second, asked = again()
    assert {f.id: f.verdict for f in second} == {f.id: f.verdict for f in first}, (
        "nothing is lost or invented"
    )
    assert asked & set(READS) == {"iam:GetRole", "s3:GetBucketAcl"}
    aws.lift()
    third, _ = again()
    assert not only(third, Verdict.GAP)


@pytest.mark.usefixtures("module")
def test_what_was_proven_for_one_is_not_proven_for_another(as_user: AsUser) -> None:
    proven = permissions.Proven()
    list(permissions.check(as_user("operator", ["*"]), NEEDS, proven=proven))
    assert proven.findings
    found = list(permissions.check(as_user("newcomer"), NEEDS, proven=proven))
    gaps = only([event for event in found if isinstance(event, Finding)], Verdict.GAP)
    assert {f.id.split()[0] for f in gaps} >= {"iam:GetRole", "s3:ListBucket"}


@pytest.mark.usefixtures("module")
def test_an_old_proof_is_none(aws: EmbeddedAws, as_user: AsUser) -> None:
    session, now = as_user("operator", ["*"]), [0.0]
    proven = permissions.Proven(clock=lambda: now[0])
    asked = []
    for moment in (0.0, 600.0, 1000.0):
        now[0], before = moment, len(aws.calls)
        list(permissions.check(session, NEEDS, proven=proven))
        asked.append(sum(call.action in READS for call in aws.calls[before:]))
    assert asked[1] < asked[0] == asked[2]


def test_grants_that_one_holds_with_the_grant_option_may_be_passed_on(
    aws: EmbeddedAws, as_user: AsUser
) -> None:
    aws.client("glue").create_database(DatabaseInput={"Name": "htd_db"})
    refs = [
        ref("aws_glue_catalog_database", "htd_db"),
        ref("aws_lakeformation_permissions", "htd_db", exists=False),
    ]
    wanted, session = needs(refs, account=ACCOUNT), as_user("operator", ["*"])

    def verdict() -> Verdict:
        return next(f.verdict for f in checked(session, wanted) if f.id == "lakeformation.grant")

    assert verdict() is Verdict.UNKNOWN
    aws.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:user/operator"},
        Resource={"Database": {"Name": "htd_db"}},
        Permissions=["DESCRIBE"],
        PermissionsWithGrantOption=["DESCRIBE"],
    )
    assert verdict() is Verdict.PREDICTED


def test_the_policy_says_nothing_twice(as_user: AsUser) -> None:
    session = as_user("newcomer", ["iam:SimulatePrincipalPolicy"])
    wanted = needs([ref("aws_glue_catalog_database", "htd_db", exists=False)], account=ACCOUNT)
    gaps = only(checked(session, wanted), Verdict.GAP)
    (statement,) = json.loads(permissions.policy_document(gaps))["Statement"]
    assert set(statement["Action"]) == {"glue:CreateDatabase", "glue:GetDatabase", "glue:GetTags"}
    assert {arn.rpartition(":")[2] for arn in statement["Resource"]} == {"catalog", "database/htd_db"}


def test_another_account_is_caught(as_root: AwsSession) -> None:
    found = checked(as_root, [], account="999999999999")
    assert [(f.id, f.verdict) for f in found] == [("aws.account", Verdict.GAP)]


def test_credentials_that_will_not_do_end_the_check(places: AwsPlaces) -> None:
    with pytest.raises(Problem) as caught:
        checked(keys_session(Keys("AKIANOBODYNOBODYNOBO", "x" * 40), places))
    assert caught.value.code == "aws.keys.unknown"


@pytest.mark.usefixtures("module")
def test_a_check_can_be_left_at_any_moment(as_user: AsUser) -> None:
    events = permissions.check(as_user("operator", ["*"]), NEEDS)
    assert isinstance(next(events), Progress)
    assert isinstance(next(events), Finding)
    assert hasattr(events, "close")
    events.close()
    assert list(events) == []
