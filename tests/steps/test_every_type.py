"""One action away for every recorded type and every phase: what the wizard calls missing is what real Terraform meets.

The module is the one the table of needs is recorded from, so that no type is only known from our own module. Tests
follow the life of one site: everything is made, read, changed, destroyed, and made again with one right after the
other away. Only one embedded AWS can run at a time, so they share it and must run in this order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
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
    choose,
    declared_dependencies,
    five_versions,
    forget_half_made_roles,
    is_apart,
    open_site,
    pair,
    refused,
)
from wizard.demo.recording.record_needs import MODULE, leave_something
from wizard.services.aws import requirements
from wizard.services.aws.requirements import Need
from wizard.services.hcl import foresight
from wizard.steps import needed

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not SOAK, reason="a hundred runs of Terraform; set HTD_SOAK=1"),
]

SERVICES = ("iam", "s3", "glue", "lakeformation", "kms")
SLOW = "aws_s3_bucket_lifecycle_configuration"
"""The provider waits a minute for it: it has a test of its own."""
ONLY_BACK = {
    ("aws_iam_role", "iam:DeleteRolePermissionsBoundary"),
    ("aws_kms_key", "kms:DisableKeyRotation"),
    ("aws_kms_key", "kms:EnableKey"),
}
"""What only the way back from the module's change takes."""
ELSEWHERE = {
    "iam:DeletePolicyVersion",  # has a test of its own
    "iam:AddClientIDToOpenIDConnectProvider",  # the embedded AWS does not know these two
    "iam:RemoveClientIDFromOpenIDConnectProvider",
}
CALLS_NOTHING = {
    f"data.aws_{kind}"
    for kind in ("arn", "default_tags", "iam_policy_document", "partition", "region", "service_principal")
}
"""Data sources that are worked out by the provider itself: there is nothing to take away."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Every type, applied once."""
    with open_site(tmp_path_factory.mktemp("every"), MODULE) as one:
        one.real.run(one.folder, "apply", "-auto-approve", "-input=false")
        yield one


# ---- reading ----


def reads(site: Site) -> list[Need]:
    return [n for n in site.needs() if n.phase == "read"]


def asked(site: Site, *arguments: str) -> set[str]:
    """Every action of a plan that nothing stops, with the resource and, as some needs have it, with `*`."""
    before = len(site.aws.calls)
    site.real.run(site.folder, "plan", "-lock=false", "-input=false", *arguments)
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
def test_every_read_of_every_type(site: Site, service: str) -> None:
    needs = reads(site)
    assert site.gaps(needs) == set(), "nothing is invented"
    heard = asked(site)
    ours = [
        n for n in needs if n.action not in UNDENIABLE | SILENT and n.address.startswith(f"aws_{service}")
    ]
    planned = pairs(ours, site.dependencies(), heard)
    seen = {n.action for taken in planned for n in taken.values()}
    assert seen
    assert seen == {n.action for n in ours if f"{n.action} {n.resource_arn}" in heard}
    for number, taken in enumerate(planned):
        refused(site, needs, taken, READING[number % len(READING)], "plan", "-lock=false")


def test_every_recorded_type_is_in_the_module(site: Site) -> None:
    kinds = {kind for kind in requirements.table() if not kind.startswith("data.")}
    assert {n.ref.type for n in reads(site) if n.ref.exists} == kinds - {SLOW}


DATA = """
data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}
data "aws_iam_policy_document" "here" {}
data "aws_iam_role" "here" { name = "needs-plain" }
data "aws_iam_instance_profile" "here" { name = "needs-tags" }
data "aws_iam_user" "here" { user_name = "needs-plain" }
data "aws_iam_policy" "here" { arn = "arn:aws:iam::ACCOUNT:policy/needs-tags" }
data "aws_iam_policy" "by_name" { name = "needs-policy" }
data "aws_s3_bucket" "here" { bucket = "needs-plain" }
data "aws_kms_key" "here" { key_id = "KEY" }
data "aws_kms_alias" "here" { name = "alias/needs" }
data "aws_iam_group" "here" { group_name = "needs-plain" }
data "aws_s3_object" "here" {
  bucket = "needs-plain"
  key    = "tags"
}
data "aws_canonical_user_id" "here" {}
data "aws_arn" "here" { arn = "arn:aws:iam::ACCOUNT:role/needs-plain" }
data "aws_default_tags" "here" {}
data "aws_service_principal" "here" { service_name = "ec2" }
data "aws_lakeformation_data_lake_settings" "here" {}
provider "aws" { region = "us-east-1" }
"""


