"""What the module in a folder needs to be allowed in AWS, from its text and its state: one answer for everybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    from wizard.services.hcl import foresight
    from wizard.services.hcl.foresight import Outlook
    from wizard.services.terraform import provider, state, stream
else:
    provider = lazy("wizard.services.terraform.provider")
    permissions = lazy("wizard.services.aws.permissions")
    requirements = lazy("wizard.services.aws.requirements")
    foresight = lazy("wizard.services.hcl.foresight")
    state = lazy("wizard.services.terraform.state")
    stream = lazy("wizard.services.terraform.stream")


def resources(
    folder: Path, environ: Mapping[str, str], account: str = "", partition: str = "aws", region: str = ""
) -> list[ResourceRef]:
    """Everything in AWS that the module in `folder` is about: what the state holds, then what is declared beside it.

    What is not there yet has a name where the text tells it; `account`, `partition` and `region` (of a provider that
    names none) are used where names hold them. A module or file that cannot be looked into stands for what is in it:
    that is not known. Raises Problem when the state cannot be read.
    """
    held = state.read(folder, environ)
    there = list(held.resources) if held else []
    place = foresight.Place(account or (held.account if held else ""), partition, region)
    outlook = foresight.foresee(folder, place, environ)
    addresses = _Addresses(each.address for each in there)
    leaving = _leaving(outlook, there) if outlook.complete else set()
    coming = [
        state.declared(
            each.address, each.type, each.values, region=each.region, arn=each.arn, given=each.given
        )
        for each in outlook.resources
        if not addresses.hold(each.address, each.certain)
    ]
    found = [
        requirements.ResourceRef(
            each.address,
            each.type,
            name=each.name,
            region=each.region,
            exists=each.exists,
            arn=each.arn,
            parent=each.parent,
            options=each.options | ({"leaving"} if each.address in leaving else set()),
        )
        for each in there + coming
        # Other providers' resources need nothing of AWS.
        if each.type.startswith("aws_")
    ]
    return found + [
        requirements.ResourceRef(address, kind)
        for address, kind in outlook.unread
        if kind == "file"
        or not any(ref.address.startswith((f"{address}.", f"{address}[")) for ref in found if ref.exists)
    ]


def _leaving(outlook: Outlook, held: Sequence[state.Resource]) -> set[str]:
    """Addresses of what the state holds and nothing declares any more: the next apply destroys it."""
    certain = _Addresses(each.address for each in outlook.resources if each.certain)
    open_ones = _Addresses(each.address for each in outlook.resources if not each.certain)
    return {
        each.address
        for each in held
        if not certain.hold(each.address, True) and not open_ones.hold(each.address, False)
    }


class _Addresses:
    """Addresses of one side, the state or the module's text, and whether something of the other is among them."""

    def __init__(self, held: Iterable[str]) -> None:
        self._exact = set(held)
        self._without = {stream.without_index(each) for each in self._exact}

    def hold(self, address: str, certain: bool) -> bool:
        """`certain`: how many of it there are is known. Terraform itself takes `x` for `x[0]` and back."""
        if not certain:
            return stream.without_index(address) in self._without
        return not self._exact.isdisjoint((address, f"{address}[0]", address.removesuffix("[0]")))


def needs(
    folder: Path, environ: Mapping[str, str], account: str, region: str, partition: str = "aws"
) -> list[Need]:
    """Every action Terraform will want in the next plan and apply of the module in `folder`. Raises Problem."""
    found = resources(folder, environ, account, partition, region)
    return requirements.needs(found, account=account, region=region, partition=partition)


def other_provider(folder: Path, environ: Mapping[str, str]) -> str:
    """What is to be said when the module has another AWS provider than the table of needs; empty when it has not.

    Minor versions of the provider ask for the same; a major one may ask for more.
    """
    recorded = requirements.provider()
    major = recorded.partition(".")[0]
    held = provider.versions(folder, environ)
    asked = foresight.required(folder)
    if not held and not provider.allows(asked, int(major)):
        return f"recorded with {recorded} of the AWS provider; the module asks for {asked}, which may ask for more"
    others = [version for version in held if version.partition(".")[0] != major]
    if not others:
        return ""
    named = " or ".join(f"version {version}" if version else "an unknown version" for version in others)
    return f"recorded with {recorded} of the AWS provider; {named} may ask for more"


def listing(folder: Path, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """`{"address", "type", "phase", "actions"}` of every resource, for scripts; nobody is asked. Raises Problem.

    A type that the table does not know has one entry with `"known": false` and `"why"`: it is not known to need
    nothing.
    """
    rows: list[dict[str, Any]] = []
    for ref in requirements.related(resources(folder, environ)):
        phases = requirements.phases(ref)
        start: dict[str, Any] = {"address": ref.address, "type": ref.type}
        if phases is None:
            why = permissions.why_unknown(ref.type)
            rows.append({**start, "phase": "read", "actions": [], "known": False, "why": why})
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
