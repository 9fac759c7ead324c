"""What Terraform's AWS provider needs to be allowed, from the resources in front of us.

The table in `actions.json` says which IAM actions a resource type needs to be read (in every refresh), created,
updated (by attribute) and deleted, beside what its reads need. `make needs` records it from real Terraform, so it
is what the provider does, not what somebody believes; a test records it again. Rights that have no call of their
own (iam:PassRole, tagging at creation) come from the service authorization reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
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
    "aws_iam_user_policy_attachment",
    "aws_iam_group_policy",
    "aws_iam_group_policy_attachment",
    "aws_s3_object",
    "aws_glue_catalog_table",
)
"""Types that live inside another resource, whose name comes first in their id: `htd-role:htd-s3`."""
_EVERYWHERE = frozenset({"iam:ListPolicies", "iam:ListVirtualMFADevices", "kms:CreateKey", "kms:ListAliases"})
"""Actions that AWS authorises on `*` alone, whatever they are about."""
_WITH_PARENT = (
    "aws_iam_instance_profile",
    "aws_iam_access_key",
    "aws_glue_crawler",
    "aws_lakeformation_resource",
    "aws_kms_alias",
)
"""Types whose parent is never themselves: the user of a key, the role that is handed on, the key of an alias."""
_HOLDERS = ("aws_iam_role", "aws_iam_user", "aws_iam_group")
_OF_USER = ("aws_iam_user_policy", "aws_iam_user_policy_attachment", "aws_iam_access_key")
_OF_GROUP = ("aws_iam_group_policy", "aws_iam_group_policy_attachment", "aws_iam_group_membership")
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
    parent_arn: str = ""
    """ARN of the role or user it belongs to, where that is known: a name does not tell the path."""
    options: frozenset[str] = frozenset()
    """Words of the table's `when` that are true of it: `tags`, `force_destroy`, `by_name`, …; `tainted`; and
    `leaving`: nothing declares it any more."""

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
        if self.type in _WITH_PARENT:
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
    def nameless(self) -> bool:
        """It will be authorised on one resource, whose name is not known yet."""
        named = self.action.partition(":")[0] in ("iam", "s3", "glue", "kms")
        return self.resource_arn == "*" and named and self.action not in _EVERYWHERE

    @property
    def subject(self) -> str:
        """The resource in a few characters: `role/htd-role`, `htd-data-a`, `database/htd_db`."""
        tail = self.resource_arn.rpartition(":")[2]
        return self.address if tail in ("", "*") else tail


@cache
def _recorded() -> Mapping[str, Mapping[str, Any]]:
    text = files("wizard.services.aws").joinpath("actions.json").read_text("utf-8")
    loaded: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return loaded


def table() -> Mapping[str, Mapping[str, Any]]:
    """Resource type -> phase -> actions; `update` maps attributes (`*` for any other), `when` options to phases."""
    return {kind: row for kind, row in _recorded().items() if kind != "provider"}


def provider() -> str:
    """Version of hashicorp/aws that the table was recorded with."""
    return str(_recorded()["provider"]["hashicorp/aws"])


def actions(
    type: str, phase: Phase, *, attributes: Sequence[str] = (), options: Collection[str] = ()
) -> list[str] | None:
    """The actions of one phase of a resource type; None when the type is not in the table."""
    row = table().get(type)
    if row is None:
        return None
    if phase == "update":
        by_attribute: Mapping[str, list[str]] = row.get("update", {})
        wanted = attributes or tuple(by_attribute)
        return _once(a for name in wanted for a in by_attribute.get(name, by_attribute.get("*", [])))
    more: Mapping[str, Mapping[str, list[str]]] = row.get("when", {})
    extra = [
        action for option, phases in more.items() if option in options for action in phases.get(phase, [])
    ]
    return _once([*row.get(phase, []), *extra])


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
    attributes) are updated; what is tainted is deleted and created, what is not declared any more is deleted;
    `deleting` adds what destroying them takes.
    A type that the table does not know gives one Need without an action.
    """
    found: list[Need] = []
    for ref in related(resources):
        kind = _kind(ref)
        where = ref.region or region
        if kind not in table():
            found.append(Need("", ref.arn or "*", where, "read", ref.address, ref))
            continue
        phases: list[tuple[Phase, list[str]]] = [("read", actions(kind, "read", options=ref.options) or [])]
        is_managed, is_leaving = not kind.startswith("data."), "leaving" in ref.options
        is_half_made = "tainted" in ref.options
        if is_managed and not is_leaving and (is_half_made or not ref.exists):
            phases.append(("create", actions(kind, "create", options=ref.options) or []))
        if ref.exists and not is_leaving and kind in changes:
            phases.append(("update", actions(kind, "update", attributes=tuple(changes[kind])) or []))
        if is_managed and (deleting or is_half_made or is_leaving):
            phases.append(("delete", actions(kind, "delete", options=ref.options) or []))
        found += [
            Need(action, arn, where, phase, ref.address, ref)
            for phase, wanted in phases
            for action in wanted
            # A read is made for real and so asks about all of them at once.
            for arn in resource_arns(action, ref, account, where, partition)[: 1 if phase == "read" else None]
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
    return {phase: actions(kind, phase, options=ref.options) or [] for phase in wanted}


def _kind(ref: ResourceRef) -> str:
    """The table's word for it: data sources have rows of their own."""
    return f"data.{ref.type}" if _MODULES.sub("", ref.address).startswith("data.") else ref.type


def related(resources: Sequence[ResourceRef]) -> list[ResourceRef]:
    """The same resources with what the others tell of them.

    An instance profile wraps the module's role where there is only one that it can be; a role that is named by its
    name alone may have a path; an object in a bucket whose versions are kept has versions of its own.
    """
    roles = [ref.own_name for ref in resources if ref.type == "aws_iam_role" and _kind(ref) == ref.type]
    arns = {(ref.type, ref.own_name): ref.arn for ref in resources if ref.type in _HOLDERS and ref.arn}
    versioned = {ref.holder for ref in resources if ref.type == "aws_s3_bucket_versioning" and ref.holder}
    found = []
    for each in resources:
        ref = each
        if ref.type == "aws_iam_instance_profile" and not ref.parent and len(roles) == 1:
            ref = replace(ref, parent=roles[0])
        kind = _holder(ref.type)
        if ref.type not in _HOLDERS and not ref.parent_arn:
            ref = replace(ref, parent_arn=arns.get((kind, ref.parent or ref.holder), ""))
        if ref.type == "aws_s3_object" and ref.holder in versioned:
            ref = replace(ref, options=ref.options | {"versioned"})
        found.append(ref)
    return found


def _holder(kind: str) -> str:
    """The type of what a resource of this type belongs to."""
    if kind in _OF_GROUP:
        return "aws_iam_group"
    return "aws_iam_user" if kind in _OF_USER else "aws_iam_role"


def resource_arns(
    action: str, ref: ResourceRef, account: str, region: str, partition: str
) -> tuple[str, ...]:
    """The ARNs that `action` is authorised on when Terraform works on `ref`; `*` for what cannot be named."""
    service, _, name = action.partition(":")
    if action in _EVERYWHERE:
        return ("*",)
    if service == "s3":
        return (_bucket_or_object(name, ref, partition),)
    if service == "iam":
        return (_iam(name, ref, account, partition),)
    if service == "glue" and ref.own_name:
        return _glue(name, ref, f"arn:{partition}:glue:{region}:{account}")
    if service == "kms" and account:
        return _kms(name, ref, f"arn:{partition}:kms:{region}:{account}")
    return ("*",)


def _kms(name: str, ref: ResourceRef, prefix: str) -> tuple[str, ...]:
    """A key that is still to be made may get any id: what is asked about then is every key.

    An alias is authorised together with the key it names.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    """
    known = next((arn for arn in (ref.parent, ref.arn, ref.name) if ":key/" in arn), f"{prefix}:key/*")
    if ref.type in ("aws_kms_key", "aws_kms_key_policy") and re.fullmatch(r"[\w-]+", ref.own_name):
        known = f"{prefix}:key/{ref.own_name}"
    if name.endswith("Alias") and ref.own_name:
        return f"{prefix}:{ref.own_name}", known
    return (known,)


def _glue(name: str, ref: ResourceRef, prefix: str) -> tuple[str, ...]:
    """Glue asks the whole way up: the table, its database, the catalog.

    Source: https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    own = ref.own_name.lower()
    if ref.type == "aws_glue_crawler":
        return (f"{prefix}:crawler/{ref.own_name}",)
    if ref.type == "aws_glue_catalog_table":
        return (
            f"{prefix}:table/{ref.holder.lower()}/{own}",
            f"{prefix}:database/{ref.holder.lower()}",
            f"{prefix}:catalog",
        )
    database = f"{prefix}:database/{own}"
    return (database,) if "tag" in name.lower() else (database, f"{prefix}:catalog")


def _bucket_or_object(name: str, ref: ResourceRef, partition: str) -> str:
    if not ref.holder:
        return "*"
    bucket = f"arn:{partition}:s3:::{ref.holder}"
    if ref.type == "aws_s3_object" and "Object" in name:
        return f"{bucket}/{ref.own_name}"
    # Emptying a bucket asks for every object in it.
    return f"{bucket}/*" if name.startswith("DeleteObject") else bucket


def _iam(name: str, ref: ResourceRef, account: str, partition: str) -> str:
    kind = {
        **dict.fromkeys(("aws_iam_user", *_OF_USER), "user"),
        **dict.fromkeys(("aws_iam_group", *_OF_GROUP), "group"),
        "aws_iam_openid_connect_provider": "oidc-provider",
        "aws_iam_policy": "policy",
        "aws_iam_instance_profile": "instance-profile",
    }.get(ref.type, "role")
    subject = ref.own_name if kind in ("policy", "instance-profile") else ref.holder
    if kind == "oidc-provider":
        subject = ref.own_name.removeprefix("https://")
    if name == "PassRole" or (kind == "instance-profile" and name == "GetRole"):
        kind, subject = "role", ref.parent
        if subject.startswith("arn:"):
            return subject
    if f":{kind}/" in ref.parent_arn:
        return ref.parent_arn
    if f":{kind}/" in ref.arn:
        return ref.arn
    return f"arn:{partition}:iam::{account}:{kind}/{subject}" if subject and account else "*"


def _once(names: Any) -> list[str]:
    return list(dict.fromkeys(names))