def test_every_data_source_by_itself(site: Site, tmp_path: Path) -> None:
    """In a module of their own: beside what they look up, that would be refused first."""
    state = json.loads((site.folder / "terraform.tfstate").read_text())
    key = next(
        entry["instances"][0]["attributes"]["arn"]
        for entry in state["resources"]
        if (entry["type"], entry["name"], entry["mode"]) == ("aws_kms_key", "plain", "managed")
    )
    (tmp_path / "main.tf").write_text(DATA.replace("ACCOUNT", site.aws.account_id).replace("KEY", key))
    alone = replace(site, folder=tmp_path)
    site.real.run(tmp_path, "init", "-input=false")
    needs = alone.needs()
    recorded = {kind for kind in requirements.table() if kind.startswith("data.")}
    silent = {kind for kind in recorded if not requirements.table()[kind]["read"]}
    assert silent == CALLS_NOTHING
    assert {f"data.{n.ref.type}" for n in needs} == recorded - silent
    assert alone.gaps(needs) == set(), "nothing is invented"
    # GetCallerIdentity answers whoever is refused everything: nobody can take it away.
    left = [n for n in needs if n.action not in UNDENIABLE | SILENT]
    tried: set[str] = set()
    for number in count():
        taken: Taken = {}
        for need in left:
            shared = {(n.action, n.resource_arn) for n in taken.values()}
            if need.address not in taken and (need.action, need.resource_arn) not in shared:
                taken[need.address] = need
        if not taken:
            break
        # Where two data sources ask the same, both are refused it: one at a time.
        # What is not in a state may be missing or forbidden: then a prediction decides, which sees fewer layers.
        met = refused(alone, needs, taken, WRITING[number % len(WRITING)], "plan", "-lock=false")
        assert {address for address, _ in met} >= set(taken)
        tried |= {n.action for n in taken.values()}
        left = [n for n in left if n not in taken.values()]
    assert tried == {n.action for n in needs} - UNDENIABLE - SILENT
    the_bucket_is_said_to_be_missing(alone, needs)


def the_bucket_is_said_to_be_missing(site: Site, needs: Sequence[Need]) -> None:
    """Who may not look is told by Terraform that there is nothing; the wizard names the right."""
    taken = {n.address: n for n in needs if n.action in SILENT}
    site.take(taken, "identity")
    said = site.real.run(site.folder, "plan", "-lock=false", "-json", "-input=false", accept=(1,))
    gaps = site.gaps(needs)
    site.give_back()
    assert "reading S3 Bucket (needs-plain): empty result" in said
    assert gaps == {("s3:ListBucket", "arn:aws:s3:::needs-plain")}


# ---- changing ----


def changes(site: Site, direction: str) -> list[Need]:
    """Reads, and what the attribute takes that a resource's name says; a role that is handed on is the coming one."""
    place = foresight.Place(site.aws.account_id)
    coming = {
        each.address: each.values
        for each in foresight.foresee(
            site.folder, place, {**site.environ, "TF_VAR_changed": direction}
        ).resources
    }
    found = []
    for ref in requirements.related(needed.resources(site.folder, site.environ, site.aws.account_id)):
        name = re.sub(r"\[.*", "", ref.address).rpartition(".")[2]
        role = coming.get(ref.address, {}).get("role")
        if ref.type == "aws_iam_instance_profile" and role:
            ref = replace(ref, parent=str(role), parent_arn="")
        wanted = {ref.type: (name,)} if name != "plain" else {}
        found += requirements.needs([ref], account=site.aws.account_id, changes=wanted)
    return found


def is_one_way(need: Need, direction: str) -> bool:
    """This direction of the change may take it."""
    back = (need.ref.type, need.action) in ONLY_BACK
    if need.action in ELSEWHERE:
        return False
    if need.ref.address.partition("[")[0].endswith(
        (".permissions_boundary", ".enable_key_rotation", ".is_enabled")
    ):
        return back is (direction == "false")
    return direction == "true"


@pytest.mark.parametrize("direction", ["true", "false"])
def test_every_change(site: Site, direction: str) -> None:
    """The second time back again. What was not refused is changed: it is put back before the next round."""
    other = {"true": "false", "false": "true"}[direction]
    apply = ("apply", "-auto-approve", f"-var=changed={direction}")
    needs = changes(site, direction)
    updates = [n for n in needs if n.phase == "update" and is_one_way(n, direction)]
    left = {pair(n) for n in updates}
    assert len(left) >= (25 if direction == "true" else 2)
    rests_on = site.dependencies()
    order = sorted({n.address for n in updates}, key=lambda one: (len(rests_on[one]), one))
    for number in count():
        taken = choose(updates, rests_on, left, order)
        if not taken:
            break
        refused(site, needs, taken, WRITING[number % len(WRITING)], *apply)
        left -= {pair(n) for n in taken.values()}
        if left:
            site.real.run(site.folder, *apply[:-1], f"-var=changed={other}", "-input=false")
    assert not left, "never refused"
    site.real.run(site.folder, *apply, "-input=false")


def test_the_sixth_version_of_a_policy(site: Site) -> None:
    """AWS keeps five: one has to go first."""
    five_versions(site)
    needs = changes(site, "true")
    taken = {
        n.address: n for n in needs if (n.ref.name, n.action) == ("needs-policy", "iam:DeletePolicyVersion")
    }
    assert len(taken) == 1
    target = "-target=aws_iam_policy.policy"
    refused(site, needs, taken, "identity", "apply", "-auto-approve", "-var=changed=true", target)


# ---- destroying and making ----


