"""What Terraform's AWS provider needs to be allowed, from the resources in front of us.

The table in `actions.json` says which IAM actions a resource type needs to be read (in every refresh), created,
updated (by attribute) and deleted. It follows the calls that provider 5.100.0 was seen to make, and the service
authorization reference for rights that have no call of their own (iam:PassRole, tagging):
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Phase = Literal["read", "create", "update", "delete"]

TRUST_CHANGE: Mapping[str, tuple[str, ...]] = {"aws_iam_role": ("assume_role_policy",)}
"""What adding a workspace to terraform.tfvars changes in place: the role's trust policy and nothing else."""

_SATELLITES = (
    "aws_iam_role_policy",
    "aws_iam_user_policy",
    "aws_iam_role_policy_attachment",
    "aws_s3_object",
)
"""Types that live inside another resource, whose name comes first in their id: `htd-role:htd-s3`."""
_MODULES = re.compile(r"^(?:module\.[\w-]+(?:\[[^\]]*\])?\.)+")
"""What stands before the address of a resource in a child module."""


@dataclass(frozen=True)
class ResourceRef:
    """One resource of the module, as far as it is known."""

    address: str
    """`aws_iam_role.this`; data sources begin with `data.`."""
    type: str
    name: str = ""
    """Its name in AWS, or its Terraform id; empty when not known yet."""
    region: str = ""
    """Empty for the session's own region."""
    exists: bool = False
    """The state holds it."""
    arn: str = ""
    parent: str = ""
    """The role, user or bucket it belongs to, where it has one; otherwise taken from `name` or `arn`."""
    tagged: bool | None = None
    """Tags are given to it; None when not known (then IAM resources count as tagged, others do not)."""

    @property
    def own_name(self) -> str:
        """The resource's own name: of the policy, the key, the database."""
        return self._parts[1]

    @property
    def holder(self) -> str:
        """The role, user or bucket that is asked for when this resource is: itself, or what it belongs to."""
        return self._parts[0]

    @property
    def _parts(self) -> tuple[str, str]:
        """(holder, own name). An id like `htd-role:htd-s3` holds both; a parent may be given beside it."""
        name = re.sub(r"^\d{12}:", "", self.name)
        if self.type in _SATELLITES:
            if self.type == "aws_s3_object" and self.arn.startswith("arn:"):
                name = self.arn.rpartition(":::")[2]
            if self.parent:
                return self.parent, re.sub(rf"^{re.escape(self.parent)}[:/]", "", name)
            holder, divided, own = name.partition("/" if self.type == "aws_s3_object" else ":")
            return (holder, own) if divided else ("", name)
        if not name and self.arn.startswith("arn:"):
            name = re.split(r"[:/]", self.arn)[-1]
        if self.type in ("aws_iam_instance_profile", "aws_iam_access_key"):
            return self.parent, name
        return self.parent or name, name


@dataclass(frozen=True)
class Need:
    """One action on one resource that Terraform will want."""

    action: str
    """`iam:GetRole`; empty when what this resource type needs is not known."""
    resource_arn: str
    """`*` when the resource cannot be named yet."""
    region: str
    phase: Phase
    address: str
    ref: ResourceRef

    @property
    def known(self) -> bool:
        return bool(self.action)

    @property
    def subject(self) -> str:
        """The resource in a few characters: `role/htd-role`, `htd-data-a`, `database/htd_db`."""
        tail = self.resource_arn.rpartition(":")[2]
        return self.address if tail in ("", "*") else tail


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """Resource type -> phase -> actions; `update` maps attributes (`*` for any other) to actions."""
    text = files("wizard.services.aws").joinpath("actions.json").read_text("utf-8")
    loaded: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return loaded


def actions(
    type: str, phase: Phase, *, attributes: Sequence[str] = (), tagged: bool = False
) -> list[str] | None:
    """The actions of one phase of a resource type; None when the type is not in the table."""
    row = table().get(type)
    if row is None:
        return None
    if phase == "update":
        by_attribute: Mapping[str, list[str]] = row.get("update", {})
        wanted = attributes or tuple(by_attribute)
        return _once(a for name in wanted for a in by_attribute.get(name, by_attribute.get("*", [])))
    found = list(row.get(phase, []))
    return _once(found + (list(row.get("tags", [])) if phase == "create" and tagged else []))


