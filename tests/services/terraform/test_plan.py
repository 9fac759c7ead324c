"""A plan reads well: the dangerous first, policies spread out, secrets masked, and what is believed gone refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.event import Planned, ResourceChange
from wizard.core.journal import Journal
from wizard.core.redact import MASK, Redactor
from wizard.services.terraform import attributes, plan

RECORDINGS = Path(__file__).parents[3] / "wizard" / "demo" / "recording" / "data"
SECRET = "hunter2-hunter2"
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}'


def entry(
    address: str,
    *actions: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One of a plan's resource changes; flags and the like go into its change."""
    kind = address.split(".")[-2]
    around: dict[str, Any] = {name: more.pop(name) for name in ("mode", "previous_address") if name in more}
    change = {"actions": list(actions), "before": before, "after": after, "after_unknown": {}, **more}
    return {"address": address, "mode": "managed", "type": kind, **around, "change": change}


def only(*entries: dict[str, Any], **more: Any) -> ResourceChange:
    (change,) = plan.read({"resource_changes": list(entries), **more}).planned.changes
    return change


def of_recording(name: str) -> plan.Read:
    return plan.read(json.loads((RECORDINGS / name / "show.json").read_text("utf-8")))


def test_what_destroys_comes_first() -> None:
    read = plan.read(
        {
            "resource_changes": [
                entry("a.create", "create", after={"x": 1}),
                entry("a.update", "update", before={"x": 1}, after={"x": 2}),
                entry("a.replace", "delete", "create", before={"x": 1}, after={"x": 2}),
                entry("a.replace_b", "create", "delete", before={"x": 1}, after={"x": 2}),
                entry("a.delete", "delete", before={"x": 1}),
                entry("a.forget", "forget", before={"x": 1}),
                entry("a.noop", "no-op", before={"x": 1}, after={"x": 1}),
                entry("data.a.read", "read", after={"x": 1}, mode="data"),
            ]
        }
    )
    planned = read.planned
    assert [(each.address, each.action) for each in planned.changes] == [
        ("a.delete", "delete"), ("a.replace", "replace"), ("a.replace_b", "replace"), ("a.forget", "forget"),
        ("a.update", "update"), ("a.create", "create"),
    ]  # fmt: skip
    assert (planned.add, planned.change, planned.destroy) == (3, 1, 3)
    assert planned.warnings == (
        "a.delete will be DESTROYED.",
        "a.replace, a.replace_b will be destroyed and made again.",
    )
    assert read.changes_anything


def test_a_policy_is_spread_out_the_same_way_on_both_sides() -> None:
    other = '{ "Statement": [], "Version": "2012-10-17" }'
    change = only(
        entry(
            "aws_iam_role.a", "update",
            before={"assume_role_policy": other, "name": "a"},
            after={"assume_role_policy": POLICY, "name": "a"},
        )
    )  # fmt: skip
    ((name, before, after),) = change.changes
    assert name == "assume_role_policy"
    assert before.splitlines() == ["{", '  "Statement": [],', '  "Version": "2012-10-17"', "}"]
    assert json.loads(after) == json.loads(POLICY)
    assert after.splitlines()[1] == '  "Statement": ['
    assert change.purpose == "who may take on the role: its trust policy"


@pytest.mark.parametrize("text", ["{not json", "[", "[" * 100_000, "{{ template }}"])
def test_what_only_looks_like_json_is_shown_as_it_is(text: str) -> None:
    change = only(entry("a.b", "update", before={"x": ""}, after={"x": text}))
    assert change.changes[0][2].startswith(text[:1000])


def test_values_that_come_later_are_told_for_changes_and_left_out_for_creations() -> None:
    unknown = {"arn": True, "block": [{"id": True}], "known": [{}]}
    made = entry(
        "a.b", "create", after={"name": "n", "known": [{"x": 1}], "empty": None}, after_unknown=unknown
    )
    assert [name for name, _, _ in only(made).changes] == ["known", "name"]
    changed = entry("a.b", "update", before={"arn": "old"}, after={}, after_unknown={"arn": True})
    assert only(changed).changes == (("arn", "old", "(known after apply)"),)


@pytest.mark.parametrize(
    ("value", "flags", "seen"),
    [
        (SECRET, {"x": True}, MASK),
        ({"a": {"b": SECRET, "c": 1}}, {"x": {"a": {"b": True}}}, {"a": {"b": MASK, "c": 1}}),
        ([1, {"deep": [SECRET]}], {"x": [False, {"deep": [True]}]}, [1, {"deep": [MASK]}]),
        ({"a": [SECRET, 2]}, {"x": {"a": True}}, {"a": MASK}),
        ({"a": SECRET}, {"x": [{"a": True}]}, MASK),
        (SECRET, True, MASK),
    ],
)
def test_what_is_sensitive_is_masked_however_deep(value: object, flags: object, seen: object) -> None:
    change = only(
        entry(
            "a.b", "update", before={"x": value, "y": "1"}, after={"x": "new", "y": "2"},
            before_sensitive=flags, after_sensitive={},
        )
    )  # fmt: skip
    assert SECRET not in repr(change)
    covered = attributes.shown(seen)
    assert change.changes[0] == ("x", MASK, MASK)
    assert change.sealed[0][1].reveal() == attributes.shown(value)
    made = only(entry("a.b", "create", after={"x": value}, after_sensitive=flags))
    assert made.changes == (("x", "", covered),)
    gone = only(entry("a.b", "delete", before={"x": value}, before_sensitive=flags))
    assert gone.changes == (("x", covered, ""),)


