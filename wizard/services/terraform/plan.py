"""`terraform show -json PLAN` as something to read: what is made, what changes, what is destroyed, and why.

Source of the format: https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from wizard.core.event import Planned, ResourceChange
from wizard.core.text import one_line
from wizard.services.terraform import attributes
from wizard.services.terraform.attributes import Secrets, mapping

Action = Literal["create", "update", "replace", "delete", "read", "import", "no-op", "move", "forget"]

_ORDER: dict[str, int] = {
    "delete": 0,
    "replace": 1,
    "forget": 2,
    "update": 3,
    "create": 4,
    "import": 5,
    "move": 6,
}
_PURPOSE = {
    "aws_iam_role": "the role that warehouses take on",
    "aws_iam_role_policy": "what that role may do",
    "aws_iam_instance_profile": "hands the role to the workspace",
    "aws_iam_user": "the user of the integration tests",
    "aws_iam_user_policy": "what the test user may do",
    "aws_s3_bucket": "a bucket for data",
    "aws_s3_bucket_policy": "who may use the bucket",
    "aws_s3_bucket_public_access_block": "keeps the bucket private",
    "aws_s3_bucket_server_side_encryption_configuration": "encrypts the bucket",
    "aws_s3_object": "a small file for the proof",
    "aws_glue_catalog_database": "the Glue database",
    "aws_lakeformation_permissions": "a grant in Lake Formation",
}
_REASONS = {
    "replace_because_tainted": "an earlier run left it half-made",
    "replace_because_cannot_update": "AWS cannot change it in place",
    "replace_by_request": "a replacement was asked for",
    "replace_by_triggers": "what triggers its replacement changed",
    "delete_because_no_resource_config": "the module does not declare it any more",
    "delete_because_no_module": "its module is not called any more",
    "delete_because_wrong_repetition": "its count or for_each was added or taken away",
    "delete_because_count_index": "count is smaller than before",
    "delete_because_each_key": "for_each does not hold its key any more",
    "delete_because_no_move_target": "it was moved to an address that is not declared",
}
"""https://developer.hashicorp.com/terraform/internals/json-format#change-representation"""


@dataclass(frozen=True)
class Read:
    """A plan, read."""

    planned: Planned
    changes_anything: bool
    """A resource or an output will change."""
    recreated: tuple[str, ...]
    """Resources that Terraform believes are gone and would make again: an alarm, to be checked before an apply."""


def read(document: Mapping[str, Any], gone: Collection[str] = ()) -> Read:
    """The plan in the output of `show -json`. `gone`: what the plan's own stream told to be deleted outside."""
    entries = [entry for entry in document.get("resource_changes") or [] if entry.get("mode") != "data"]
    secrets = Secrets(document, entries)
    changes = sorted(
        (change for entry in entries if (change := _change(entry, secrets)) is not None),
        key=lambda change: (_ORDER.get(change.action, 9), change.address),
    )
    counts = [change.action for change in changes]
    lost = {*gone} | {
        one_line(entry.get("address", ""), 300)
        for entry in document.get("resource_drift") or []
        if entry.get("change", {}).get("actions") == ["delete"]
    }
    outputs = mapping(document.get("output_changes"))
    planned = {change.address for change in changes}
    drift = [change for entry in document.get("resource_drift") or [] if (change := _change(entry, secrets))]
    return Read(
        planned=Planned(
            changes=tuple(changes),
            add=sum(action in ("create", "replace") for action in counts),
            change=counts.count("update"),
            destroy=sum(action in ("delete", "replace") for action in counts),
            warnings=_warnings(changes),
            outputs=tuple(
                _output(name, mapping(each), secrets) for name, each in sorted(outputs.items()) if _acts(each)
            ),
            drift=tuple(each for each in drift if each.address not in planned and each.action != "delete"),
        ),
        changes_anything=bool(changes) or any(_acts(each) for each in outputs.values()),
        recreated=tuple(
            c.address for c in changes if c.action in ("create", "replace") and c.address in lost
        ),
    )


