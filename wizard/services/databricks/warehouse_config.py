"""The workspace's SQL configuration: one document, replaced as a whole.

It is read and written as raw JSON, because the SDK's classes drop fields they do not know, and a field that is
not sent is gone. It also governs serverless notebooks and jobs, and setting it restarts running warehouses:
https://docs.databricks.com/aws/en/admin/sql/data-access-configuration
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wizard.core import atomic
from wizard.core.event import Line, Phase, Wait, Work
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who
from wizard.core.text import clean, one_line
from wizard.services.databricks.refusals import UNANSWERED

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wizard.services.databricks.client import Json, Workspace

CONFIG = "/api/2.0/sql/config/warehouses"
_SOURCE = "SQL configuration"
_LOOKS = (1.0, 2.0, 4.0, 8.0)
"""Seconds between two looks for a change whose answer got lost."""
DEFAULT_POLICY = "DATA_ACCESS_CONTROL"
_SECRET = re.compile(r"secret|password|token|access\.?key|account\.key|credential", re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """The document as it is and as it shall be. They differ in at most three keys."""

    before: Json = field(repr=False)
    after: Json = field(repr=False)
    changed: bool
    serverless_stays: bool = False
    """On the way back: serverless was off before, and it stays on, because it can only be switched on."""

    @property
    def security_policy(self) -> str:
        """The policy that will be in force."""
        return one_line(self.after.get("security_policy") or "", 64)

    @property
    def other_policy(self) -> str:
        """The policy that is set, when it is not the one that goes with an instance profile; else empty."""
        held = one_line(self.before.get("security_policy") or "", 64)
        return held if held != DEFAULT_POLICY else ""

    def with_policy(self, policy: str) -> Change:
        """The same change with another security policy."""
        return _planned(self.before, str(self.after["instance_profile_arn"]), policy)

    @property
    def replaces(self) -> str:
        """Another instance profile that is in force now and will be replaced; empty when there is none."""
        held = one_line(self.before.get("instance_profile_arn") or "", 2048)
        return held if held != self.after.get("instance_profile_arn") else ""

    @property
    def before_text(self) -> str:
        """The document as it is, readable, values of secrets masked."""
        return shown(self.before)

    @property
    def after_text(self) -> str:
        """The document as it will be, readable, values of secrets masked."""
        return shown(self.after)


def read(workspace: Workspace) -> Json:
    """The whole document as it came. Raises Problem; administrators only."""
    return workspace.get(CONFIG)


def plan(workspace: Workspace, profile_arn: str) -> Change:
    """Reads the document and says what must change; changes nothing. Raises Problem."""
    return _planned(read(workspace), profile_arn, "")


def _planned(before: Json, profile_arn: str, policy: str) -> Change:
    after = copy.deepcopy(before)
    after["instance_profile_arn"] = profile_arn
    # Both fields are mandatory in a PUT; what is there is kept, and serverless is never switched off.
    after["security_policy"] = policy or before.get("security_policy") or DEFAULT_POLICY
    after["enable_serverless_compute"] = True
    needed = ("instance_profile_arn", *(("security_policy",) if policy else ()))
    same = all(before.get(key) == after[key] for key in needed)
    return Change(before, after, changed=not (same and before.get("enable_serverless_compute") is not False))


def plan_back(workspace: Workspace, backup: Path | None, profile_arn: str, policy: str = "") -> Change:
    """What puts profile and policy back as they were in a backup; what others changed since stays. Changes nothing.

    `policy` is the one that was set together with the profile. Without a backup only the profile is taken out.
    Raises Problem, also when the document names a third profile: then it is somebody else's by now.
    """
    before, old = read(workspace), read_backup(backup) if backup else {}
    held = one_line(before.get("instance_profile_arn") or "", 2048)
    if held not in (profile_arn, one_line(old.get("instance_profile_arn") or "", 2048)):
        raise Problem(
            code="config.others",
            what="The SQL configuration was changed by somebody else since.",
            why=f"It names {held or 'no instance profile'} now.",
            remedy="Leave it to whoever changed it. Nothing was changed by this step.",
            who=Who.WORKSPACE_ADMIN,
            evidence=(f"Backup: {backup}",) if backup else (),
        )
    return back(before, old, profile_arn, policy)


def back(before: Json, old: Json, profile_arn: str, policy: str = "") -> Change:
    """The change of the document `before` to what the backup `old` says in our two keys; none when it is not ours."""
    after = copy.deepcopy(before)
    if before.get("instance_profile_arn") == profile_arn:
        after.pop("instance_profile_arn", None)
        # An empty text is refused; a key that is left out is cleared.
        keys = ["instance_profile_arn"]
        if not policy or before.get("security_policy") == policy:
            keys.append("security_policy")
        after |= {key: old[key] for key in keys if old.get(key)}
        after.setdefault("enable_serverless_compute", True)
    same = all(before.get(key) == after.get(key) for key in ("instance_profile_arn", "security_policy"))
    off = (
        old.get("enable_serverless_compute") is False and after.get("enable_serverless_compute") is not False
    )
    return Change(before, after, changed=not same, serverless_stays=off)


def newest_backup(folder: Path, host: str, profile_arn: str) -> Path | None:
    """The newest backup of this workspace that does not name the profile yet: the way back. None without one."""
    for path in sorted(folder.glob(f"{_stem(host)}-[0-9]*.json"), reverse=True):
        with suppress(Problem):
            if read_backup(path).get("instance_profile_arn") != profile_arn:
                return path
    return None


def put(workspace: Workspace, change: Change, folder: Path, now: datetime) -> Work[Path | None]:
    """Backs the document up in `folder`, replaces it, reads it back. Returns the backup's path.

    Yields events. Raises Problem when somebody changed the document since `plan`, and when what is read back
    is not what was sent. None is returned, and nothing sent, when nothing has to change.
    """
    if not change.changed:
        yield Line("The SQL configuration names the instance profile already.", source=_SOURCE)
        return None
    yield Phase(
        "Setting the workspace's SQL configuration",
        f"databricks api put {CONFIG} --json @sql-config-after.json",
    )
    now_held = read(workspace)
    if now_held != change.before:
        raise Problem(
            code="config.moved",
            what="The SQL configuration changed while you were looking at it.",
            why="Somebody else, or another tool, wrote it.",
            remedy="Try again: the change is worked out afresh from what is there now.",
            evidence=(f"Changed meanwhile: {', '.join(_moved(change.before, now_held))}",),
        )
    backup = _back_up(workspace, change.before, folder, now)
    yield Line(f"Backup of the configuration: {backup}", source=_SOURCE)
    yield from _replace(workspace, change.before, change.after, f"Backup: {backup}")
    return backup


def read_backup(backup: Path) -> Json:
    """The document of a backup, fit to be put back. Raises Problem.

    A backup may be older than serverless; what a PUT demands today is added.
    """
    try:
        document = json.loads(backup.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        document = None
        reason = one_line(error)
    else:
        reason = "It is not a JSON object."
    if not isinstance(document, dict):
        raise Problem(
            code="config.backup",
            what=f"The backup {backup} cannot be read.",
            why=reason,
            remedy="Choose another backup from the same folder.",
        )
    document = {k: v for k, v in document.items() if not (k == "instance_profile_arn" and not v)}
    document.setdefault("security_policy", DEFAULT_POLICY)
    document.setdefault("enable_serverless_compute", True)
    return document


def backup_text(document: Mapping[str, Any]) -> str:
    """The document as it is written to a backup: complete, so that it can be put back."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def shown(document: Mapping[str, Any]) -> str:
    """The document for people: sorted, cleaned, and without values whose names speak of secrets."""
    return clean(json.dumps(_masked(document), indent=2, sort_keys=True, ensure_ascii=False)) + "\n"


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Names of the keys of `wanted` that `found` does not hold with the same value; None may be empty there."""
    return sorted(
        key
        for key, value in wanted.items()
        if found.get(key) != value and (value is not None or found.get(key))
    )


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of the keys that differ either way."""
    return sorted({*differences(before, after), *differences(after, before)})


