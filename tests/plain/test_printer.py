import io
from datetime import UTC, datetime

import pytest

from wizard.core.chain import JOINTS, Chain
from wizard.core.event import (
    Ask,
    DeviceCode,
    Diff,
    Event,
    Line,
    Phase,
    Planned,
    Progress,
    ResourceChange,
    ResourceRow,
    Table,
    Wait,
    WarehouseSeen,
)
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.plain.printer import Printer, folded


def printed(*events: Event) -> str:
    out = io.StringIO()
    printer = Printer(out)
    for event in events:
        printer(event)
    printer.flush()
    return out.getvalue()


def found(title: str, verdict: Verdict, group: str = "IAM", evidence: str = "") -> Finding:
    return Finding(title, title, verdict, evidence, group=group)


def test_findings_alike_are_one_line_and_what_is_missing_comes_first() -> None:
    text = printed(
        found("iam:GetUser on user/x", Verdict.PROVEN),
        found("iam:GetRole on role/x", Verdict.GAP, evidence="No policy allows it."),
        found("iam:GetRolePolicy on role/x", Verdict.GAP, evidence="No policy allows it."),
        found("iam:ListUsers on *", Verdict.PROVEN),
        found("iam:PassRole on role/x", Verdict.UNKNOWN, evidence="may not ask"),
        Progress(5, 5),
    )
    assert text.splitlines() == [
        "  ✗ 2 missing  IAM: No policy allows it.",
        "      iam:GetRole, iam:GetRolePolicy",
        "  ? could not check  iam:PassRole on role/x: may not ask",
        "  ✓ 2 proven  IAM",
    ]


def test_the_exact_command_stands_below_its_phase() -> None:
    assert printed(Phase("Planning", "terraform plan")) == "  … Planning\n      $ terraform plan\n"


def test_a_diff_shows_what_changes_and_little_else() -> None:
    before = "".join(f"line {n}\n" for n in range(30))
    text = printed(Diff("terraform.tfvars", before, before.replace("line 15\n", "line fifteen\n")))
    assert "-line 15" in text
    assert "+line fifteen" in text
    assert "line 3\n" not in text


def test_a_plan_names_counts_actions_and_changed_attributes() -> None:
    change = ResourceChange("aws_iam_role.this", "update", "the role", (("policy", "a\nb\n", "a\nc\n"),))
    text = printed(Planned((change,), 0, 1, 0, ("Something is odd.",)))
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in text
    assert "! Something is odd." in text
    assert "~ update  aws_iam_role.this  the role" in text
    assert "-b" in text
    assert "+c" in text


def test_only_ends_of_resources_and_changes_of_the_warehouse_are_said() -> None:
    def seen(state: str, health: str, elapsed: float) -> WarehouseSeen:
        return WarehouseSeen("f6", "Starter", state, health, elapsed)

    text = printed(
        ResourceRow("aws_s3_bucket.a", "create", "running", 1),
        ResourceRow("aws_s3_bucket.a", "create", "done", 2),
        seen("STARTING", "", 1),
        seen("STARTING", "", 2),
        seen("RUNNING", "HEALTHY", 3),
        Line("for the log only", "debug"),
        Wait(0.1),
        Ask(()),
    )
    assert text.splitlines() == [
        "  ✓ create aws_s3_bucket.a: done after 2 s",
        "  ● Starter is STARTING after 1 s",
        "  ● Starter is RUNNING, health HEALTHY after 3 s",
    ]


def test_a_code_can_be_read_aloud_with_its_address() -> None:
    text = printed(DeviceCode("ABCD-EFGH", "https://x/device", "https://x/device?c=1", datetime.now(UTC)))
    assert "https://x/device?c=1" in text
    assert "ABCD-EFGH" in text


def test_rows_stand_below_their_columns() -> None:
    text = printed(Table("Rows", ("id", "name"), (("1", "one"), ("20", "twenty")), "from s3"))
    assert text.splitlines()[1:] == ["      id  name", "      1   one", "      20  twenty", "      from s3"]


def test_a_problem_is_whole_but_what_is_long_to_copy_is_cut() -> None:
    out = io.StringIO()
    problem = Problem(
        "x", "It stopped.", "Because.", "Do this.", Who.AWS_ADMIN, ("said so",), "\n".join("abcdef")
    )
    Printer(out, copy_lines=2).problem(problem)
    text = out.getvalue()
    for part in (
        "It stopped.",
        "Why: Because.",
        "What to do: Do this.",
        "an AWS administrator",
        "said so",
        "a\n",
    ):
        assert part in text
    assert "… and 4 more lines" in text


def test_secrets_are_masked_on_their_way_out() -> None:
    out = io.StringIO()
    Printer(out, lambda text: text.replace("hunter2hunter2", "••••••"))(Line("token hunter2hunter2"))
    assert out.getvalue() == "  token ••••••\n"


def test_a_long_wait_is_said_once_and_then_every_half_minute() -> None:
    text = printed(*[Wait(1.0, "waiting for your approval")] * 45, Wait(5.0), Wait(1.0, "waiting for AWS"))
    assert text.splitlines() == [
        "  … waiting for your approval",
        "  … still waiting for your approval",
        "  … waiting for AWS",
    ]


def test_each_joint_of_the_chain_is_said_once_and_again_when_it_changes() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    one = Chain().seen(JOINTS[0].finding(Verdict.PROVEN, "arn:a"), now)
    two = one.seen(JOINTS[3].finding(Verdict.GAP, "no id"), now)
    text = printed(one, one, two, two.seen(JOINTS[3].finding(Verdict.PROVEN, "the id"), now))
    assert text.splitlines() == [
        "   1 ✓ proven  AWS knows you: arn:a",
        "   4 ✗ missing  The role trusts exactly this workspace: no id",
        "   4 ✓ proven  The role trusts exactly this workspace: the id",
    ]


def test_a_warehouse_is_introduced_once_and_then_only_news_are_told() -> None:
    details = (("size", "2X-Small"), ("auto stop", "10 min"))
    start = WarehouseSeen(
        "1", "W", "STARTING", "", 1.0, "", details, 1.0, (2.0, 6.0), "as published", "Estimate: 4 DBU."
    )
    text = printed(start, start, WarehouseSeen("1", "W", "RUNNING", "HEALTHY", 5.0, "It runs.", details))
    assert text.splitlines() == [
        "  ● W is STARTING after 1 s",
        "      size 2X-Small, auto stop 10 min",
        "      A start usually takes 2 to 6 s, as published.",
        "      Estimate: 4 DBU.",
        "  ● W is RUNNING, health HEALTHY after 5 s: It runs.",
    ]


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("  A sentence that does not fit.", "  A sentence that does\n  not fit."),
        ("  ✓ proven  A title: and its evidence", "  ✓ proven  A title: and\n    its evidence"),
        ("    Why: You chose not to write it.", "    Why: You chose not to\n      write it."),
        ("  *  1  A choice that is long  (detail)", "  *  1  A choice that is\n        long  (detail)"),
        ("      $ terraform -chdir=/somewhere init", "      $ terraform -chdir=/somewhere init"),
        ("      + a line of a diff that is long", "      + a line of a diff that is long"),
        ("    databricks instance-profiles remove x", "    databricks instance-profiles remove x"),
        ("  It fits.", "  It fits."),
    ],
)
def test_prose_is_broken_between_words_and_what_is_copied_is_left_whole(line: str, broken: str) -> None:
    assert folded(line, 26) == broken
