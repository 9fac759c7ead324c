"""Looking at every joint of the chain, read-only: what `check`, the proof screen and the report show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from wizard.core.chain import JOINT, JOINTS, Chain, Joint
from wizard.core.event import Line, Phase, Table, Wait, Work
from wizard.core.facts import Applied, DataProven, Facts, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.lazy import lazy
from wizard.core.problem import Problem, Who
from wizard.core.text import plural

if TYPE_CHECKING:
    from datetime import datetime

    from wizard.services.aws import identity, rights, trust
    from wizard.services.aws.session import AwsSession
    from wizard.services.databricks import (
        instance_profiles,
        serverless,
        statements,
        warehouse_config,
        warehouses,
    )
    from wizard.services.databricks.client import Workspace
else:
    identity = lazy("wizard.services.aws.identity")
    rights = lazy("wizard.services.aws.rights")
    trust = lazy("wizard.services.aws.trust")
    instance_profiles = lazy("wizard.services.databricks.instance_profiles")
    serverless = lazy("wizard.services.databricks.serverless")
    statements = lazy("wizard.services.databricks.statements")
    warehouse_config = lazy("wizard.services.databricks.warehouse_config")
    warehouses = lazy("wizard.services.databricks.warehouses")

T = TypeVar("T")

_NO_ANSWER = (
    "aws.error",
    "aws.failed",
    "aws.intercepted",
    "aws.network",
    "aws.proxy",
    "aws.throttled",
    "aws.timeout",
    "aws.tls",
    "aws.unexpected",
    "databricks.unreachable",
    "databricks.silent",
    "databricks.busy",
    "databricks.certificate",
    "databricks.failed",
    "databricks.network",
    "databricks.not_json",
    "databricks.routing",
    "databricks.sign_in",
    "databricks.token",
    "databricks.unanswered",
    "query.canceled",
    "query.too_slow",
    "query.unread",
    "warehouse.unread",
)
"""The other side did not answer, or not to us: that says nothing about the joint."""


@dataclass(frozen=True)
class Target:
    """What the chain runs through. Empty parts are joints that cannot be looked at."""

    role_arn: str = ""
    profile_arn: str = ""
    workspace_id: str = ""
    warehouse_id: str = ""
    location: str = ""
    """`s3://…` that the last joint reads."""
    database: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What makes it this chain and no other."""
        return (self.role_arn, self.profile_arn, self.workspace_id, self.warehouse_id)

    @classmethod
    def of(cls, facts: Facts) -> Target:
        """The target that these facts name."""
        applied, workspace, data = facts.get(Applied), facts.get(WorkspaceProven), facts.get(DataProven)
        output = applied.output if applied else (lambda _: "")
        return cls(
            role_arn=output("role_arn"),
            profile_arn=output("instance_profile_arn"),
            workspace_id=workspace.workspace_id if workspace else "",
            warehouse_id=workspace.warehouse_id if workspace else "",
            location=data.location if data else output("proof_location"),
            database=output("glue_database"),
        )


@dataclass(frozen=True)
class Read:
    """What the last joint read."""

    statement: str
    rows: int
    seconds: float
    """Of both queries together."""


def look(
    target: Target,
    aws: AwsSession | Problem,
    workspace: Workspace | Problem,
    *,
    settling: Sequence[float] = (),
) -> Work[Read | None]:
    """Yields one finding a joint, in order, and waits while a query runs. Changes nothing, starts nothing.

    A Problem in the place of a session says why there is none. `settling` are seconds to wait between tries of a
    read that AWS refuses although every joint before it holds: a new right takes a while to be known everywhere.
    """
    holds, running = yield from look_by_reading(target, aws, workspace)
    if isinstance(workspace, Problem):
        yield from (joint.unknown(workspace.what, workspace) for joint in JOINTS[9:])
        return None
    if not running:
        why = "not tried: a query would start the warehouse"
        yield from (JOINT[name].unknown(why) for name in ("chain.query", "chain.data"))
        return None
    return (yield from _queries(target, workspace, tuple(settling) if holds else ()))


def look_by_reading(
    target: Target, aws: AwsSession | Problem, workspace: Workspace | Problem
) -> Work[tuple[bool, bool]]:
    """Every joint that shows without a query: (none before the warehouse is broken, the warehouse runs)."""
    found: list[Finding] = []
    yield Phase("Asking AWS about the role", "aws iam get-role")
    for finding in _aws(target, aws):
        found.append(finding)
        yield finding
    yield Phase("Asking the workspace", "databricks warehouses get-workspace-warehouse-config")
    if isinstance(workspace, Problem):
        yield from (joint.unknown(workspace.what, workspace) for joint in JOINTS[5:9])
        return False, False
    for finding in _workspace(target, workspace):
        found.append(finding)
        yield finding
    running = yield from look_at_warehouse(target, workspace)
    return not any(finding.verdict is Verdict.GAP for finding in found), running