def finding(workspace: Workspace, profile_arn: str) -> Finding:
    """Whether the configuration names the profile now. Raises Problem when it cannot be asked."""
    title = "The SQL configuration names the instance profile"
    held = one_line(read(workspace).get("instance_profile_arn") or "", 2048)
    if held == profile_arn:
        return Finding("chain.config", title, Verdict.PROVEN, held)
    problem = Problem(
        code="config.profile",
        what="The workspace's SQL configuration does not name the instance profile.",
        why="Warehouses take their AWS role from this configuration and from nowhere else.",
        remedy="Set it in the step Connect the workspace.",
        who=Who.WORKSPACE_ADMIN,
        step="connect",
    )
    return Finding("chain.config", title, Verdict.GAP, held or "it names none", problem)


def _replace(workspace: Workspace, before: Json, after: Json, where: str) -> Work[None]:
    """Sends the document once and reads it back. `where` is the way back, said when something is wrong.

    An answer that got lost is looked up, never asked for by sending again: every PUT restarts what runs.
    """
    lost = None
    try:
        workspace.put(CONFIG, after)
    except Problem as problem:
        if problem.code in ("databricks.invalid_parameter_value", "databricks.bad_request"):
            raise _refused(problem) from problem
        if problem.code != UNANSWERED:
            raise
        lost = problem
        yield Line("The answer got lost; looking whether the change was made.", "warning", _SOURCE)
    # A key that is taken out must be gone, or empty: comparing what was sent alone would not notice.
    wanted = after | {key: None for key in before if key not in after}
    found = yield from _found(workspace, before, wanted, lost=lost is not None)
    if found is not None and not differences(wanted, found):
        yield Line("The configuration was read back and is as sent.", source=_SOURCE)
    elif lost is not None and (found is None or found == before):
        raise _unknown(lost, where) if found is None else _not_made(lost) from lost
    else:
        raise _not_kept(differences(wanted, found or {}), where)


