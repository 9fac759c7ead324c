"""What Terraform's state knows: which resources exist, what they are called, where they are.

Source of the format: https://developer.hashicorp.com/terraform/internals/json-format and states of version 4.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.terraform.module import OUTPUTS, local_backend
from wizard.services.terraform.stream import cleaned, is_data

_ACCOUNT = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):")
_REGION = re.compile(r"arn:[\w-]+:[\w-]+:([a-z]{2}(?:-[a-z]+)+-\d):")
_INSIDE = (
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_user_policy",
    "aws_iam_user_policy_attachment",
    "aws_iam_group_policy",
    "aws_iam_group_policy_attachment",
    "aws_s3_object",
    "aws_glue_catalog_table",
)
_OPTIONS = frozenset(
    {
        "tags",
        "force_destroy",
        "force_detach_policies",
        "managed_policy_arns",
        "inline_policy",
        "table",
    }
)
_NAMES = {
    "aws_iam_user": "user_name",
    "aws_iam_group": "group_name",
    "aws_iam_openid_connect_provider": "url",
    "aws_kms_key": "key_id",
    "aws_kms_key_policy": "key_id",
}
"""Type -> the argument that names it where `name` does not."""
_PARENTS = {
    "aws_iam_role_policy": "role",
    "aws_iam_instance_profile": "role",
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy": "user",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_access_key": "user",
    "aws_iam_group_policy": "group",
    "aws_iam_group_policy_attachment": "group",
    "aws_iam_group_membership": "group",
    "aws_s3_object": "bucket",
    "aws_glue_catalog_table": "database_name",
    "aws_glue_crawler": "role",
    "aws_lakeformation_resource": "role_arn",
    "aws_lakeformation_permissions": "principal",
    "aws_kms_alias": "target_key_arn",
}
"""Type -> the argument that names what a resource belongs to, or the role it is given."""
ENCRYPTED = "encryption_version"
"""Marks a state that OpenTofu wrote encrypted. Source: https://opentofu.org/docs/language/state/encryption/"""
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
    """Role, user, bucket or database it belongs to."""
    options: frozenset[str] = frozenset()
    """Which of `tags` and `force_destroy` are set: they ask for more rights. `table`: a grant on tables.
    `by_name`: a data source that has a name to go by and no ARN. `tainted`: it is half made, and the next apply
    replaces it."""


@dataclass(frozen=True)
class State:
    """A local state file, read."""

    resources: tuple[Resource, ...]
    account: str
    """The AWS account it belongs to; empty when nothing in it tells."""
    outputs: Mapping[str, object]


def read(folder: Path, environ: Mapping[str, str] | None = None) -> State | None:
    """The state in `folder`, None when there is none or it is kept elsewhere. Raises Problem when it cannot be read.

    `environ` is Terraform's: TF_WORKSPACE and TF_DATA_DIR lead to another file.
    """
    where = file(folder, environ or {})
    if where is None:
        return None
    try:
        text = where.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(where, error) from error
    if not text.strip():
        return None
    try:
        document = json.loads(text)
        # OpenTofu can encrypt it: then it alone can tell what is in there.
        return None if ENCRYPTED in document else _state(document)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise _unreadable(where, error) from error


def file(folder: Path, environ: Mapping[str, str]) -> Path | None:
    """The state's file, in the workspace that was chosen; None when another backend keeps it.

    Source: https://developer.hashicorp.com/terraform/language/backend/local
    """
    data = folder / (environ.get("TF_DATA_DIR") or ".terraform")
    try:
        # As `init` noted it: whatever -backend-config said is in there.
        backend = json.loads((data / "terraform.tfstate").read_text("utf-8"))["backend"]
        if backend["type"] != "local":
            return None
        places = dict(backend["config"] or {})
    except (OSError, ValueError, KeyError, TypeError):
        places = local_backend(folder)
    chosen = environ.get("TF_WORKSPACE", "")
    if not chosen:
        with suppress(OSError, ValueError):
            chosen = (data / "environment").read_text("utf-8").strip()
    if chosen and chosen != "default":
        return folder / (places.get("workspace_dir") or "terraform.tfstate.d") / chosen / "terraform.tfstate"
    return folder / (places.get("path") or "terraform.tfstate")


def _state(document: Mapping[str, Any]) -> State:
    entries = [entry for entry in document.get("resources") or [] if entry.get("mode") == "managed"]
    found = _Regions()
    instances = [(entry, instance) for entry in entries for instance in entry.get("instances") or []]
    for entry, instance in instances:
        found.learn(entry, instance)
    outputs = document.get("outputs") or {}
    return State(
        resources=tuple(_resource(entry, instance, found) for entry, instance in instances),
        account=_account([_values(instance) for _, instance in instances]),
        # What is marked as sensitive stays here, unless the journey cannot go on without it.
        outputs={
            one_line(name, 200): cleaned(each.get("value"))
            for name, each in outputs.items()
            if not each.get("sensitive") or name in OUTPUTS
        },
    )


def _account(values: Sequence[Mapping[str, Any]]) -> str:
    """The account in most of the resources' own ARNs; policies name others' accounts too, so they do not count."""
    found = Counter(match[1] for each in values if (match := _ACCOUNT.match(str(each.get("arn", "")))))
    return found.most_common(1)[0][0] if found else ""


def declared(
    address: str, kind: str, values: Mapping[str, Any], *, region: str, arn: str, given: Collection[str]
) -> Resource:
    """A resource that is not there yet, with the `values` that its text tells and the arguments that are `given`."""
    parent = one_line(_parent(kind, values), 300)
    options = set(_OPTIONS & frozenset(given))
    if is_data(address) and "name" in given and "arn" not in given:
        options.add("by_name")
    return Resource(
        address=address,
        type=kind,
        # What lives inside another resource cannot be named without it.
        name=one_line(_name(kind, values), 300) if parent or kind not in _INSIDE else "",
        region=region,
        exists=False,
        arn="" if kind in _INSIDE else arn,
        parent=parent,
        options=frozenset(options),
    )


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
        options=_options(instance, values),
    )


def _options(instance: Mapping[str, Any], values: Mapping[str, Any]) -> frozenset[str]:
    given = {option for option in _OPTIONS if values.get(option) or values.get(f"{option}_all")}
    return frozenset(given | ({"tainted"} if instance.get("status") == "tainted" else set()))


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
    own = _NAMES.get(kind, "")
    return str(values.get("name") or values.get(own) or values.get("id") or "")


def _parent(kind: str, values: Mapping[str, Any]) -> str:
    return str(values.get(_PARENTS.get(kind, "")) or "")


def _database(values: Mapping[str, Any]) -> str:
    for block, key in (
        ("database", "name"),
        ("table", "database_name"),
        ("table_with_columns", "database_name"),
    ):
        entries = values.get(block)
        # A file in JSON may have a block without its list.
        first = entries[0] if isinstance(entries, list) and entries else entries
        if isinstance(first, dict) and first:
            return str(first.get(key) or "")
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
