"""`terraform show -json PLAN` as something to read: what is made, what changes, what is destroyed, and why.

Source of the format: https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from wizard.core.event import Planned, ResourceChange
from wizard.core.redact import MASK, Redactor
from wizard.core.text import clean, one_line

Action = Literal["create", "update", "replace", "delete", "read", "import", "no-op", "move", "forget"]

_LATER = "(known after apply)"
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
    secrets = _Secrets(document, entries)
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
    outputs = document.get("output_changes") or {}
    return Read(
        planned=Planned(
            changes=tuple(changes),
            add=sum(action in ("create", "replace") for action in counts),
            change=counts.count("update"),
            destroy=sum(action in ("delete", "replace") for action in counts),
            warnings=_warnings(changes),
        ),
        changes_anything=bool(changes) or any(each.get("actions") != ["no-op"] for each in outputs.values()),
        recreated=tuple(
            c.address for c in changes if c.action in ("create", "replace") and c.address in lost
        ),
    )


class _Secrets:
    """What is marked as sensitive anywhere, to be masked wherever it comes up again.

    Measured: a computed attribute that repeats a sensitive variable carries no mark, and Terraform shows it.
    """

    def __init__(self, document: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> None:
        root = _mapping(_mapping(document.get("configuration")).get("root_module"))
        given = _mapping(document.get("variables"))
        found = [
            _mapping(given.get(name)).get("value")
            for name, variable in _mapping(root.get("variables")).items()
            if _mapping(variable).get("sensitive")
        ]
        for change in (_mapping(entry.get("change")) for entry in entries):
            for side in ("before", "after"):
                found += _flagged(change.get(side), change.get(f"{side}_sensitive"))
        self._texts = {text for each in found for text in _texts(each) if text}
        self._redact = Redactor()
        self._redact.learn(*self._texts)

    def within(self, value: Any) -> bool:
        """A text in `value` is a secret as a whole, or has a long one as a part."""
        return any(text in self._texts or self._redact(text) != text for text in _texts(value))


def _flagged(value: Any, flags: Any) -> list[Any]:
    """The parts of `value` that a tree of flags beside it marks."""
    if flags is True:
        return [value]
    if isinstance(value, dict) and isinstance(flags, dict):
        return [part for name in flags for part in _flagged(value.get(name), flags[name])]
    if isinstance(value, list) and isinstance(flags, list):
        return [part for each, flag in zip(value, flags, strict=False) for part in _flagged(each, flag)]
    return []


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def _change(entry: Mapping[str, Any], secrets: _Secrets) -> ResourceChange | None:
    change = entry.get("change") or {}
    action = _action(change)
    before = one_line(entry.get("previous_address") or "", 300)
    if action == "no-op" and before:
        action = "move"
    if action in ("no-op", "read"):
        return None
    attributes = _attributes(change, secrets)
    if action == "move":
        attributes = (("address", before, one_line(entry.get("address", ""), 300)),)
    return ResourceChange(
        address=one_line(entry.get("address", ""), 300),
        action=action,
        purpose=_purpose(entry, [name for name, _, _ in attributes]),
        changes=attributes,
    )


def _purpose(entry: Mapping[str, Any], changed: list[str]) -> str:
    """What the resource is for, or what this very change is about."""
    kind, change = str(entry.get("type", "")), entry.get("change") or {}
    if kind == "aws_iam_role" and changed == ["assume_role_policy"] and change.get("before"):
        return "who may take on the role: its trust policy"
    values = _mapping(change.get("after")) or _mapping(change.get("before"))
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


def _attributes(change: Mapping[str, Any], secrets: _Secrets) -> tuple[tuple[str, str, str], ...]:
    """What differs, attribute by attribute; computed values that a create will have are left out."""
    before, after = _mapping(change.get("before")), _mapping(change.get("after"))
    unknown = _mapping(change.get("after_unknown"))
    secret = (change.get("before_sensitive"), change.get("after_sensitive"))
    creating = not before
    found = []
    for name in sorted({*before, *after, *unknown}):
        old, new = before.get(name), after.get(name)
        later = _anything(unknown.get(name))
        if (old == new and not later) or (creating and later) or (creating and new in (None, "", [], {})):
            continue
        flagged = any(each is True or _anything(_mapping(each).get(name)) for each in secret)
        if flagged or secrets.within([old, new]):
            found.append((one_line(name, 100), MASK if old else "", MASK if later or new else ""))
            continue
        found.append((one_line(name, 100), _shown(old), _LATER if later else _shown(new)))
    return tuple(found)


def _shown(value: Any) -> str:
    """A value as readable text: JSON inside a string is spread out and sorted, so that a policy's diff reads well."""
    if value is None:
        return ""
    if isinstance(value, str):
        if value.lstrip().startswith(("{", "[")):
            try:
                return clean(json.dumps(json.loads(value), indent=2, ensure_ascii=False, sort_keys=True))
            except (ValueError, RecursionError):
                return clean(value, 20_000)
        return clean(value, 20_000)
    return clean(json.dumps(value, indent=2, ensure_ascii=False), 20_000)


def _warnings(changes: list[ResourceChange]) -> tuple[str, ...]:
    gone = [change.address for change in changes if change.action == "delete"]
    again = [change.address for change in changes if change.action == "replace"]
    found = [f"{', '.join(gone)} will be DESTROYED."] if gone else []
    return (*found, *([f"{', '.join(again)} will be destroyed and made again."] if again else []))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _anything(value: Any) -> bool:
    """True where a tree of flags holds one that is set."""
    if isinstance(value, dict):
        return any(_anything(each) for each in value.values())
    if isinstance(value, list):
        return any(_anything(each) for each in value)
    return bool(value)