def _found(workspace: Workspace, before: Json, wanted: Json, *, lost: bool) -> Work[Json | None]:
    """The document as it is: looked at once, and again after a pause while it may still become `wanted`.

    The first look after a change may be old news. None when an answer got lost and no look was answered either.
    """
    found = None
    for pause in (0.0, *_LOOKS):
        if pause:
            yield Wait(pause, "A request may still be under way." if lost else "The change may not show yet.")
        try:
            found = read(workspace)
        except Problem:
            if not lost:
                raise
        else:
            if not differences(wanted, found) or not (lost or found == before):
                break
    return found


def _refused(problem: Problem) -> Problem:
    """A 400: which field is meant, who can mend it and where."""
    lower = problem.why.lower()
    if "not supported on" in lower:
        cause, remedy, who, step = (
            "The workspace is of another cloud than AWS, where there are no instance profiles.",
            "Use the address of a workspace on AWS.",
            Who.YOU,
            "workspace",
        )
    elif "instance profile has invalid format" in lower:
        cause, remedy, who, step = (
            "The workspace does not take the ARN for one of an instance profile: arn:aws:iam::…:instance-profile/…",
            "Check the module's output instance_profile_arn, then apply again.",
            Who.YOU,
            "apply",
        )
    elif "is required" in lower:
        cause, remedy, who, step = (
            "The workspace demands a field that is not in its own answer.",
            "Nothing was changed. Ask a workspace administrator to set it in Settings, Compute, SQL warehouses.",
            Who.WORKSPACE_ADMIN,
            "",
        )
    else:
        cause, remedy, who, step = (
            problem.why,
            "Nothing was changed. Ask a workspace administrator to look at what was said.",
            Who.WORKSPACE_ADMIN,
            "",
        )
    return Problem(
        code="config.refused",
        what="The workspace did not accept the SQL configuration.",
        why=cause,
        remedy=remedy,
        who=who,
        evidence=problem.evidence,
        step=step,
    )


def _not_made(lost: Problem) -> Problem:
    return Problem(
        code="config.not_made",
        what="The SQL configuration is as it was: the change did not reach the workspace.",
        why=lost.why,
        remedy="Try again.",
        evidence=lost.evidence,
    )


def _unknown(lost: Problem, where: str) -> Problem:
    return Problem(
        code="config.unknown",
        what="It is not known whether the SQL configuration was changed.",
        why="The answer to the change got lost, and the workspace has not answered since.",
        remedy="Try again when it answers: what is there then is read first.",
        evidence=(*lost.evidence, where),
    )


def _not_kept(different: list[str], where: str) -> Problem:
    return Problem(
        code="config.not_kept",
        what="The SQL configuration is not what was sent.",
        why="The workspace kept only part of it, or somebody else writes the same document.",
        remedy="Compare it with the backup. If another Terraform sets it, let only one of them do so.",
        who=Who.WORKSPACE_ADMIN,
        evidence=(f"Different: {', '.join(different)}", where),
    )


def _back_up(workspace: Workspace, document: Json, folder: Path, now: datetime) -> Path:
    stem = f"{_stem(workspace.host)}-{now:%Y%m%d-%H%M%S}"
    path = folder / f"{stem}.json"
    number = 1
    while path.exists():
        number += 1
        path = path.with_name(f"{stem}-{number}.json")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        atomic.write(path, backup_text(document).encode(), 0o600)
    except OSError as error:
        raise Problem(
            code="config.no_backup",
            what="The backup of the SQL configuration could not be written, so nothing was changed.",
            why=one_line(error),
            remedy=f"Make {folder} writable, then try again.",
        ) from error
    return path


def _stem(host: str) -> str:
    """How the names of a workspace's backups begin."""
    return f"sql-config-{re.sub(r'[^A-Za-z0-9.-]', '-', host)}"


def _masked(value: Any, name: str = "") -> Any:
    """`value` with plain secrets masked; references like {{secrets/scope/key}} stay."""
    if isinstance(value, Mapping):
        named = str(value.get("key", "")) if set(value) == {"key", "value"} else ""
        return {k: _masked(v, named if k == "value" and named else str(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [_masked(entry) for entry in value]
    plain = isinstance(value, str) and not value.startswith("{{secrets/")
    return "••••••" if plain and value and name != "key" and _SECRET.search(name) else value
