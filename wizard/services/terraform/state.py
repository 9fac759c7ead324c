"""What Terraform's state knows: which resources exist, what they are called, where they are.

Source of the format: https://developer.hashicorp.com/terraform/internals/json-format and states of version 4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.terraform.module import declared

_ACCOUNT = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):")
_REGION = re.compile(r"arn:[\w-]+:[\w-]+:([a-z]{2}(?:-[a-z]+)+-\d):")
_ALIAS = re.compile(r"\]\.(\w+)$")


@dataclass(frozen=True)
class Resource:
    """One resource, in the state or only declared."""

    address: str
    type: str
    name: str
    """Its name in AWS; empty when it is not known yet."""
    region: str
    """Empty for the provider's own region."""
    exists: bool
    arn: str = ""
    parent: str = ""
    """Role, user or bucket it belongs to."""


@dataclass(frozen=True)
class State:
    """A local state file, read."""

    resources: tuple[Resource, ...]
    account: str
    """The AWS account it belongs to; empty when nothing in it tells."""
    outputs: Mapping[str, object]


def read(folder: Path) -> State | None:
    """The state in `folder`, None when there is none. Raises Problem when the file cannot be read."""
    file = folder / "terraform.tfstate"
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(file, error) from error
    if not text.strip():
        return None
    try:
        document = json.loads(text)
        entries = [_entry for _entry in document.get("resources", []) if _entry.get("mode") == "managed"]
        outputs = {str(k): v.get("value") for k, v in document.get("outputs", {}).items()}
    except (ValueError, AttributeError) as error:
        raise _unreadable(file, error) from error
    found = _Regions()
    instances = [(entry, instance) for entry in entries for instance in entry.get("instances", [])]
    for entry, instance in instances:
        found.learn(entry, instance)
    account = _ACCOUNT.search(text)
    return State(
        resources=tuple(_resource(entry, instance, found) for entry, instance in instances),
        account=account[1] if account else "",
        outputs=outputs,
    )


def resources(folder: Path) -> list[Resource]:
    """Everything the module is about: what the state holds, then what is declared and not there yet."""
    state = read(folder)
    held = list(state.resources) if state else []
    known = {re.sub(r"\[.*?\]", "", each.address) for each in held}
    role = next((each.name for each in held if each.type == "aws_iam_role"), "")
    return held + [
        Resource(
            address=each.address,
            type=each.type,
            name="",
            region="",
            exists=False,
            parent=role if each.type in ("aws_iam_instance_profile", "aws_iam_role_policy") else "",
        )
        for each in declared(folder)
        if each.block in ("resource", "data") and each.address not in known
    ]


class _Regions:
    """Where things are: a bucket says so itself, and whatever shares its provider is there too."""

    def __init__(self) -> None:
        self._of_alias: dict[str, str] = {}
        self._of_bucket: dict[str, str] = {}

    def learn(self, entry: Mapping[str, Any], instance: Mapping[str, Any]) -> None:
        values = _values(instance)
        arn = _REGION.match(str(values.get("arn", "")))
        region = str(values.get("region") or (arn[1] if arn else ""))
        if region:
            self._of_alias.setdefault(_alias(entry), region)
            if entry.get("type") == "aws_s3_bucket":
                self._of_bucket[str(values.get("bucket", ""))] = region

    def of(self, entry: Mapping[str, Any], values: Mapping[str, Any]) -> str:
        bucket = self._of_bucket.get(str(values.get("bucket", "")), "")
        return one_line(bucket or self._of_alias.get(_alias(entry), ""), 40)


def _resource(entry: Mapping[str, Any], instance: Mapping[str, Any], regions: _Regions) -> Resource:
    values = _values(instance)
    kind = str(entry.get("type", ""))
    return Resource(
        address=one_line(_address(entry, instance), 300),
        type=one_line(kind, 100),
        name=one_line(_name(kind, values), 300),
        region=regions.of(entry, values),
        exists=True,
        # An object's ARN repeats its bucket and key, which are known apart.
        arn="" if kind == "aws_s3_object" else one_line(values.get("arn") or "", 400),
        parent=one_line(_parent(kind, values), 300),
    )


def _address(entry: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    prefix = f"{entry['module']}." if entry.get("module") else ""
    key = instance.get("index_key")
    index = "" if key is None else f"[{json.dumps(key)}]"
    return f"{prefix}{entry.get('type', '')}.{entry.get('name', '')}{index}"


def _name(kind: str, values: Mapping[str, Any]) -> str:
    if kind == "aws_lakeformation_permissions":
        return _database(values)
    if kind == "aws_s3_object":
        return str(values.get("key") or "")
    if kind.startswith("aws_s3_"):
        return str(values.get("bucket") or values.get("id") or "")
    return str(values.get("name") or values.get("id") or "")


def _parent(kind: str, values: Mapping[str, Any]) -> str:
    if kind in ("aws_iam_role_policy", "aws_iam_instance_profile", "aws_iam_role_policy_attachment"):
        return str(values.get("role") or "")
    if kind in ("aws_iam_user_policy", "aws_iam_access_key"):
        return str(values.get("user") or "")
    return str(values.get("bucket") or "") if kind == "aws_s3_object" else ""


def _database(values: Mapping[str, Any]) -> str:
    for block, key in (
        ("database", "name"),
        ("table", "database_name"),
        ("table_with_columns", "database_name"),
    ):
        entries = values.get(block)
        if isinstance(entries, list) and entries and isinstance(entries[0], dict):
            return str(entries[0].get(key) or "")
    return ""


def _values(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    values = instance.get("attributes")
    return values if isinstance(values, dict) else {}


def _alias(entry: Mapping[str, Any]) -> str:
    found = _ALIAS.search(str(entry.get("provider", "")))
    return found[1] if found else ""


def _unreadable(file: Path, error: Exception) -> Problem:
    return Problem(
        code="terraform.state",
        what=f"Terraform's state {file.name} cannot be read.",
        why=one_line(error, 200),
        remedy=f"Look at {file}; terraform.tfstate.backup beside it is the state before the last change.",
    )
