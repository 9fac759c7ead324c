"""`make needs`: what every resource type needs, heard from real Terraform and written to the table the wizard reads.

Terraform makes, changes and destroys one module that holds every type. Its log says for which type and which
phase a call was made, the embedded AWS's log says which IAM actions that call took; the SDK's number of the call
is in both.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import wizard
from wizard.demo.aws import Call, EmbeddedAws
from wizard.demo.recording.engine import Engine, NoEngine, engine

MODULE = Path(__file__).parent / "every_type"
TABLE = Path(wizard.__file__).parent / "services" / "aws" / "actions.json"
OPTIONS = (
    "tags",
    "force_destroy",
    "versioned",
    "force_detach_policies",
    "managed_policy_arns",
    "inline_policy",
    "by_name",
)
"""Names of resources in the module that are unlike the others from the start: what they need more is kept apart."""

_SENT = ": HTTP Request Sent:"
_ENTRY = re.compile(r"(?m)^(?=\d{4}-\d\d-\d\dT)")
"""An entry may have several lines: bodies are in it."""
_FIELD = re.compile(
    r"\b(tf_req_id|tf_rpc|tf_resource_type|tf_data_source_type|rpc\.service|rpc\.method|amz_sdk_invocation_id)"
    r'=("[^"]*"|\S+)'
)
_NOT_HEARD: dict[tuple[str, str], set[str]] = {
    # The sixth version of a policy takes the place of the oldest.
    ("aws_iam_policy", "*"): {"iam:DeletePolicyVersion"},
    # The embedded AWS does not know these.
    ("aws_iam_user", "permissions_boundary"): {
        "iam:DeleteUserPermissionsBoundary",
        "iam:PutUserPermissionsBoundary",
    },
    ("aws_iam_openid_connect_provider", "*"): {
        "iam:AddClientIDToOpenIDConnectProvider",
        "iam:RemoveClientIDFromOpenIDConnectProvider",
    },
    # The way back from what the module changes.
    ("aws_iam_role", "permissions_boundary"): {"iam:DeleteRolePermissionsBoundary"},
    ("aws_kms_key", "enable_key_rotation"): {"kms:DisableKeyRotation"},
    ("aws_kms_key", "is_enabled"): {"kms:EnableKey"},
}
"""(type, attribute) -> what changing it may also take, and the recording does not reach.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html (and the provider).
"""
_TOLERATED = {("data.aws_s3_bucket", "s3:GetBucketWebsite")}
"""(type, action): the provider asks, and goes on when it is refused. Measured: tests/steps/test_every_type.py."""
_LEFT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}'
_PHASES = {"make": "create", "change": "update", "destroy": "delete"}

Table = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Heard:
    """One call, heard on both sides."""

    request: str
    """Terraform's number of what it asked of the provider: all calls for one resource in one phase share it."""
    rpc: str
    """`ReadResource`, `ApplyResourceChange`, …"""
    kind: str
    """The resource type, `data.` before it for a data source."""
    operation: str
    """As the SDK names it: `S3 HeadBucket`."""
    call: Call


