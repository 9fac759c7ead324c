"""One action is taken away from one resource: the module, real Terraform, and the rights that go and come back."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard.core.finding import Finding, Verdict
from wizard.demo.aws import EmbeddedAws
from wizard.demo.recording.engine import Engine, engine
from wizard.services.aws import denials, permissions, requirements
from wizard.services.aws.keys import Keys
from wizard.services.aws.requirements import Need
from wizard.services.aws.session import AwsPlaces, AwsSession
from wizard.services.aws.sign_in import keys_session
from wizard.steps import needed

SOAK = bool(os.environ.get("HTD_SOAK"))
"""Every action of every phase, a dozen runs of Terraform more."""
READING = (
    "service_control_policy",
    "resource_control_policy",
    "identity",
    "session_policy",
    "permissions_boundary",
)
WRITING = ("service_control_policy", "identity", "permissions_boundary")
"""Layers that take a right away; a prediction sees only these."""
SILENT = {"s3:ListBucket", "lakeformation:ListPermissions"}
"""Terraform says nothing about these two and plans to make everything again."""
UNDENIABLE = {"sts:GetCallerIdentity"}

Taken = dict[str, Need]
"""Address -> the need that was taken away from it."""
Pair = tuple[str, str, str]
"""Resource type, action, and the kind of thing it is authorised on."""


@dataclass
class Site:
    """A module, real Terraform, and an operator who may do everything."""

    aws: EmbeddedAws
    real: Engine
    folder: Path
    session: AwsSession
    environ: dict[str, str] = field(default_factory=dict)
    """Terraform's: variables of the module."""

    def needs(self, *, deleting: bool = False) -> list[Need]:
        found = needed.resources(self.folder, self.environ, self.aws.account_id)
        return requirements.needs(found, account=self.aws.account_id, deleting=deleting)

    def dependencies(self) -> dict[str, set[str]]:
        return dependencies(json.loads((self.folder / "terraform.tfstate").read_text()))

    def take(self, taken: Taken, layer: str) -> None:
        """Take these rights away, in the words of one layer."""
        for need in taken.values():
            if layer != "identity":
                self.aws.restrict("*user/operator", [need.action], layer=layer, resources=[need.resource_arn])
        if layer == "identity":
            statements = [
                {"Effect": "Deny", "Action": n.action, "Resource": n.resource_arn} for n in taken.values()
            ]
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            self.aws.client("iam").put_user_policy(
                UserName="operator", PolicyName="away", PolicyDocument=document
            )

    def give_back(self) -> None:
        self.aws.lift()
        self.aws.client("iam").put_user_policy(UserName="operator", PolicyName="away", PolicyDocument=ALL)

    def gaps(self, needs: Sequence[Need]) -> set[tuple[str, str]]:
        """What the wizard says is missing: (action, resource)."""
        subjects = {f"{n.action} {n.subject}": (n.action, n.resource_arn) for n in needs if n.known}
        found = [event for event in permissions.check(self.session, needs) if isinstance(event, Finding)]
        unknown = [event.id for event in found if event.verdict is Verdict.UNKNOWN and event.id in subjects]
        assert not unknown, "all of it can be checked here"
        return {subjects[event.id] for event in found if event.verdict is Verdict.GAP}

    def met(self, taken: Taken, *arguments: str) -> set[str]:
        """The actions that real Terraform is refused."""
        return {action for _, action in self.met_by_address(taken, *arguments)}

    def met_by_address(self, taken: Taken, *arguments: str) -> set[tuple[str, str]]:
        """(address, action) of what real Terraform is refused; the address is empty when it destroys."""
        stream = self.real.run(self.folder, *arguments, "-json", "-input=false", accept=(0, 1, 2))
        lines = [json.loads(line) for line in stream.splitlines()]
        told = [line["diagnostic"] for line in lines if line["type"] == "diagnostic"]
        return {
            (each.get("address") or "", self._action(each, taken))
            for each in told
            if each["severity"] == "error"
        }

    def _action(self, told: dict[str, str], taken: Taken) -> str:
        text = f"{told['summary']} {told['detail']}"
        denial = denials.read(text)
        assert denial is not None, text
        # The answer to HEAD has no body: only the place tells.
        return denial.action or taken[told["address"]].action


ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@contextmanager
def open_site(tmp_path: Path, module: Path) -> Iterator[Site]:
    """A copy of `module` in `tmp_path`, prepared."""
    folder = tmp_path / "module"
    shutil.copytree(module, folder)
    with EmbeddedAws() as aws:
        keys = aws.keys_for_user("operator")
        # A real account begins like this: whoever IAM allows may create databases.
        aws.client("lakeformation").grant_permissions(
            Principal={"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
            Resource={"Catalog": {}},
            Permissions=["CREATE_DATABASE"],
        )
        for name in ("all", "away"):
            aws.client("iam").put_user_policy(UserName="operator", PolicyName=name, PolicyDocument=ALL)
        real = engine(
            aws_url=aws.url,
            access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key,
            home=tmp_path / "engine",
        )
        real.run(folder, "init", "-input=false")
        places = AwsPlaces.of({"AWS_ENDPOINT_URL": aws.url}, tmp_path / "home")
        yield Site(aws, real, folder, keys_session(Keys(keys.access_key_id, keys.secret_access_key), places))


def rounds(needs: Sequence[Need], rests_on: dict[str, set[str]]) -> list[Taken]:
    """Every action once, on a resource apart from those of the others in the same round."""
    found: list[Taken] = []
    for action in dict.fromkeys(n.action for n in needs):
        candidates = [n for n in needs if n.action == action and n.address in rests_on]
        # The first to be read is the one that fails: whatever rests on it is not looked at.
        first = [n for n in candidates if not any(
            other.resource_arn == n.resource_arn and other.address in rests_on[n.address] for other in candidates
        )]  # fmt: skip
        place = next(
            ((taken, n) for taken in found for n in first if is_apart(n, candidates, taken, needs, rests_on)),
            None,
        )
        if place is None:
            found.append({first[0].address: first[0]})
        else:
            place[0][place[1].address] = place[1]
    return found


def is_apart(
    need: Need, candidates: Sequence[Need], taken: Taken, needs: Sequence[Need], rests_on: dict[str, set[str]]
) -> bool:
    def hit(one: Need) -> set[str]:
        return {
            n.address for n in needs if (n.action, n.resource_arn) == (one.action, one.resource_arn)
        } & set(rests_on)

    ours = hit(need)
    theirs = {address for one in taken.values() for address in hit(one)}
    return not any(a == b or a in rests_on[b] or b in rests_on[a] for a in ours for b in theirs)


def dependencies(state: dict[str, Any]) -> dict[str, set[str]]:
    """Address -> addresses it rests on, as a state has it."""
    return {
        f"{entry['type']}.{entry['name']}{_index(entry['instances'][0])}": set(
            entry["instances"][0].get("dependencies", [])
        )
        for entry in state["resources"]
        if entry["mode"] == "managed" and entry["instances"]
    }


def _index(instance: dict[str, Any]) -> str:
    return f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""


def declared_dependencies(file: Path) -> dict[str, set[str]]:
    """Address -> every address it rests on, from the module's text."""
    text = file.read_text()
    blocks = re.findall(r'(?ms)^(resource|data) "(\w+)" "(\w+)" \{(.*?)^\}', text)
    direct = {
        f"{'data.' if mode == 'data' else ''}{kind}.{name}": set(
            re.findall(r"\b(?:data\.)?aws_\w+\.\w+", body)
        )
        for mode, kind, name, body in blocks
    }
    found: dict[str, set[str]] = {}
    for address in direct:
        found[address] = set()
        todo = [address]
        while todo:
            for each in {".".join(one.split(".")[:2]) for one in direct[todo.pop()]} - found[address]:
                found[address].add(each)
                todo.append(each)
    return found


def pair(need: Need) -> Pair:
    """What is tried once: it is the same for every resource of a type."""
    subject = need.resource_arn.split(":", 5)[-1]
    return need.ref.type, need.action, "" if ":s3:" in need.resource_arn else re.split(r"[:/]", subject)[0]


def choose(
    needs: Sequence[Need], rests_on: dict[str, set[str]], left: set[Pair], order: Sequence[str]
) -> Taken:
    """One right that is left of every resource whose turn it is; what rests on a refused one has to wait.

    No resource is refused two things at once, not even by a right that another one needs as well.
    """
    mine: dict[str, list[Need]] = {address: [n for n in needs if n.address == address] for address in order}
    rights = {address: {(n.action, n.resource_arn) for n in each} for address, each in mine.items()}
    taken: Taken = {}
    away: set[tuple[str, str]] = set()
    waiting: set[str] = set()
    covered: set[Pair] = set()
    for address in order:
        if rests_on.get(address, set()) & waiting:
            waiting.add(address)
            continue
        if rights[address] & away:
            waiting.add(address)
            continue
        for need in mine[address]:
            right = (need.action, need.resource_arn)
            if pair(need) not in left - covered or any(right in rights[other] for other in taken):
                continue
            taken[address] = need
            away.add(right)
            covered.add(pair(need))
            waiting.add(address)
            break
    return taken


def refused(
    site: Site, needs: Sequence[Need], taken: Taken, layer: str, *arguments: str
) -> set[tuple[str, str]]:
    """Take the rights away, compare the wizard's gaps with what Terraform meets, and give them back.

    Returns (address, action) of what Terraform met; destroying tells no address.
    """
    site.take(taken, layer)
    try:
        gaps, met = site.gaps(needs), site.met_by_address(taken, *arguments)
    finally:
        site.give_back()
    away = {(n.action, n.resource_arn) for n in taken.values()}
    assert gaps == away, f"{layer}: invented {sorted(gaps - away)}, missed {sorted(away - gaps)}"
    told = {action for _, action in met}
    needless = sorted((n.address, n.action) for n in taken.values() if n.action not in told)
    assert told == {action for action, _ in away}, f"{layer}: {needless} not met, but {sorted(met)}"
    return met


def five_versions(site: Site) -> None:
    """As many versions as AWS keeps of one policy of the module of every type."""
    arn = f"arn:aws:iam::{site.aws.account_id}:policy/needs-policy"
    iam = site.aws.client("iam")
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
    }
    while len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) < 5:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document))


def forget_half_made_roles(site: Site) -> None:
    """The provider makes a role, is refused its policies, and keeps no role in the state: it stands in the way.

    Measured with provider 5.100.0. The wizard says that it is there and how to import it; here it is taken away.
    """
    iam = site.aws.client("iam")
    for kind in ("managed_policy_arns", "inline_policy"):
        name = f"needs-{kind.partition('_')[0]}"
        if f"aws_iam_role.{kind}" in site.dependencies():
            continue
        with suppress(iam.exceptions.NoSuchEntityException):
            for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=name, PolicyArn=each["PolicyArn"])
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                iam.delete_role_policy(RoleName=name, PolicyName=policy)
            iam.delete_role(RoleName=name)
