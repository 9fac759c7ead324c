"""After a failed apply it is said of everything how it stands and what comes next; silence has a reason."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from tests.services.terraform.conftest import recorded
from wizard.core.event import ResourceChange, ResourceRow
from wizard.services.terraform import silence, stream
from wizard.services.terraform.aftermath import Aftermath
from wizard.services.terraform.rows import Rows

Action = Literal["create", "update", "replace", "delete"]


def row(
    address: str, action: str, state: Literal["waiting", "running", "done", "failed"], *, unsure: bool = False
) -> ResourceRow:
    return ResourceRow(address, action, state, unsure=unsure)


def heard(name: str) -> Aftermath:
    """What a recorded apply left behind, without its plan."""
    after, rows = Aftermath(()), Rows(announces=True)
    for message in map(stream.parse, recorded(name)):
        for event in rows.hear(message):
            after.hear(event)
        if message.type == "diagnostic":
            for event in rows.blame(stream.diagnostic(message)):
                after.hear(event)
    for event in rows.ended():
        after.hear(event)
    return after


def test_an_apply_that_was_refused_in_part() -> None:
    table = heard("apply_fail_partial").table()
    assert len(table.rows) == 6
    assert all(address.startswith("aws_lakeformation_permissions.") for address, _, _ in table.rows)
    assert {now for _, now, _ in table.rows} == {"not there, or half-made"}
    assert table.note.startswith("19 of 25 are as planned and stay.")


@pytest.mark.parametrize(
    "name", ["apply_interrupted_sigint_once", "apply_interrupted_sigterm", "apply_killed_sigkill"]
)
def test_what_an_interrupt_cut_short_may_be_there(name: str) -> None:
    stands = {address: now for address, now, _ in heard(name).table().rows}
    assert stands["aws_iam_user.user"] == "cut short; it may be there"
    assert "not begun" in stands.values()


def test_each_kind_of_change_says_what_comes_next() -> None:
    actions: tuple[Action, ...] = ("create", "update", "replace", "delete", "create", "update", "delete")
    after = Aftermath([ResourceChange(f"x.{n}", action) for n, action in enumerate(actions)])
    assert not after.begun
    for n, action in enumerate(actions[:3]):
        after.hear(row(f"x.{n}", action, "failed"))
    after.hear(row("x.3", "delete", "failed"))
    after.hear(row("x.4", "create", "done"))
    after.hear(row("x.5", "update", "waiting"))
    assert after.begun
    assert after.table().rows == (
        ("x.0", "not there, or half-made", "makes it; what is half-made is made anew"),
        ("x.1", "as before", "changes it"),
        ("x.2", "not there, or half-made", "makes it; what is half-made is made anew"),
        ("x.3", "still there", "destroys it"),
        ("x.5", "not begun", "changes it"),
        ("x.6", "not begun", "destroys it"),
    )
    assert after.table().note.startswith("1 of 7 are as planned")


def message(kind: str, address: str, action: str = "") -> stream.Message:
    return stream.parse(json.dumps({"type": kind, "hook": {"resource": {"addr": address}, "action": action}}))


def test_silence_is_explained_by_what_is_under_way() -> None:
    rows = Rows()
    assert rows.silence(1.0) == ""
    assert "25 s in all" in rows.silence(9.0)
    list(rows.hear(message("refresh_start", "aws_iam_role.r")))
    assert "looks at aws_iam_role.r" in rows.silence(9.0)
    list(rows.hear(message("refresh_start", 'aws_lakeformation_permissions.g["a.b"]')))
    assert "during 60 s" in rows.silence(9.0)
    for address in ("aws_iam_role.r", 'aws_lakeformation_permissions.g["a.b"]'):
        list(rows.hear(message("refresh_complete", address)))
    list(rows.hear(message("apply_start", "aws_s3_bucket.b", "create")))
    assert "works on aws_s3_bucket.b" in rows.silence(9.0)
    list(rows.hear(message("apply_start", "module.m.aws_iam_instance_profile.p[0]", "create")))
    assert "waits 5 s" in rows.silence(silence.SHORT)
    list(rows.hear(message("apply_complete", "module.m.aws_iam_instance_profile.p[0]", "create")))
    assert rows.silence(silence.SHORT) == ""
    assert (
        silence.reason(9, dict.fromkeys(["a.b", "a.c", "a.d", "a.e"], "create"), ()).count("and 2 more") == 1
    )