@dataclass
class _Row:
    """What one type needs, as it is heard."""

    read: set[str] = field(default_factory=set)
    phases: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Phase -> name of the resource -> actions."""


def record(slow: bool) -> tuple[Table, list[Heard]]:
    """The table, recorded anew, and every call it rests on. `slow` adds what takes a minute of waiting.

    Raises NoEngine without Terraform, RuntimeError when it fails.
    """
    with tempfile.TemporaryDirectory() as scratch, EmbeddedAws() as aws:
        folder = Path(scratch) / "module"
        shutil.copytree(MODULE, folder)
        keys = aws.root
        real = engine(
            aws_url=aws.url,
            access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key,
            home=Path(scratch) / "home",
        )
        studio = _Studio(real, aws, folder, slow)
        real.run(folder, "init", "-input=false")
        studio.run("make", "apply", "-auto-approve")
        studio.run("look", "plan")
        leave_something(aws)
        studio.run("change", "apply", "-auto-approve", "-var=changed=true")
        studio.run("destroy", "destroy", "-auto-approve", "-var=changed=true")
        return table(studio.rows, studio.version), studio.heard


def leave_something(aws: EmbeddedAws) -> None:
    """What Terraform does not know of: it goes with a bucket that may be emptied, a role whose policies may go."""
    iam = aws.client("iam")
    aws.client("s3").put_object(Bucket="needs-forced", Key="left", Body=b"x")
    iam.put_role_policy(RoleName="needs-detached", PolicyName="left", PolicyDocument=_LEFT)
    iam.attach_role_policy(RoleName="needs-detached", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


class _Studio:
    """The module, Terraform, and what is heard of them."""

    def __init__(self, real: Engine, aws: EmbeddedAws, folder: Path, slow: bool) -> None:
        self._real, self._aws, self._folder, self._slow = real, aws, folder, slow
        self._names: dict[str, dict[str, str]] = {}
        self.rows: dict[str, _Row] = {}
        self.heard: list[Heard] = []
        self.version = ""

    def run(self, phase: str, *arguments: str) -> None:
        log = self._folder.parent / f"{phase}.log"
        environment = {
            **self._real.environment,
            "TF_LOG_PROVIDER": "DEBUG",
            "TF_LOG_PATH": str(log),
            "TF_VAR_slow": str(self._slow).lower(),
        }
        before = len(self._aws.calls)
        replace(self._real, environment=environment).run(
            self._folder, *arguments, "-input=false", "-no-color"
        )
        self._learn_names()
        calls = {call.invocation: call for call in self._aws.calls[before:]}
        heard = list(listen(log, calls))
        self.heard += heard
        lost = {call.action for call in calls.values()} - {each.call.action for each in heard}
        if lost - {"sts:GetCallerIdentity"}:
            raise RuntimeError(f"Terraform's log does not tell what these calls were for: {sorted(lost)}")
        for kind in (name for name in self._names if name not in self.rows):
            self.rows[kind] = _Row()
        for request in dict.fromkeys(each.request for each in heard):
            self._file(phase, [each for each in heard if each.request == request])

    def _learn_names(self) -> None:
        """Type -> what identifies a resource in AWS -> its name in the module. Those that were destroyed stay."""
        state = json.loads((self._folder / "terraform.tfstate").read_text())
        for entry in state["resources"]:
            prefix = "data." if entry["mode"] == "data" else ""
            names = self._names.setdefault(f"{prefix}{entry['type']}", {})
            for instance in entry["instances"]:
                values = instance["attributes"]
                found = [
                    str(values[key]) for key in ("arn", "id", "key_id", "name", "bucket") if values.get(key)
                ]
                names |= dict.fromkeys(found, entry["name"])
        provider = json.loads(self._real.run(self._folder, "version", "-json"))["provider_selections"]
        self.version = str(next(iter(provider.values())))

    def _file(self, phase: str, heard: list[Heard]) -> None:
        """Put the calls of one request of Terraform into the row of its type."""
        row = self.rows.setdefault(heard[0].kind, _Row())
        actions = {action for each in heard for action in each.call.actions}
        name = self._name(heard)
        if heard[0].rpc != "ApplyResourceChange":
            actions = {action for action in actions if (heard[0].kind, action) not in _TOLERATED}
            if heard[0].kind.startswith("data.") and name in OPTIONS:
                row.phases.setdefault("read", {}).setdefault(name, set()).update(actions)
            else:
                row.read |= actions
            return
        row.phases.setdefault(_PHASES[phase], {}).setdefault(name, set()).update(actions)

    def _name(self, heard: list[Heard]) -> str:
        """The name in the module of the resource that the calls were about; empty when they do not tell."""
        names = self._names[heard[0].kind]
        if len(set(names.values())) == 1:
            return next(iter(names.values()))
        for each in heard:
            # The longest first: needs-tags is no needs.
            for known in sorted(names, key=len, reverse=True):
                if each.call.resource == known or re.search(rf"[:/]{re.escape(known)}$", each.call.resource):
                    return names[known]
        return ""


def listen(log: Path, calls: Mapping[str, Call]) -> Iterator[Heard]:
    """The calls in Terraform's log that were made for a resource or a data source."""
    for entry in _ENTRY.split(log.read_text()):
        if _SENT not in entry:
            continue
        said = {name: value.strip('"') for name, value in _FIELD.findall(entry)}
        data, kind = said.get("tf_data_source_type", ""), said.get("tf_resource_type", "")
        if data or kind:
            yield Heard(
                said["tf_req_id"],
                said["tf_rpc"],
                f"data.{data}" if data else kind,
                f"{said['rpc.service']} {said['rpc.method']}",
                calls[said["amz_sdk_invocation_id"]],
            )


def table(rows: Mapping[str, _Row], version: str) -> Table:
    """The rows in the form in which they are kept: what every phase needs beside the reads."""
    found: Table = {"provider": {"hashicorp/aws": version}}
    for kind, row in sorted(rows.items()):
        kept: dict[str, Any] = {"read": sorted(row.read)}
        for phase in ("create", "update", "delete"):
            named = {name: actions - row.read for name, actions in row.phases.get(phase, {}).items()}
            if phase == "update":
                kept[phase] = _by_attribute(kind, named)
                continue
            base = _union(
                actions for name, actions in named.items() if name not in OPTIONS or len(named) == 1
            )
            kept[phase] = sorted(base)
        for phase in ("read", "create", "delete"):
            named = {name: actions - row.read for name, actions in row.phases.get(phase, {}).items()}
            base = set(kept[phase])
            for option in OPTIONS:
                if more := named.get(option, set()) - base:
                    kept.setdefault("when", {}).setdefault(option, {})[phase] = sorted(more)
        found[kind] = {name: value for name, value in kept.items() if value or name == "read"}
    return found


def _by_attribute(kind: str, named: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Attribute -> actions. Where only one attribute beside the tags was changed, it stands for every other."""
    others = [name for name, actions in named.items() if name != "tags" and actions]
    words = {others[0]: "*"} if len(others) == 1 else {}
    found = {words.get(name, name): actions for name, actions in sorted(named.items()) if actions}
    for of_kind, name in _NOT_HEARD:
        if of_kind == kind:
            found[name] = found.get(name, set()) | _NOT_HEARD[kind, name]
    return {name: sorted(actions) for name, actions in sorted(found.items())}


def _union(sets: Iterable[set[str]]) -> set[str]:
    return {each for one in sets for each in one}


def written(recorded: Table) -> str:
    """The table as text: one line a phase, so that a change reads well."""
    blocks = []
    for kind, row in recorded.items():
        lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in row.items())
        blocks.append(f"  {json.dumps(kind)}: {{\n{lines}\n  }}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def main() -> int:
    """Record the table anew, whole."""
    try:
        recorded, heard = record(slow=True)
    except NoEngine as problem:
        print(problem, file=sys.stderr)
        return 2
    TABLE.write_text(written(recorded))
    print(f"{len(recorded) - 1} types, {len(heard)} calls: {TABLE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