def test_every_deletion(site: Site) -> None:
    """Each resource is refused one of its actions after the other, until it is gone."""
    leave_something(site.aws)
    five_versions(site)
    deletes = [n for n in site.needs(deleting=True) if n.phase == "delete"]
    left = {pair(n) for n in deletes}
    kinds = {kind for kind, row in requirements.table().items() if "delete" in row}
    assert {kind for kind, _, _ in left} == kinds - {SLOW}
    for number in count():
        rests_on = site.dependencies()
        needs = [n for n in site.needs(deleting=True) if n.phase in ("read", "delete")]
        # What others rest on is destroyed last; what is emptied first is emptied once.
        order = sorted(rests_on, key=lambda one: (-len(rests_on[one]), one))
        below = {a: {b for b in rests_on if a in rests_on[b]} for a in rests_on}
        # The other policy has a single version, which goes with it.
        mine = [n for n in needs if n.phase == "delete" and not is_single_version(n)]
        wanted = sorted(mine, key=lambda n: is_last(n.action))
        taken = choose(wanted, below, left, order)
        if not taken:
            break
        refused(site, needs, taken, WRITING[number % len(WRITING)], "destroy", "-auto-approve")
        left -= {pair(n) for n in taken.values()}
    assert not left, "never refused"
    site.real.run(site.folder, "destroy", "-auto-approve", "-input=false")


def is_single_version(need: Need) -> bool:
    return (need.ref.name, need.action) == ("needs-tags", "iam:DeletePolicyVersion")


def is_last(action: str) -> tuple[bool, int]:
    """The resource itself goes after what is in it: DeletePolicy after DeletePolicyVersion."""
    return ":Delete" in action, -len(action)


def test_every_creation(site: Site) -> None:
    """Each resource is refused one of its actions after the other, until it is made."""
    if site.dependencies():  # when this test runs alone
        site.real.run(site.folder, "destroy", "-auto-approve", "-input=false")
    rests_on = declared_dependencies(MODULE / "main.tf")
    left = {pair(n) for n in site.needs() if n.phase == "create"}
    kinds = {kind for kind in requirements.table() if not kind.startswith("data.")}
    assert {kind for kind, _, _ in left} == kinds - {SLOW}
    retried = False
    for number in count():
        needs = site.needs()
        wanted = [n for n in needs if n.phase == "create"]
        order = sorted({n.address for n in wanted}, key=lambda one: (len(rests_on[one]), one))
        taken = choose(wanted, rests_on, left, order)
        if not taken and left and not retried:
            # Made while others had the same right away: once more, by itself.
            retried = make_again(site, {kind for kind, _, _ in left})
            continue
        if not taken:
            break
        met = refused(site, needs, taken, WRITING[number % len(WRITING)], "apply", "-auto-approve")
        forget_half_made_roles(site)
        assert {address for address, _ in met} >= set(taken)
        left -= {pair(n) for n in taken.values()}
    assert not left, "never refused"
    site.real.run(site.folder, "apply", "-auto-approve", "-input=false")
    assert site.gaps(site.needs()) == set()


def make_again(site: Site, kinds: set[str]) -> bool:
    """Destroy one resource of each type, and what rests on it."""
    for kind in kinds:
        address = next(one for one in site.dependencies() if one.startswith(f"{kind}."))
        site.real.run(site.folder, "destroy", "-auto-approve", "-input=false", f"-target={address}")
    return True


def test_what_takes_the_provider_a_minute(site: Site) -> None:
    """Lifecycle rules, and a key that is switched off: made, read, changed and destroyed."""
    site.environ["TF_VAR_slow"] = "true"
    rules, key = f"{SLOW}.rule[0]", "aws_kms_key.is_enabled[0]"
    targets = ["-var=slow=true", f"-target={rules}", f"-target={key}"]

    def tried(needs: Sequence[Need], address: str, action: str, *arguments: str) -> None:
        (need,) = {n.action: n for n in needs if (n.address, n.action) == (address, action)}.values()
        taken = {address: need}
        refused(site, needs, taken, "permissions_boundary", *arguments, *targets[:1], f"-target={address}")

    def coming(phase: str, **how: bool) -> list[Need]:
        return [n for n in site.needs(**how) if n.phase in ("read", phase)]

    apply = ("apply", "-auto-approve")
    tried(coming("create"), rules, "s3:PutLifecycleConfiguration", *apply)
    site.real.run(site.folder, *apply, "-input=false", *targets)
    tried(coming("read"), rules, "s3:GetLifecycleConfiguration", "plan", "-lock=false")
    there, back = changes(site, "true"), changes(site, "false")
    tried(there, rules, "s3:PutLifecycleConfiguration", *apply, "-var=changed=true")
    tried(there, key, "kms:DisableKey", *apply, "-var=changed=true")
    site.real.run(
        site.folder, *apply, "-input=false", "-var=changed=true", "-var=slow=true", f"-target={key}"
    )
    tried(back, key, "kms:EnableKey", *apply)
    tried(coming("delete", deleting=True), rules, "s3:PutLifecycleConfiguration", "destroy", "-auto-approve")
