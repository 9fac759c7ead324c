"""One action away for every recorded resource type: what the wizard calls missing is what real Terraform meets.

The module is the one the table of needs is recorded from, so that no type is only known from our own module.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.steps.away import READING, SILENT, SOAK, UNDENIABLE, Site, Taken, is_apart, open_site
from wizard.demo.recording.record_needs import MODULE
from wizard.services.aws import requirements
from wizard.services.aws.requirements import Need

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not SOAK, reason="some fifty runs of Terraform; set HTD_SOAK=1"),
]

SERVICES = ("iam", "s3", "glue", "lakeformation", "kms")
SLOW = "aws_s3_bucket_lifecycle_configuration"
"""The provider waits a minute for it; the module leaves it out."""


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Every type, applied once; reading it changes nothing."""
    with open_site(tmp_path_factory.mktemp("every"), MODULE) as one:
        one.real.run(one.folder, "apply", "-auto-approve", "-input=false")
        yield one


def reads(site: Site) -> list[Need]:
    return [n for n in site.needs() if n.phase == "read"]


def asked(site: Site) -> set[str]:
    """Every action of a plan that nothing stops, with the resource and, as some needs have it, with `*`."""
    before = len(site.aws.calls)
    site.real.run(site.folder, "plan", "-lock=false", "-input=false")
    return {
        f"{action} {resource}"
        for call in site.aws.calls[before:]
        for action in call.actions
        for resource in (call.resource, "*")
    }


def pairs(needs: Sequence[Need], rests_on: dict[str, set[str]], heard: set[str]) -> list[Taken]:
    """Every action of every type once, on a resource apart from those of the others in the same round.

    Where one resource is always read before another with the same right, only the first can show it.
    """
    found: list[Taken] = []
    known = [n for n in needs if n.address in rests_on and f"{n.action} {n.resource_arn}" in heard]
    for kind, action in dict.fromkeys((n.ref.type, n.action) for n in known):
        same = [n for n in known if n.action == action]
        first = [
            n
            for n in same
            if n.ref.type == kind
            and not any(
                other.resource_arn == n.resource_arn and other.address in rests_on[n.address]
                for other in same
            )
        ]
        if not first:
            continue
        places = ((taken, n) for taken in found for n in first if is_apart(n, same, taken, needs, rests_on))
        taken, need = next(places, ({}, first[0]))
        if not taken:
            found.append(taken)
        taken[need.address] = need
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_read_of_every_type(applied: Site, service: str) -> None:
    needs = reads(applied)
    assert applied.gaps(needs) == set(), "nothing is invented"
    heard = asked(applied)
    ours = [
        n
        for n in needs
        if n.action not in UNDENIABLE | SILENT and n.ref.type.removeprefix("aws_").startswith(service)
    ]
    planned = pairs(ours, applied.dependencies(), heard)
    seen = {n.action for taken in planned for n in taken.values()}
    assert seen
    assert seen == {n.action for n in ours if f"{n.action} {n.resource_arn}" in heard}
    for number, taken in enumerate(planned):
        layer = READING[number % len(READING)]
        applied.take(taken, layer)
        try:
            gaps, met = applied.gaps(needs), applied.met(taken, "plan", "-lock=false")
        finally:
            applied.give_back()
        assert gaps == {(n.action, n.resource_arn) for n in taken.values()}, layer
        assert met == {action for action, _ in gaps}, layer


def test_every_recorded_type_is_in_the_module(applied: Site) -> None:
    kinds = {kind for kind in requirements.table() if not kind.startswith("data.")}
    assert {n.ref.type for n in reads(applied) if n.ref.exists} == kinds - {SLOW}
