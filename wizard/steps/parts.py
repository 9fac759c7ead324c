"""What several steps share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.facts import AwsIdentity, Facts, Machine
from wizard.core.problem import Problem
from wizard.services import Services

if TYPE_CHECKING:
    from wizard.services.aws.session import AwsSession
    from wizard.services.databricks.client import Workspace
    from wizard.services.terraform.commands import Terraform


def signed_in(services: Services) -> AwsSession:
    """The AWS session of the credentials step. Raises Problem when it is gone, as after a restart."""
    if services.aws is None:
        raise Problem(
            code="aws.signed_out",
            what="You are not signed in to AWS.",
            why="Credentials are kept in memory only, so they end with the program.",
            remedy="Sign in again; nothing else is lost.",
            step="credentials",
        )
    return services.aws


def sign_in_unasked(services: Services, profile: str = "") -> AwsSession:
    """A session for a command that asks nothing: of the named profile, or of what AWS's own tools would take.

    Raises Problem when there is none, or when it needs a person in front of a browser.
    """
    from wizard.services.aws import profiles, sign_in

    sources = profiles.list_sources(services.aws_places, services.environ, services.now())
    if profile:
        found = next((source for source in sources if source.name == profile), None)
    else:
        found = next((source for source in sources if source.in_effect), None)
    if found is None or found.needs_login or not found.usable:
        raise Problem(
            code="aws.no_credentials",
            what=f"There is no profile {profile} on this computer."
            if profile and found is None
            else "There are no AWS credentials that work without asking you.",
            why=found.why_not
            if found
            else "This command asks nothing, so it needs credentials that are there already.",
            remedy="Sign in first with `htd-wizard run` or `aws sso login`, name a profile with --profile, "
            "or set AWS_PROFILE.",
        )
    services.aws = sign_in.open_source(found, services.aws_places, services.environ)
    services.redact.learn(*services.aws.secrets())
    return services.aws


def connected(services: Services) -> Workspace:
    """The client of the workspace step. Raises Problem when it is gone."""
    if services.workspace is None:
        raise Problem(
            code="databricks.signed_out",
            what="You are not signed in to the workspace.",
            why="Tokens are kept in memory only, so they end with the program.",
            remedy="Give the workspace address again; nothing else is lost.",
            step="workspace",
        )
    return services.workspace


def terraform(facts: Facts, services: Services) -> Terraform:
    """Terraform in the module's folder, with the credentials of this session in its environment only.

    Raises Problem when they would end before it does.
    """
    from wizard.services.aws.denials import explain
    from wizard.services.terraform import provider
    from wizard.services.terraform.commands import Terraform
    from wizard.steps import acting, standing

    machine = facts.need(Machine)
    engine = services.engine or services.find_engine()
    source = provider.environment(services.environ, services.paths, engine.kind)
    session = signed_in(services)
    session.last(source.environ, services.now())
    return Terraform(
        engine=engine,
        folder=Path(machine.module),
        environ=session.child_environ(source.environ),
        runs=services.paths.state / "runs",
        explain=explain,
        standing=lambda lost, made: standing.refusal(facts, services, lost, made),
        acting=lambda callers: acting.refusal(facts.get(AwsIdentity), callers),
        now=services.now,
        stopping=services.stopping,
        ahead=services.ahead,
        account=who.account if (who := facts.get(AwsIdentity)) else "",
    )