def test_another_secret_within_a_value_is_a_change_that_can_be_seen() -> None:
    flags = {"x": {"key": True}}
    change = only(
        entry(
            "a.b", "update", before={"x": {"key": SECRET, "n": 1}}, after={"x": {"key": "new", "n": 1}},
            before_sensitive=flags, after_sensitive=flags,
        )
    )  # fmt: skip
    ((_, before, after),) = change.changes
    assert json.loads(before) == {"key": MASK, "n": 1}
    assert json.loads(after) == {"key": f"{MASK} (another)", "n": 1}


def test_a_computed_value_that_repeats_a_secret_is_masked_though_unmarked() -> None:
    """Terraform itself does not mark it: `output` of a terraform_data with a sensitive input."""
    change = only(
        entry(
            "terraform_data.x", "update",
            before={"input": {"pw": SECRET, "n": "a"}, "output": {"pw": SECRET, "n": "a"}, "note": f"is {SECRET}!"},
            after={"input": {"pw": SECRET, "n": "b"}, "note": "none"},
            after_unknown={"output": True},
            before_sensitive={"input": {"pw": True}}, after_sensitive={"input": {"pw": True}},
        )
    )  # fmt: skip
    assert SECRET not in repr(change)
    covered = {name: attributes.shown({"pw": MASK, "n": name}) for name in ("a", "b")}
    assert change.changes == (
        ("input", covered["a"], covered["b"]),
        ("note", MASK, MASK),
        ("output", covered["a"], "(known after apply)"),
    )


def test_a_sensitive_variable_is_masked_wherever_it_comes_up() -> None:
    document = {
        "variables": {
            "pin": {"value": "1234"},
            "all": {"value": {"k": [SECRET]}},
            "open": {"value": "shown"},
        },
        "configuration": {
            "root_module": {
                "variables": {"pin": {"sensitive": True}, "all": {"sensitive": True}, "open": {}, "no": {}}
            }
        },
    }
    change = only(
        entry("a.b", "create", after={"a": "1234", "b": f"x{SECRET}", "c": "shown", "d": "12345"}), **document
    )
    assert change.changes == (("a", "", MASK), ("b", "", MASK), ("c", "", "shown"), ("d", "", "12345"))


def test_what_terraform_believes_to_be_gone_is_not_quietly_made_again() -> None:
    drift = [
        entry("aws_s3_bucket.a", "delete", before={}),
        entry("aws_s3_bucket.b", "update", before={}, after={}),
    ]
    changes = [
        entry("aws_s3_bucket.a", "create", after={"bucket": "a"}),
        entry("aws_s3_bucket.b", "create", after={"bucket": "b"}),
        entry("aws_s3_bucket.c", "create", after={"bucket": "c"}),
    ]
    document = {"resource_changes": changes, "resource_drift": drift}
    assert plan.read(document).recreated == ("aws_s3_bucket.a",)
    assert plan.read(document, {"aws_s3_bucket.c"}).recreated == ("aws_s3_bucket.a", "aws_s3_bucket.c")
    assert plan.read({"resource_changes": [], "resource_drift": drift}).recreated == ()


def test_a_change_of_outputs_alone_is_a_change() -> None:
    read = plan.read({"output_changes": {"a": {"actions": ["create"]}, "b": {"actions": ["no-op"]}}})
    assert (read.changes_anything, read.planned.changes) == (True, ())
    assert not plan.read({"output_changes": {"b": {"actions": ["no-op"]}}}).changes_anything
    assert not plan.read({}).changes_anything


def test_imports_and_moves_are_told_and_not_counted() -> None:
    same = {"name": "n"}
    read = plan.read(
        {
            "resource_changes": [
                entry("a.moved", "no-op", before=same, after=same, previous_address="a.old"),
                entry("a.imported", "no-op", before=same, after=same, importing={"id": "n"}),
                entry("a.both", "update", before=same, after={"name": "m"}, previous_address="a.was"),
            ]
        }
    )
    assert [(each.address, each.action) for each in read.planned.changes] == [
        ("a.both", "update"), ("a.imported", "import"), ("a.moved", "move"),
    ]  # fmt: skip
    assert read.planned.changes[2].changes == (("address", "a.old", "a.moved"),)
    assert (read.planned.add, read.planned.change, read.planned.destroy) == (0, 1, 0)
    assert read.changes_anything


