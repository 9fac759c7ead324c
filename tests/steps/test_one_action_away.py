"""One action is taken away from one resource, and the wizard's verdict is what real Terraform then meets.

To be quick, several are taken away at once, each from a resource that neither rests on another of them nor carries it:
Terraform then meets each of them in the same run. What Terraform cannot show at all is in test_standing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.steps.away import (
    READING,
    SILENT,
    SOAK,
    UNDENIABLE,
    WRITING,
    Site,
    Taken,
    dependencies,
    open_site,
    rounds,
)
from wizard.demo.recording.record import module_folder
from wizard.demo.recording.tape import tape
from wizard.services.aws.requirements import Need

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(900)]

SAMPLED = 2
"""Otherwise reading and creating are tried this many times, which is about half of their actions."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path, module_folder()) as one:
        yield one


def test_every_creation_every_read_and_the_change_of_the_trust_policy(site: Site) -> None:
    """In one world, because each apply takes seconds."""
    every_creation(site)
    every_read(site)
    the_trust_policy_may_not_change(site)


def every_read(site: Site) -> None:
    needs = [n for n in site.needs() if n.phase == "read" and n.action not in UNDENIABLE | SILENT]
    planned = rounds(needs, site.dependencies())
    seen = {n.action for taken in planned for n in taken.values()}
    assert seen == {n.action for n in needs}
    assert len(seen) >= 24
    for number, taken in enumerate(planned if SOAK else planned[:SAMPLED]):
        layer = READING[number % len(READING)]
        site.take(taken, layer)
        gaps, met = site.gaps(site.needs()), site.met(taken, "plan", "-lock=false")
        site.give_back()
        assert gaps == {(n.action, n.resource_arn) for n in taken.values()}, layer
        assert met == {action for action, _ in gaps}, layer


def the_trust_policy_may_not_change(site: Site) -> None:
    values = {"databricks_serverless_workspace_ids": ["databricks-serverless-1234567890123456"]}
    (site.folder / "test.auto.tfvars.json").write_text(json.dumps(values))
    taken = {n.address: n for n in site.needs() if n.phase == "update"}
    assert [n.action for n in taken.values()] == ["iam:UpdateAssumeRolePolicy"]
    site.take(taken, "service_control_policy")
    assert site.gaps(site.needs()) == {(n.action, n.resource_arn) for n in taken.values()}
    assert site.met(taken, "apply", "-auto-approve") == {"iam:UpdateAssumeRolePolicy"}


def every_creation(site: Site) -> None:
    """Each resource is refused one of its actions after the other, until it is made."""
    left = {n.action for n in site.needs() if n.phase == "create"}
    assert len(left) >= 15
    every = set(left)
    rests_on = dependencies(tape().upgrade.state)
    number = 0
    while left and (SOAK or number < SAMPLED):
        taken = next_to_refuse(site.needs(), rests_on, left)
        assert taken, f"never refused: {left}"
        layer = WRITING[number % len(WRITING)]
        number += 1
        site.take(taken, layer)
        gaps, met = site.gaps(site.needs()), site.met(taken, "apply", "-auto-approve")
        site.give_back()
        assert gaps == {(n.action, n.resource_arn) for n in taken.values()}, layer
        assert met == {action for action, _ in gaps}, layer
        left -= met
    assert len(every - left) >= 8
    site.real.run(site.folder, "apply", "-auto-approve", "-input=false")
    assert site.gaps(site.needs()) == set(), "nothing is invented"


def next_to_refuse(needs: Sequence[Need], rests_on: dict[str, set[str]], left: set[str]) -> Taken:
    """One action that is left of every resource whose turn it is; what rests on a refused one has to wait."""
    coming = {n.address for n in needs if n.phase == "create"}
    taken: Taken = {}
    waiting: set[str] = set()
    used: set[str] = set()
    for address in sorted(coming, key=lambda one: len(rests_on[one])):
        if rests_on[address] & waiting:
            waiting.add(address)
            continue
        mine = [n for n in needs if n.address == address and n.phase == "create" and n.action in left - used]
        if mine:
            taken[address] = mine[0]
            used.add(mine[0].action)
            waiting.add(address)
    return taken


@pytest.mark.skipif(not SOAK, reason="a dozen runs of Terraform; set HTD_SOAK=1")
def test_every_deletion(site: Site) -> None:
    site.real.run(site.folder, "apply", "-auto-approve", "-input=false")
    left = {n.action for n in site.needs(deleting=True) if n.phase == "delete"}
    number = 0
    while left:
        # What was emptied before its deletion was refused need not be emptied again.
        needs = sorted(site.needs(deleting=True), key=lambda n: n.action.partition(":Delete")[1])
        rests_on = site.dependencies()
        taken: Taken = {}
        kept: set[str] = set()
        used: set[str] = set()
        # What others rest on is destroyed last.
        for address in sorted(rests_on, key=lambda one: -len(rests_on[one])):
            if address in kept:
                continue
            mine = [
                n for n in needs if n.address == address and n.phase == "delete" and n.action in left - used
            ]
            if mine:
                taken[address] = mine[0]
                used.add(mine[0].action)
                kept |= rests_on[address]
        assert taken, f"never refused: {left}"
        layer = WRITING[number % len(WRITING)]
        number += 1
        site.take(taken, layer)
        wanted = [n for n in needs if n.phase in ("read", "delete")]
        gaps, met = site.gaps(wanted), site.met(taken, "destroy", "-auto-approve")
        site.give_back()
        assert gaps == {(n.action, n.resource_arn) for n in taken.values()}, layer
        assert met == {action for action, _ in gaps}, layer
        left -= met