def needs(
    resources: Sequence[ResourceRef],
    *,
    account: str = "",
    region: str = "us-east-1",
    partition: str = "aws",
    changes: Mapping[str, Sequence[str]] = TRUST_CHANGE,
    deleting: bool = False,
) -> list[Need]:
    """Every action Terraform will want on `resources`, in their order.

    Each is read; those that do not exist are created; of those that do, the attributes in `changes` (type ->
    attributes) are updated; `deleting` adds what destroying them takes. A type that the table does not know gives
    one Need without an action.
    """
    found: list[Need] = []
    for ref in _with_role(resources):
        kind = _kind(ref)
        where = ref.region or region
        if kind not in table():
            found.append(Need("", ref.arn or "*", where, "read", ref.address, ref))
            continue
        phases: list[tuple[Phase, list[str]]] = [("read", actions(kind, "read") or [])]
        if not ref.exists and not kind.startswith("data."):
            phases.append(("create", actions(kind, "create", tagged=_tagged(ref)) or []))
        if ref.exists and kind in changes:
            phases.append(("update", actions(kind, "update", attributes=tuple(changes[kind])) or []))
        if deleting and not kind.startswith("data."):
            phases.append(("delete", actions(kind, "delete") or []))
        found += [
            Need(action, resource_arn(action, ref, account, where, partition), where, phase, ref.address, ref)
            for phase, wanted in phases
            for action in wanted
        ]
    return found


def phases(ref: ResourceRef) -> dict[Phase, list[str]] | None:
    """Every phase in the life of a resource and what it may need; None when the table does not know its type.

    A data source is only read. `update` holds what any change of an attribute may need.
    """
    kind = _kind(ref)
    if kind not in table():
        return None
    wanted: tuple[Phase, ...] = (
        ("read",) if kind.startswith("data.") else ("read", "create", "update", "delete")
    )
    return {phase: actions(kind, phase, tagged=_tagged(ref)) or [] for phase in wanted}


def _kind(ref: ResourceRef) -> str:
    """The table's word for it: data sources have rows of their own."""
    return f"data.{ref.type}" if _MODULES.sub("", ref.address).startswith("data.") else ref.type


def _tagged(ref: ResourceRef) -> bool:
    return ref.tagged if ref.tagged is not None else ref.type.startswith("aws_iam_")


def _with_role(resources: Sequence[ResourceRef]) -> list[ResourceRef]:
    """Instance profiles with the role they wrap, where the module has only one that it can be."""
    roles = [
        ref.own_name
        for ref in resources
        if ref.type == "aws_iam_role" and not ref.address.startswith("data.")
    ]
    if len(roles) != 1:
        return list(resources)
    return [
        replace(ref, parent=roles[0]) if ref.type == "aws_iam_instance_profile" and not ref.parent else ref
        for ref in resources
    ]


def resource_arn(action: str, ref: ResourceRef, account: str, region: str, partition: str) -> str:
    """The ARN that `action` is authorised on when Terraform works on `ref`; `*` when it cannot be named."""
    service, _, name = action.partition(":")
    if service == "s3":
        return _bucket_or_object(name, ref, partition)
    if service == "iam":
        return _iam(name, ref, account, partition)
    if service == "glue" and ref.own_name:
        return f"arn:{partition}:glue:{region}:{account}:database/{ref.own_name}"
    return "*"


def _bucket_or_object(name: str, ref: ResourceRef, partition: str) -> str:
    if not ref.holder:
        return "*"
    bucket = f"arn:{partition}:s3:::{ref.holder}"
    on_object = ref.type == "aws_s3_object" and "Object" in name
    return f"{bucket}/{ref.own_name}" if on_object else bucket


def _iam(name: str, ref: ResourceRef, account: str, partition: str) -> str:
    kind = {
        "aws_iam_user": "user",
        "aws_iam_user_policy": "user",
        "aws_iam_access_key": "user",
        "aws_iam_policy": "policy",
        "aws_iam_instance_profile": "instance-profile",
    }.get(ref.type, "role")
    subject = ref.own_name if kind in ("policy", "instance-profile") else ref.holder
    if kind == "instance-profile" and name in ("GetRole", "PassRole"):
        kind, subject = "role", ref.parent
    elif f":{kind}/" in ref.arn:
        return ref.arn
    return f"arn:{partition}:iam::{account}:{kind}/{subject}" if subject and account else "*"


def _once(names: Any) -> list[str]:
    return list(dict.fromkeys(names))
