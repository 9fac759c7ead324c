"""What AWS means when it says no. The rows are real messages with names and numbers replaced."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wizard.core.problem import Who
from wizard.services.aws import denials, particulars
from wizard.services.aws.denials import Denial

DATA = Path(__file__).parents[2] / "data"
FIELDS = ("reason", "principal", "action", "resource", "policy_arn", "code")


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def must_read(text: str) -> Denial:
    denial = denials.read(text)
    assert denial is not None
    return denial


@pytest.mark.parametrize("row", rows("aws_denials.jsonl"), ids=lambda row: f"{row['reason']}-{row['code']}")
def test_every_field_of_a_real_message(row: dict[str, Any]) -> None:
    denial = must_read(row["text"])
    assert {field: getattr(denial, field) for field in FIELDS} == {field: row[field] for field in FIELDS}
    assert set(row["derived"]) <= set(denial.derived)


@pytest.mark.parametrize("row", rows("aws_denials.jsonl"), ids=lambda row: f"{row['reason']}-{row['code']}")
def test_every_problem_is_whole(row: dict[str, Any]) -> None:
    problem = denials.explain(row["text"])
    assert problem is not None
    assert all((problem.code.startswith("aws."), problem.what, problem.why, problem.remedy, problem.evidence))


_CLASS = {"authz": {"identity_implicit", "unspecified"}, "emulator_artifact": {"unspecified"}}


@pytest.mark.parametrize(
    "row", rows("aws_observed_errors.jsonl"), ids=lambda row: f"{row['class']}-{row['text'][:24]}"
)
def test_every_class_of_real_clients_is_told_apart(row: dict[str, Any]) -> None:
    if row["class"] == "authz_silent":
        assert denials.read(row["text"]) is None, (
            "this text could be an honest absence: it must not be called a denial"
        )
        return
    assert must_read(row["text"]).reason in _CLASS.get(row["class"], {row["class"]})


SENTENCE = (
    "reading IAM Role (htd-role): operation error IAM: GetRole, https response error StatusCode: 403, RequestID: "
    "f4e06176-0a35, api error AccessDenied: User: arn:aws:iam::123456789012:user/htd-user is not authorized to "
    "perform: iam:GetRole on resource: role htd-role with an explicit deny in a service control policy: "
    "arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1."
)


@pytest.mark.parametrize("width", range(30, 140, 7))
def test_the_box_terraform_draws_changes_nothing(width: int) -> None:
    lines = textwrap.wrap(f"Error: {SENTENCE}", width, break_long_words=False, break_on_hyphens=False)
    boxed = "\x1b[31m╷\x1b[0m\n" + "\n".join(f"\x1b[31m│\x1b[0m {line}" for line in lines) + "\n╵"
    assert must_read(boxed) == must_read(SENTENCE)


def sentence(action: str, resource: str, clause: str = "") -> str:
    return f"User: {ANN} is not authorized to perform: {action} on resource: {resource}{clause}"


ABSENT = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: kms:Encrypt on this resource because the "
    "resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy "
    "explicitly denies access"
)
ANN = "arn:aws:iam::123456789012:user/ann"


@pytest.mark.parametrize("row", rows("aws_denial_shapes.jsonl"), ids=lambda row: row["text"][:40])
def test_every_field_in_every_wrapping(row: dict[str, Any]) -> None:
    """Written after the shapes real clients print: one sentence in many envelopes, and what is never a sentence."""
    (denial,) = denials.read_all(row["text"])
    assert {field: getattr(denial, field) for field in FIELDS} == {field: row[field] for field in FIELDS}


def boxed(text: str) -> str:
    """As Terraform draws it, 90 characters wide."""
    rows = [
        row for part in text.splitlines() for row in textwrap.wrap(part, 90, break_long_words=False) or [""]
    ]
    return "╷\n" + "\n".join(f"│ {row}" for row in rows) + "\n╵"


def each_line(before: str) -> Callable[[str], str]:
    return lambda text: "\n".join(before + line for line in text.split("\n"))


def broken(text: str) -> str:
    """Between its words, at most 110 characters wide: some row is as wide as any, by chance."""
    return text if "\n" in text else "\n".join(textwrap.wrap(text, 110, break_long_words=False))


WRAPPINGS: dict[str, Callable[[str], str]] = {
    "lines of words": broken,
    "box": lambda text: text if "│" in text else boxed(text),
    "a log's JSON": lambda text: json.dumps({"level": "error", "msg": text}),
    "JSON in JSON": lambda text: json.dumps({"body": json.dumps({"error": text})}),
    "terraform -json": lambda text: json.dumps(
        {
            "@level": "error",
            "type": "diagnostic",
            "diagnostic": {"severity": "error", "summary": text, "detail": ""},
        }
    ),
    "a log": each_line("2026-11-29T10:00:00.123Z [ERROR] "),
    "a CI job": each_line("2026-11-29T10:00:00.1234567Z "),
    "a quotation": each_line("> "),
    "a page": lambda text: f"<pre>{html.escape(text)}</pre>",
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "prose": lambda text: (
        f"I get this error when I run terraform apply:\n\n{text}\n\nAny ideas? I am an administrator."
    ),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_no_wrapping_changes_what_a_message_says(wrapping: str) -> None:
    changed = []
    for row in [*rows("aws_denials.jsonl"), *rows("aws_denial_shapes.jsonl")]:
        if "hnb659fds/v\n" in row["text"]:
            continue  # a terminal cut its lines; that was the wrapping
        found = denials.read_all(WRAPPINGS[wrapping](row["text"]))
        said = [{field: getattr(one, field) for field in FIELDS} for one in found]
        if said != [{field: row[field] for field in FIELDS}]:
            changed.append((row["text"], said))
    assert not changed


@pytest.mark.parametrize(
    "row",
    [*rows("aws_denials.jsonl"), *rows("aws_observed_errors.jsonl")],
    ids=lambda row: row["text"][:40],
)
def test_one_message_is_one_refusal(row: dict[str, Any]) -> None:
    assert len(denials.read_all(row["text"])) == (row.get("class") != "authz_silent")


def test_lines_without_a_gap_are_several_refusals_with_their_own_code_and_clause() -> None:
    text = (
        f"AccessDenied: {sentence('iam:GetRole', 'role a')}\n\tstatus code: 403, request id: 1\n"
        "AccessDeniedException: "
        + sentence("glue:GetTable", "arn:aws:glue:x:1:catalog", " because no session policy allows it")
    )
    assert [(d.action, d.code, d.reason) for d in denials.read_all(text)] == [
        ("iam:GetRole", "AccessDenied", "unspecified"),
        ("glue:GetTable", "AccessDeniedException", "session_implicit"),
    ]


def test_the_last_line_of_a_long_log_is_read() -> None:
    log = "2026-11-29T10:00:00Z [INFO] aws_iam_role.this: Refreshing state...\n" * 20_000
    (denial,) = denials.read_all(log + f"api error AccessDenied: {sentence('iam:GetUser', 'user bob')}\n")
    assert (denial.action, denial.resource, denial.code) == ("iam:GetUser", "user bob", "AccessDenied")


def test_an_organisations_no_goes_to_its_administrator_without_a_policy() -> None:
    denial = must_read(SENTENCE)
    assert denial.who == Who.ORG_ADMIN
    assert denial.statement is None
    assert denial.policy_arn == "arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1"
    problem = denials.as_problem(denial)
    assert problem.copy == ""
    assert any("p-1" in line for line in problem.evidence)


def test_a_missing_allow_gives_exactly_the_missing_statement() -> None:
    text = (
        SENTENCE.split(" with an explicit")[0]
        + " because no identity-based policy allows the iam:GetRole action"
    )
    denial = must_read(text)
    assert denial.statement == {
        "Effect": "Allow",
        "Action": ["iam:GetRole"],
        "Resource": ["arn:aws:iam::123456789012:role/htd-role"],
    }
    assert json.loads(denials.as_problem(denial).copy)["Statement"] == [denial.statement]


@pytest.mark.parametrize(
    ("text", "code", "way_out"),
    [
        (
            sentence("lambda:GetFunction", "*", " with an explicit deny"),
            "aws.denied.forbidden",
            "find the deny",
        ),
        (
            ABSENT,
            "aws.denied.absent",
            "the resource's own policy",
        ),
        ("Not authorized to perform sts:AssumeRoleWithWebIdentity", "aws.denied.federated", "trust policy"),
        (
            "An error occurred (AllAccessDisabled) when calling the ListObjectsV2 operation: All access disabled",
            "aws.denied.disabled",
            "No permission will change this",
        ),
    ],
)
def test_an_unspecified_no_that_one_more_allow_would_not_mend(text: str, code: str, way_out: str) -> None:
    denial = must_read(text)
    assert (denial.reason, denial.statement) == ("unspecified", None)
    problem = denials.as_problem(denial)
    assert (problem.code, problem.copy) == (code, "")
    assert way_out in problem.remedy == denial.remedy


def test_a_role_that_may_not_be_taken_needs_two_yeses() -> None:
    role = "arn:aws:iam::123456789012:role/deploy"
    denial = must_read(sentence("sts:AssumeRole", role))
    assert denial.reason == "unspecified"
    assert denial.statement == {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [role]}
    assert "trust policy" in denial.remedy


def test_an_instance_profile_has_an_arn_for_the_policy() -> None:
    denial = must_read(
        sentence("iam:GetInstanceProfile", "instance profile htd", " because no identity-based policy x")
    )
    assert denial.resource == "instance profile htd"
    assert denial.resource_arn == "arn:aws:iam::123456789012:instance-profile/htd"


def test_a_right_on_a_glue_database_needs_its_catalog_too() -> None:
    text = (
        "User: arn:aws:iam::123456789012:user/u is not authorized to perform: glue:GetDatabase on resource: "
        "arn:aws:glue:us-east-1:123456789012:database/d because no identity-based policy allows it"
    )
    statement = must_read(text).statement
    assert statement is not None
    assert statement["Resource"] == [
        "arn:aws:glue:us-east-1:123456789012:database/d",
        "arn:aws:glue:us-east-1:123456789012:catalog",
    ]


def test_a_right_on_a_glue_table_needs_what_holds_it_too() -> None:
    where = "arn:aws:glue:us-east-1:123456789012:"
    clause = " because no identity-based policy allows it"
    statement = must_read(sentence("glue:GetTable", f"{where}table/d/t", clause)).statement
    assert statement is not None
    assert statement["Resource"] == [f"{where}table/d/t", f"{where}database/d", f"{where}catalog"]


def test_a_resource_that_was_cut_short_is_a_pattern_in_the_policy() -> None:
    denial = must_read(
        sentence("elasticloadbalancing:AddTags", "arn:aws:elasticloadbalancing:x:1:listener/app/...")
    )
    assert denial.resource_arn == "arn:aws:elasticloadbalancing:x:1:listener/app/*"


def test_block_public_access_is_a_setting_and_not_a_permission() -> None:
    denial = must_read(
        "putting S3 Bucket (b) Policy: operation error S3: PutBucketPolicy, https response error StatusCode: 403, "
        "api error AccessDenied: User: arn:aws:iam::1:user/u is not authorized to perform: s3:PutBucketPolicy on "
        'resource: "arn:aws:s3:::b" because public policies are prevented by the BlockPublicPolicy setting in S3 '
        "Block Public Access."
    )
    assert denial.reason == "s3_bpa"
    assert denial.statement is None
    assert denial.who == Who.YOU


def test_several_errors_in_one_text() -> None:
    second = SENTENCE.replace("GetRole", "GetUser").replace("role htd-role", "user htd-user")
    found = denials.read_all(
        f"Error: {SENTENCE}\n\n  with aws_iam_role.this\n\nError: {second}\n\nError: {SENTENCE}"
    )
    assert [d.action for d in found] == ["iam:GetRole", "iam:GetUser"]


def test_terraform_json_lines() -> None:
    lines = [
        {"@level": "info", "type": "version", "terraform": "1.11.4"},
        {
            "@level": "error",
            "type": "diagnostic",
            "diagnostic": {"severity": "error", "summary": SENTENCE, "detail": ""},
        },
    ]
    found = denials.read_all("\n".join(json.dumps(line) for line in lines))
    assert [(d.action, d.reason) for d in found] == [("iam:GetRole", "scp_explicit")]


@pytest.mark.parametrize(
    "text", ["", "Apply complete! Resources: 1 added.", "Error: Unsupported argument", "\x1b]52;c;AAAA\x07"]
)
def test_what_is_no_refusal_is_left_alone(text: str) -> None:
    assert denials.read(text) is None
    assert denials.explain(text) is None


def test_nothing_a_terminal_obeys_gets_through() -> None:
    text = SENTENCE.replace("htd-user", "htd\x1b]52;c;QUJD\x07\x1b[2Juser")
    problem = denials.explain(text)
    assert problem is not None
    assert "\x1b" not in "".join(problem.lines())
    assert must_read(text).principal == "arn:aws:iam::123456789012:user/htduser"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (
            "Signature expired: 20260928T135747Z is now earlier than 20260928T140052Z (20260928T140552Z - 5 min.)",
            -485,
        ),
        (
            (
                "Signature not yet current: 20260112T194419Z is still later than 20260112T073125Z "
                "(20260112T072625Z + 5 min.)"
            ),
            44274,
        ),
        ("AccessDenied", None),
    ],
)
def test_the_clock_is_told_with_its_seconds(text: str, seconds: int | None) -> None:
    assert particulars.skew_seconds(text) == seconds
    if seconds is not None:
        problem = denials.explain(f"SignatureDoesNotMatch: {text}")
        assert problem is not None
        assert str(abs(seconds)) in problem.why
        assert ("behind" in problem.why) is (seconds < 0)


@pytest.mark.parametrize("bait", ["User: ", "a:/", "arn:aws:iam:", "User: a Action: ", "x" * 80 + "\n"])
def test_a_huge_text_is_read_quickly(bait: str) -> None:
    huge = bait * 20_000 + SENTENCE
    assert denials.read(huge) is None or must_read(huge).action == "iam:GetRole"


def test_a_service_the_account_never_signed_up_for_is_no_matter_of_policies() -> None:
    denial = must_read(
        "OptInRequired: You are not subscribed to this service. status code: 401, request id: 1"
    )
    assert (denial.code, denial.statement) == ("OptInRequired", None)
    assert "root user" in denial.remedy


@pytest.mark.parametrize(
    ("before", "name", "behind"), [("", "{app}", "."), ("{", "app", "}"), ("(", "app", ").")]
)
def test_brackets_of_a_name_belong_to_it(before: str, name: str, behind: str) -> None:
    text = before + sentence("iam:PassRole", f"arn:aws:iam::1:role/{name}") + behind
    assert must_read(text).resource == f"arn:aws:iam::1:role/{name}"


@pytest.mark.parametrize(
    "said",
    [
        "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:us-west-2:1:x'",
        "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
    ],
)
def test_a_service_that_was_not_let_in_is_mended_where_it_was_refused(said: str) -> None:
    denial = must_read(
        "operation error CloudWatch Logs: CreateLogGroup, https response error StatusCode: 400, RequestID: 1, "
        f"api error AccessDeniedException: {said}"
    )
    assert denial.statement is None
    assert "name the service" in denial.remedy