def chained(
    work: Work[T], before: Chain, now: Callable[[], datetime], of: tuple[str, ...] = ()
) -> Work[tuple[Chain, T]]:
    """The same work, its findings gathered into a chain that is told anew after each.

    `of` names what the chain runs through; `before` is what was seen earlier, and says since when if it is of the
    same.
    """
    chain, earlier = Chain(of=of), before if before.of == of else Chain(of=of)
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            return chain, end.value
        if not isinstance(event, Finding):
            yield event
            continue
        earlier = earlier.seen(event, now())
        link = earlier.link(event.id)
        if link is None:
            yield event
        else:
            chain = chain.linked(link)
            yield chain


def break_of(chain: Chain) -> Problem | None:
    """Why the chain does not reach the data: its first broken joint, else what could not be looked at."""
    unknown = (
        link for link in chain.links if link.finding.verdict is Verdict.UNKNOWN and link.finding.problem
    )
    link = chain.first_broken or next(unknown, None)
    if link is None or link.finding.problem is None:
        return None
    known, last = link.finding.problem, chain.links[-1].finding
    said = [*known.evidence, link.finding.evidence]
    if last is not link.finding:
        said += last.problem.evidence if last.problem and last.verdict is Verdict.GAP else ()
    rights_link = chain.link("chain.rights")
    if link.joint.id == "chain.data" and rights_link and rights_link.finding.verdict is Verdict.UNKNOWN:
        said.append(f"Joint {rights_link.joint.number} could not be checked: {rights_link.finding.evidence}")
    where = f"Joint {link.joint.number} of {len(JOINTS)}" + (" is broken" if link.broken else " is not known")
    return replace(
        known,
        what=f"{where}: {known.what}",
        evidence=tuple(dict.fromkeys(line for line in said if line)),
        step=link.step,
    )


def _aws(target: Target, aws: AwsSession | Problem) -> Iterator[Finding]:
    known = _identity(target, aws)
    yield known
    names = ("chain.role", "chain.rights", "chain.trust", "chain.profile")
    if isinstance(aws, Problem) or not known.ok:
        yield from (JOINT[name].unknown("AWS was not asked: see joint 1", known.problem) for name in names)
        return
    if not target.role_arn or not target.profile_arn:
        yield from (JOINT[name].unknown("the module was not applied yet", _unapplied()) for name in names)
        return
    role, profile = _name(target.role_arn), _name(target.profile_arn)
    found, document = trust.read_role(aws, role)
    yield found
    if found.ok:
        wanted = rights.Wanted(target.role_arn, target.location, target.database)
        yield _asked(JOINT["chain.rights"], lambda: rights.finding(aws, wanted))
        yield _trust(target, document)
    else:
        yield JOINT["chain.rights"].unknown("the role could not be read", found.problem)
        yield JOINT["chain.trust"].unknown("the role could not be read", found.problem)
    yield trust.read_instance_profile(aws, profile, role)


def _identity(target: Target, aws: AwsSession | Problem) -> Finding:
    joint = JOINT["chain.identity"]
    if isinstance(aws, Problem):
        return _failed(joint, aws)
    try:
        caller = identity.who_am_i(aws)
    except Problem as problem:
        return _failed(joint, problem)
    account = target.role_arn.split(":")[4] if target.role_arn.count(":") >= 5 else ""
    if account and account != caller.account:
        return joint.finding(Verdict.GAP, caller.arn, _other_account(caller.account, account))
    return joint.finding(Verdict.PROVEN, caller.arn)


def _trust(target: Target, document: dict[str, object]) -> Finding:
    joint = JOINT["chain.trust"]
    if not target.workspace_id:
        return joint.unknown("the workspace's id is not known yet")
    partition = target.role_arn.split(":")[1]
    return trust.trust_finding(document, target.workspace_id, partition)


def _workspace(target: Target, workspace: Workspace) -> Iterator[Finding]:
    joints = JOINT["chain.registration"], JOINT["chain.config"]
    if not target.role_arn or not target.profile_arn:
        yield from (joint.unknown("the module was not applied yet", _unapplied()) for joint in joints)
        return
    yield _asked(joints[0], lambda: instance_profiles.finding(workspace, target.profile_arn, target.role_arn))
    yield _asked(joints[1], lambda: warehouse_config.finding(workspace, target.profile_arn))


