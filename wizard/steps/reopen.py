"""Signing in again the way the wizard did, without asking anything: for `check`, `report` and `undo`."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.core.facts import AwsIdentity, Facts, WorkspaceProven
from wizard.core.lazy import lazy
from wizard.core.problem import Problem
from wizard.services import Services

if TYPE_CHECKING:
    import threading

    from wizard.services.aws import console_login
    from wizard.services.aws.profiles import Source
    from wizard.services.aws.session import AwsSession
    from wizard.services.databricks.client import Workspace
else:
    console_login = lazy("wizard.services.aws.console_login")

_WIZARD = "htd-wizard run"


def aws(facts: Facts, services: Services, profile: str = "") -> AwsSession | Problem:
    """A session from the named profile, else from the source used last time, else from what is in effect."""
    from wizard.services.aws import profiles, sign_in

    known = facts.get(AwsIdentity)
    sources = profiles.list_sources(services.aws_places, services.environ, services.now(), known)
    if profile:
        chosen = next((s for s in sources if s.name == profile), None)
    else:
        before = [s for s in sources if known and s.words == known.source]
        before += [s for s in sources if known and profiles.same_role(s, known)]
        chosen = next(iter(before), None)
        chosen = chosen or next((s for s in sources if s.in_effect), None)
    if chosen is None:
        return _no_aws(profile, known.source if known else "")
    if not chosen.usable:
        return _unusable(chosen)
    try:
        session = sign_in.open_source(chosen, services.aws_places, services.environ)
    except Problem as problem:
        return problem
    services.redact.learn(*session.secrets())
    return session


def workspace(facts: Facts, services: Services, profile: str = "") -> Workspace | Problem:
    """A client for the workspace of last time, with the profile named, else that of last time, else any that fits."""
    from wizard.services.databricks import client, sign_in

    known = facts.get(WorkspaceProven)
    if known is None:
        return _no_workspace()
    sources = sign_in.sources(known.host, services.environ, services.paths.home)
    if profile:
        sources = [s for s in sources if s.profile == profile]
    source = next((s for s in sources if s.name == known.source), sources[0] if sources else None)
    if source is None:
        return _no_token(known.host, profile)
    try:
        bearer = sign_in.bearer_of(source, services.redact.learn, url=services.workspace_url(known.host))
    except Problem as problem:
        return problem
    return client.Workspace(services.workspace_url(known.host), bearer, host=known.host, route=route(known))


def route(known: WorkspaceProven) -> str:
    """The workspace id that a call must name, on a host that many workspaces share; else empty."""
    from wizard.services.databricks import hosts

    return known.workspace_id if hosts.classify(known.host) is hosts.Kind.UNIFIED else ""


def identified(
    facts: Facts, services: Services, profile: str, cancel: threading.Event
) -> tuple[Workspace | Problem, Facts]:
    """The workspace, and the facts with its id: where none is known, the workspace is asked. Raises Cancelled."""
    from wizard.core.work import wait_for
    from wizard.services.databricks import address, identity

    opened, known = workspace(facts, services, profile), facts.get(WorkspaceProven)
    if isinstance(opened, Problem) or known is None or known.workspace_id:
        return opened, facts
    try:
        found = wait_for(identity.prove(opened, address.read(known.host)), cancel=cancel)
    except Problem as problem:
        return problem, facts
    return opened, facts.put(replace(known, workspace_id=found.workspace_id))


def _no_aws(profile: str, before: str) -> Problem:
    if profile:
        what = f"There is no AWS profile {profile}."
    else:
        what = f"{before or 'A way to sign in to AWS'} is not on this computer."
    return Problem(
        code="aws.none",
        what=what,
        why="Pasted keys end with the program, and no profile or key in the environment took their place.",
        remedy="Name a profile with --aws-profile, or set AWS_PROFILE.",
        step="credentials",
    )


def _unusable(chosen: Source) -> Problem:
    command, remedy = "", "Choose another profile with --aws-profile."
    if chosen.needs_login:
        command, remedy = _login(chosen), "Sign in again with the command below."
    if command == _WIZARD:
        remedy += " The way of last time is in its list; kept as a profile it would be one command."
    return Problem(
        code="aws.sso.expired" if chosen.needs_login else "aws.profile.incomplete",
        what=f"You cannot sign in to AWS with {chosen.words} now.",
        why=chosen.why_not,
        remedy=remedy,
        copy=command,
        step="credentials",
    )


def _login(chosen: Source) -> str:
    if chosen.login_profile:
        return shlex.join(console_login.command(chosen.login_profile, here=True))
    return shlex.join(["aws", "sso", "login", "--profile", chosen.name]) if chosen.name else _WIZARD


def _no_workspace() -> Problem:
    return Problem(
        code="databricks.none",
        what="It is not known which workspace to look at.",
        why="The wizard remembers the workspace of its last run, and there is none.",
        remedy="Run the wizard up to Find the workspace, or give the address: htd-wizard check --workspace URL.",
        step="workspace",
    )


def _no_token(host: str, profile: str) -> Problem:
    return Problem(
        code="databricks.signed_out",
        what=f"No {f'profile {profile}' if profile else 'profile or token'} for {host} is on this computer.",
        why="A pasted token ends with the program.",
        remedy="Sign in with the command below, or set DATABRICKS_TOKEN.",
        copy=f"databricks auth login --host https://{host} --profile htd",
        step="workspace",
    )
