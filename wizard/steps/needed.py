"""What the module in a folder needs to be allowed in AWS, from its text and its state: one answer for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.core.event import Phase, Progress
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.text import plural

if TYPE_CHECKING:
    from wizard.services.aws import permissions, requirements
    from wizard.services.aws.permissions import Proven
    from wizard.services.aws.requirements import Need, ResourceRef
    from wizard.services.aws.session import AwsSession
    from wizard.services.terraform import module, provider, state
else:
    provider = lazy("wizard.services.terraform.provider")
    permissions = lazy("wizard.services.aws.permissions")
    requirements = lazy("wizard.services.aws.requirements")
    module = lazy("wizard.services.terraform.module")
    state = lazy("wizard.services.terraform.state")


def resources(folder: Path, environ: Mapping[str, str], account: str = "") -> list[ResourceRef]:
    """Everything in AWS that the module in `folder` is about. `account` is used where names hold it.

    A child module that the state does not hold yet, and a file in JSON, stand for themselves: what is in them is not
    known. Raises Problem when the state cannot be read.
    """
    found = [
        requirements.ResourceRef(
            each.address,
            each.type,
            name=each.name,
            region=each.region,
            exists=each.exists,
            arn=each.arn,
            parent=each.parent,
            options=each.options,
        )
        for each in state.resources(folder, environ, account)
        # Other providers' resources need nothing of AWS.
        if each.type.startswith("aws_")
    ]
    return found + [
        requirements.ResourceRef(address, kind)
        for address, kind in module.unread(folder)
        if not any(ref.address.startswith((f"{address}.", f"{address}[")) for ref in found)
    ]


def needs(
    folder: Path, environ: Mapping[str, str], account: str, region: str, partition: str = "aws"
) -> list[Need]:
    """Every action Terraform will want in the next plan and apply of the module in `folder`. Raises Problem."""
    found = resources(folder, environ, account)
    return requirements.needs(found, account=account, region=region, partition=partition)


def other_provider(folder: Path, environ: Mapping[str, str]) -> str:
    """What is to be said when the module has another AWS provider than the table of needs; empty when it has not.

    Minor versions of the provider ask for the same; a major one may ask for more.
    """
    recorded = requirements.provider()
    others = [
        version
        for version in provider.versions(folder, environ)
        if version.partition(".")[0] != recorded.partition(".")[0]
    ]
    if not others:
        return ""
    named = " or ".join(f"version {version}" if version else "an unknown version" for version in others)
    return f"recorded with {recorded} of the AWS provider; {named} may ask for more"


def listing(folder: Path, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """`{"address", "type", "phase", "actions"}` of every resource, for scripts; nobody is asked. Raises Problem.

    A type that the table does not know has one entry with `"known": false`: it is not known to need nothing.
    """
    rows: list[dict[str, Any]] = []
    for ref in requirements.related(resources(folder, environ)):
        phases = requirements.phases(ref)
        start: dict[str, Any] = {"address": ref.address, "type": ref.type}
        if phases is None:
            rows.append({**start, "phase": "read", "actions": [], "known": False})
            continue
        rows += [
            {**start, "phase": phase, "actions": actions}
            for phase, actions in phases.items()
            if actions or phase == "read"
        ]
    return rows


def check(
    folder: Path,
    environ: Mapping[str, str],
    session: AwsSession,
    account: str,
    partition: str = "aws",
    proven: Proven | None = None,
) -> Iterator[Phase | Progress | Finding]:
    """Look at all of it with the credentials of `session` in `account`, changing nothing. Raises Problem.

    What `proven` holds from an earlier look is not tried again.
    """
    yield Phase("Working out what the module needs")
    wanted = needs(folder, environ, account, session.region, partition)
    held = state.read(folder, environ)
    subjects = len({need.address for need in wanted})
    if wanted and (other := other_provider(folder, environ)):
        title = "What your version of the AWS provider needs"
        yield Finding("aws.provider_version", title, Verdict.UNKNOWN, other, group="Not known")
    again = f"; {len(proven.findings)} are proven already" if proven and proven.findings else ""
    yield Phase(f"Trying {plural(len(wanted), 'permission')} on {plural(subjects, 'resource')}{again}")
    yield from permissions.check(session, wanted, held.account if held else "", proven)
