"""What is counted, and what a row says last."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.services.terraform.conftest import recorded
from wizard.core.event import Event, Progress, ResourceChange, ResourceRow
from wizard.services.terraform import stream
from wizard.services.terraform.rows import Rows
from wizard.services.terraform.stream import Diagnostic, Message


def message(kind: str, address: str, action: str, seconds: float = 0) -> Message:
    holder = "change" if kind == "planned_change" else "hook"
    data = {
        "type": kind,
        "@message": "",
        holder: {"resource": {"addr": address}, "action": action, "elapsed_seconds": seconds},
    }
    return stream.parse(json.dumps(data))


def fault(summary: str, address: str = "") -> Diagnostic:
    return Diagnostic("error", summary, "", address, "", "")


def heard(rows: Rows, *messages: Message) -> list[Event]:
    return [event for each in messages for event in rows.hear(each)]


def replayed(rows: Rows, lines: Sequence[str]) -> list[Event]:
    found: list[Event] = []
    for each in map(stream.parse, lines):
        found += rows.hear(each)
        if each.type == "diagnostic":
            found += rows.blame(stream.diagnostic(each))
    return [*found, *rows.ended()]


def last(events: Sequence[Event]) -> dict[str, ResourceRow]:
    """The last row of each resource."""
    return {event.address: event for event in events if isinstance(event, ResourceRow)}


def counts(events: Sequence[Event]) -> list[tuple[int, int]]:
    return [(event.done, event.total) for event in events if isinstance(event, Progress)]


def test_the_whole_plan_waits_before_anything_happens() -> None:
    changes = (
        ResourceChange("x.a", "create"), ResourceChange("x.b", "replace"), ResourceChange("x.c", "import"),
        ResourceChange("x.d", "move"), ResourceChange("data.x.e", "read"),
    )  # fmt: skip
    assert list(Rows(changes).waiting()) == [
        ResourceRow("x.a", "create", "waiting"),
        ResourceRow("x.b", "replace", "waiting"),
        Progress(0, 2, "resources"),
    ]
    assert list(Rows().waiting()) == []


def test_so_many_of_so_many_are_done() -> None:
    rows = Rows([ResourceChange("x.a", "create"), ResourceChange("x.b", "update")])
    events = heard(
        rows,
        message("apply_start", "x.a", "create"),
        message("apply_progress", "x.a", "create", 10),
        message("apply_complete", "x.a", "create", 12),
        message("apply_start", "x.b", "update"),
        message("apply_complete", "x.b", "update", 1),
    )
    assert events == [
        ResourceRow("x.a", "create", "running", 0.0),
        ResourceRow("x.a", "create", "running", 10.0),
        ResourceRow("x.a", "create", "done", 12.0),
        Progress(1, 2, "resources"),
        ResourceRow("x.b", "update", "running", 0.0),
        ResourceRow("x.b", "update", "done", 1.0),
        Progress(2, 2, "resources"),
    ]
    assert list(rows.ended()) == []


@pytest.mark.parametrize("order", [("delete", "create"), ("create", "delete")])
def test_a_replacement_is_one_row_and_counts_once(order: tuple[str, str]) -> None:
    rows = Rows([ResourceChange("x.a", "replace")])
    events = [event for step in order for kind in ("apply_start", "apply_complete")
              for event in rows.hear(message(kind, "x.a", step))]  # fmt: skip
    assert [(row.action, row.state) for row in events if isinstance(row, ResourceRow)] == [
        ("replace", "running"), ("replace", "running"), ("replace", "running"), ("replace", "done"),
    ]  # fmt: skip
    assert counts(events) == [(1, 1)]
    assert list(rows.ended()) == []


def test_data_sources_are_not_counted() -> None:
    rows = Rows()
    assert heard(
        rows,
        message("apply_start", "data.x.a", "read"),
        message("apply_complete", "module.m.data.x.a", "read"),
        message("apply_complete", "x.managed", "read"),
        message("planned_change", "data.x.a", "read"),
        message("apply_start", "", "create"),
    ) == []  # fmt: skip
    assert list(rows.waiting()) == []


def test_what_somebody_else_started_is_counted_from_its_own_plan() -> None:
    lines = recorded("apply_ok")
    events = replayed(Rows(), lines)
    assert counts(events) == [(n, 25) for n in range(1, 26)]
    rows = last(events)
    assert len(rows) == 25
    assert {row.state for row in rows.values()} == {"done"}


def test_looking_at_resources_counts_up_to_what_the_state_holds() -> None:
    looked = [message("refresh_start", "x.a", ""), message("refresh_complete", "x.a", "")]
    assert heard(Rows(in_state=4), *looked) == [Progress(1, 4, "resources looked at")]
    assert heard(Rows(), *looked, *looked) == [
        Progress(1, 1, "resources looked at"),
        Progress(2, 2, "resources looked at"),
    ]


def test_a_failed_row_gets_its_reason_at_the_end() -> None:
    events = replayed(Rows(), recorded("apply_fail_partial"))
    rows = last(events)
    failed = {address: row for address, row in rows.items() if row.state == "failed"}
    assert len(failed) == 6
    assert all(address.startswith("aws_lakeformation_permissions.") for address in failed)
    assert all("lakeformation:GrantPermissions" in row.text for row in failed.values())
    assert {row.state for row in rows.values()} == {"done", "failed"}
    assert counts(events)[-1] == (19, 25)
    before = [
        e for e in events if isinstance(e, ResourceRow) and e.state == "failed" and "at the end" in e.text
    ]
    assert len(before) == 6, "and until then it says that the reason comes"


def test_a_warning_or_somebody_elses_fault_is_no_reason() -> None:
    rows = Rows()
    heard(rows, message("apply_errored", "x.a", "create", 3))
    assert list(rows.blame(Diagnostic("warning", "careful", "", "x.a", "", ""))) == []
    assert list(rows.blame(fault("other", "x.b"))) == []
    assert list(rows.blame(fault("full", "x.a"))) == [ResourceRow("x.a", "create", "failed", 3.0, "full")]
    assert list(rows.blame(fault("a consequence", "x.a"))) == []
    assert list(rows.ended()) == []


@pytest.mark.parametrize(
    ("said", "row"),
    [
        (
            (
                "putting S3 Policy: operation error S3: PutBucketPolicy, https response error StatusCode: 403, "
                "HostID: 2, api error AccessDenied: User: arn:aws:sts::1:assumed-role/r/u is not authorized "
                "to perform: s3:PutBucketPolicy"
            ),
            "putting S3 Policy: AccessDenied: not authorized to perform: s3:PutBucketPolicy",
        ),
        (
            (
                "creating Role: operation error IAM: CreateRole, https response error StatusCode: 409, RequestID: "
                "1, EntityAlreadyExists: Role with name r already exists."
            ),
            "creating Role: EntityAlreadyExists: Role with name r already exists.",
        ),
    ],
)
def test_a_row_says_what_happened_and_not_how_it_was_called(said: str, row: str) -> None:
    rows = Rows()
    heard(rows, message("apply_errored", "x.a", "create", 3))
    assert [event.text for event in rows.blame(fault(said, "x.a")) if isinstance(event, ResourceRow)] == [row]


def test_a_reason_without_an_address_is_given_to_the_only_one_that_failed() -> None:
    rows = Rows()
    heard(rows, message("apply_errored", "x.a", "delete"))
    assert list(rows.blame(fault("deleting A: no"))) == []
    assert list(rows.ended()) == [ResourceRow("x.a", "delete", "failed", 0.0, "deleting A: no")]


def test_reasons_without_addresses_are_not_guessed() -> None:
    rows = Rows()
    heard(rows, message("apply_errored", "x.a", "delete"), message("apply_errored", "x.b", "delete"))
    for summary in ("no to one", "no to the other"):
        assert list(rows.blame(fault(summary))) == []
    ended = last(list(rows.ended()))
    assert {row.text for row in ended.values()} == {"Its reason is among what Terraform said."}
    assert set(ended) == {"x.a", "x.b"}


def test_what_was_cut_short_is_not_left_running() -> None:
    rows = Rows([ResourceChange("x.a", "create"), ResourceChange("x.b", "create")])
    heard(rows, message("apply_start", "x.a", "create"), message("apply_progress", "x.a", "create", 10))
    (row,) = rows.ended()
    assert isinstance(row, ResourceRow)
    assert (row.address, row.state, row.seconds) == ("x.a", "failed", 10.0)
    assert "may be there" in row.text