def look_at_warehouse(target: Target, workspace: Workspace) -> Work[bool]:
    """Yields both joints of the warehouse; true when it runs, however it feels."""
    names = ("chain.serverless", "chain.warehouse")
    if not target.warehouse_id:
        yield from (JOINT[name].unknown("no warehouse is named", _unnamed()) for name in names)
        return False
    try:
        seen = warehouses.get(workspace, target.warehouse_id)
        if not seen.state:
            raise _unread(workspace)
    except Problem as problem:
        missing = problem.code in ("warehouse.missing", "warehouse.id")
        for name in names:
            yield _failed(JOINT[name], problem) if missing else JOINT[name].unknown(problem.what, problem)
        return False
    yield serverless.finding(seen)
    yield warehouses.finding(seen)
    return seen.running


def _queries(target: Target, workspace: Workspace, settling: tuple[float, ...]) -> Work[Read | None]:
    yield Phase("Running SELECT 1", "SELECT 1")
    try:
        first = yield from statements.execute(workspace, target.warehouse_id, "SELECT 1")
    except Problem as problem:
        yield _failed(JOINT["chain.query"], problem)
        yield JOINT["chain.data"].unknown("not tried: no query runs", problem)
        return None
    yield JOINT["chain.query"].finding(Verdict.PROVEN, f"SELECT 1 answered in {first.seconds:.1f} s")
    joint = JOINT["chain.data"]
    if not target.location:
        yield joint.unknown("nothing was named to read")
        return None
    try:
        sql = statements.read_location(target.location)
        yield Phase("Reading your data", sql)
        result = yield from _settled(workspace, target.warehouse_id, sql, settling)
    except Problem as problem:
        yield _failed(joint, problem)
        return None
    took = f"{target.location}, in {result.seconds:.1f} s"
    yield Table("What the warehouse read", result.columns, result.rows, took)
    said = f"{plural(len(result.rows), 'row')} from {target.location} in {result.seconds:.1f} s"
    yield joint.finding(Verdict.PROVEN, said)
    return Read(sql, len(result.rows), first.seconds + result.seconds)


def _settled(
    workspace: Workspace, warehouse_id: str, sql: str, settling: tuple[float, ...]
) -> Work[statements.Result]:
    """The result of a read, tried again while AWS may not know of a new right everywhere yet."""
    for pause in (*settling, None):
        try:
            return (yield from statements.execute(workspace, warehouse_id, sql))
        except Problem as problem:
            if pause is None or problem.code not in statements.SETTLING:
                raise
            said = problem.evidence[0] if problem.evidence else problem.why
            yield Line(f"AWS refuses the read: {said}", "warning", "query")
            yield Wait(
                pause, "Every joint before it holds. A new right takes a while to be known in all of AWS."
            )
    raise AssertionError("unreachable")


def _asked(joint: Joint, read: Callable[[], Finding]) -> Finding:
    """What was read, or that it could not be."""
    try:
        return read()
    except Problem as problem:
        return joint.unknown(problem.what, problem)


def _failed(joint: Joint, problem: Problem) -> Finding:
    """A refusal is a gap; silence is none."""
    theirs = problem.code.startswith("databricks.") and problem.who is Who.DATABRICKS
    verdict = Verdict.UNKNOWN if problem.code in _NO_ANSWER or theirs else Verdict.GAP
    said = problem.evidence[0] if problem.evidence else problem.what
    return joint.finding(verdict, said, problem)


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _unapplied() -> Problem:
    return Problem(
        code="chain.unapplied",
        what="It is not known which role and instance profile to look at.",
        why="They are named by the outputs of the Terraform module, and it was not applied by this wizard yet.",
        remedy="Run the wizard up to Plan and apply, or name the folder of a module that was applied: "
        "htd-wizard check --terraform-dir DIR.",
        step="apply",
    )


def _unnamed() -> Problem:
    return Problem(
        code="chain.warehouse.unnamed",
        what="It is not known which SQL warehouse to look at.",
        why="The address names none, and none is remembered of this workspace.",
        remedy="Name it with --warehouse-id; it stands in the warehouse's own address.",
        step="workspace",
    )


def _unread(workspace: Workspace) -> Problem:
    return Problem(
        code="warehouse.unread",
        what=f"The answer of {workspace.host} does not say in which state the warehouse is.",
        why="Every answer about a warehouse says so. Something else may have answered.",
        remedy="Look again; if it stays, check the address of the workspace and the proxy.",
    )


def _other_account(seen: str, wanted: str) -> Problem:
    return Problem(
        code="aws.account.other",
        what=f"You are signed in to AWS account {seen}, but the role is in account {wanted}.",
        why="What one account holds cannot be read from another.",
        remedy=f"Sign in to account {wanted}.",
        step="credentials",
    )