@pytest.mark.parametrize(
    ("name", "counts"), [("fresh", (23, 0, 0)), ("again", (0, 0, 0)), ("upgrade", (1, 1, 0))]
)
def test_recorded_plans(name: str, counts: tuple[int, int, int]) -> None:
    read = of_recording(name)
    assert (read.planned.add, read.planned.change, read.planned.destroy) == counts
    assert read.changes_anything == any(counts)
    assert (read.recreated, read.planned.warnings) == ((), ())
    assert all(change.purpose for change in read.planned.changes)


def test_the_recorded_upgrade_shows_the_statement_that_was_missing() -> None:
    role = of_recording("upgrade").planned.changes[0]
    ((name, before, after),) = role.changes
    assert (role.action, name) == ("update", "assume_role_policy")
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert any('"sts:ExternalId"' in line for line in added)
    assert any("serverless-customer-resource-role" in line for line in added)


def test_nothing_a_terminal_obeys_is_left() -> None:
    change = only(
        entry("a.b\x1b[2J", "create", after={"x\x1b]0;t\x07": "\x1b[31mred", "y": '{"k": "\\u001b[2J"}'})
    )
    assert "\x1b" not in "".join((change.address, *(part for row in change.changes for part in row)))


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(before=trees, after=trees, unknown=trees, flags=trees)
def test_any_values_and_flags_can_be_read(before: Any, after: Any, unknown: Any, flags: Any) -> None:
    change = {
        "actions": ["update"], "before": before, "after": after, "after_unknown": unknown,
        "before_sensitive": flags, "after_sensitive": flags,
    }  # fmt: skip
    document = {"resource_changes": [{"address": "a.b", "mode": "managed", "type": "a", "change": change}]}
    assert plan.read(document).planned.change == 1


def test_what_stays_is_counted_and_not_shown() -> None:
    change = only(
        entry(
            "a.b", "update",
            before={"x": 1, "same": "s", "none": None, "empty": [], "tags": {"a": "b"}},
            after={"x": 2, "same": "s", "none": None, "empty": [], "tags": {"a": "b"}},
        )
    )  # fmt: skip
    assert (change.changes, change.unchanged) == ((("x", "1", "2"),), 2)


@pytest.mark.parametrize(
    ("more", "reason", "leftover"),
    [
        ({"replace_paths": [["bucket"]]}, "bucket cannot be changed in place", False),
        ({"why": "replace_because_tainted"}, "an earlier run left it half-made", True),
        ({"why": "replace_by_tomorrow"}, "replace by tomorrow", False),
    ],
)
def test_a_replacement_says_why(more: dict[str, Any], reason: str, leftover: bool) -> None:
    why = more.pop("why", "replace_because_cannot_update")
    made = entry("aws_s3_bucket.b", "delete", "create", before={"bucket": "a"}, after={"bucket": "b"}, **more)
    read = plan.read({"resource_changes": [{**made, "action_reason": why}]}).planned
    (change,) = read.changes
    assert (change.reason, change.leftover) == (reason, leftover)
    assert read.warnings == (f"aws_s3_bucket.b ({reason}) will be destroyed and made again.",)
    assert read.destroys == (() if leftover else (change,))


def test_a_secret_is_sealed_and_never_kept(tmp_path: Path) -> None:
    change = only(
        entry("a.b", "update", before={"pw": SECRET}, after={"pw": "new"}, before_sensitive={"pw": True})
    )
    ((name, before, after),) = change.sealed
    assert (name, before.reveal(), after.reveal()) == ("pw", SECRET, "new")
    assert SECRET not in f"{change} {change!r} {copy.deepcopy(change)}"
    journal = Journal(tmp_path / "j" / "journal.jsonl", Redactor())
    journal.event("apply", Planned((change,), 0, 1, 0))
    journal.close()
    kept = (tmp_path / "j" / "journal.jsonl").read_text()
    assert "Planned" in kept
    assert SECRET not in kept


def test_outputs_are_told_and_sensitive_ones_masked() -> None:
    outputs = {
        "made": {"actions": ["create"], "before": None, "after_unknown": True},
        "kept": {"actions": ["no-op"], "before": 1, "after": 1},
        "secret": {"actions": ["update"], "before": SECRET, "after": "new", "before_sensitive": True},
        "text": {"actions": ["update"], "before": "a", "after": "b", "after_unknown": False},
    }
    assert plan.read({"output_changes": outputs}).planned.outputs == (
        ("made", "", "(known after apply)"), ("secret", MASK, MASK), ("text", "a", "b"),
    )  # fmt: skip


def test_drift_is_told_apart_from_what_the_plan_does() -> None:
    drift = [
        entry("a.noise", "update", before={"tags": None}, after={"tags": {}}),
        entry("a.meant", "update", before={"x": 1}, after={"x": 2}),
        entry("a.gone", "delete", before={"x": 1}),
    ]
    changes = [entry("a.meant", "update", before={"x": 2}, after={"x": 1})]
    read = plan.read({"resource_changes": changes, "resource_drift": drift}).planned
    assert [each.address for each in read.drift] == ["a.noise"]
    assert [each.address for each in read.changes] == ["a.meant"]