def _change(entry: Mapping[str, Any], secrets: Secrets) -> ResourceChange | None:
    change = entry.get("change") or {}
    action = _action(change)
    before = one_line(entry.get("previous_address") or "", 300)
    if action == "no-op" and before:
        action = "move"
    if action in ("no-op", "read"):
        return None
    read = attributes.read(change, secrets)
    address = one_line(entry.get("address", ""), 300)
    changes = (("address", before, address),) if action == "move" else read.changes
    why = str(entry.get("action_reason") or "")
    return ResourceChange(
        address=address,
        action=action,
        purpose=_purpose(entry, [name for name, _, _ in changes]),
        changes=changes,
        unchanged=0 if action == "move" else read.unchanged,
        reason=_reason(why, change) if action in ("delete", "replace", "forget") else "",
        leftover=why == "replace_because_tainted",
        policies=read.policies,
        sealed=read.sealed,
    )


def _reason(why: str, change: Mapping[str, Any]) -> str:
    """Terraform's reason in words; of a replacement, which attribute cannot be changed in place."""
    paths = [path for path in change.get("replace_paths") or [] if isinstance(path, list) and path]
    names = ", ".join(dict.fromkeys(one_line(path[0], 60) for path in paths))
    words = _REASONS.get(why, "")
    if why == "replace_because_cannot_update" and names:
        return f"{names} cannot be changed in place"
    return words or (f"because of {names}" if names else one_line(why.replace("_", " "), 100))


def _purpose(entry: Mapping[str, Any], changed: list[str]) -> str:
    """What the resource is for, or what this very change is about."""
    kind, change = str(entry.get("type", "")), entry.get("change") or {}
    if kind == "aws_iam_role" and changed == ["assume_role_policy"] and change.get("before"):
        return "who may take on the role: its trust policy"
    values = mapping(change.get("after")) or mapping(change.get("before"))
    words = _PURPOSE.get(kind, "")
    if kind in ("aws_iam_role_policy", "aws_iam_user_policy") and values.get("name"):
        return f"{words}: {one_line(values['name'], 60)}"
    return words


def _action(change: Mapping[str, Any]) -> Action:
    actions = tuple(str(each) for each in change.get("actions") or ())
    if set(actions) == {"create", "delete"}:
        return "replace"
    if actions in (("no-op",), ()):
        return "import" if change.get("importing") else "no-op"
    return cast("Action", actions[0]) if actions[0] in (*_ORDER, "read") else "update"


def _acts(output: Any) -> bool:
    return mapping(output).get("actions") != ["no-op"]


def _output(name: str, change: Mapping[str, Any], secrets: Secrets) -> tuple[str, str, str]:
    """An output is one value, read as a resource with that single attribute."""
    sides = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")
    read = attributes.read({side: {name: change.get(side)} for side in sides}, secrets)
    return read.changes[0] if read.changes else (one_line(name, 100), "", "")


def _warnings(changes: list[ResourceChange]) -> tuple[str, ...]:
    gone = [_because(change) for change in changes if change.action == "delete"]
    again = [_because(change) for change in changes if change.action == "replace"]
    found = [f"{', '.join(gone)} will be DESTROYED."] if gone else []
    return (*found, *([f"{', '.join(again)} will be destroyed and made again."] if again else []))


def _because(change: ResourceChange) -> str:
    return f"{change.address} ({change.reason})" if change.reason else change.address


def with_leftovers(planned: Planned, document: Mapping[str, Any]) -> Planned:
    """The plan, naming what an earlier run left half-made: Terraform calls it tainted and makes it anew."""
    tainted = [
        one_line(entry.get("address", ""), 300)
        for entry in document.get("resource_changes") or []
        if entry.get("action_reason") == "replace_because_tainted"
    ]
    if not tainted:
        return planned
    words = f"{one_line(', '.join(tainted), 400)}: left half-made by a run that was stopped, so made anew."
    return replace(planned, warnings=(*planned.warnings, words))
