"""Looking at every permission Terraform will need, all at once, before Terraform runs.

Reads are made for real and in parallel: exact for every layer that can say no. Writes are predicted. What could
be neither tried nor predicted is said to be unchecked: that is no pass and no failure.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from wizard.core.event import Progress
from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.aws import denials, lake, probes
from wizard.services.aws.denials import Denial
from wizard.services.aws.identity import Caller, who_am_i
from wizard.services.aws.probes import Answer, Read
from wizard.services.aws.reasons import DENIALS
from wizard.services.aws.requirements import Need
from wizard.services.aws.session import AwsSession
from wizard.services.aws.simulate import Prediction, Simulator

_AT_ONCE = 16
"""Calls under way at a time: enough to finish 60 reads in four round trips, too few to be throttled."""

_FRESH = 900.0
"""Seconds for which a proof is taken as good when the permissions are checked again."""

_SERVICES = {
    "iam": "IAM",
    "s3": "S3",
    "glue": "Glue",
    "lakeformation": "LakeFormation",
    "kms": "KMS",
    "sts": "STS",
    "": "Not known",
}

_UNREAD = {
    "module": "this module is not on this computer yet: run terraform init in the module's folder, then check again",
    "folder": "there is no Terraform configuration in the folder that this module is to be in",
    "file": "this file is not valid: terraform validate says in which line; mend it, then check again",
}
"""What stands for resources that are not seen -> why not."""

Key = tuple[str, str, str, str]
"""What `probes.key` makes of a need."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Predicted:
    """What AWS predicts for one need."""

    need: Need
    prediction: Prediction
    note: str = ""
    """Why it was not tried."""


@dataclass
class Proven:
    """What was proven for one caller while something else was still missing: it is not tried again."""

    arn: str = ""
    findings: dict[Key, Finding] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    began: float = 0.0

    def of(self, arn: str) -> dict[Key, Finding]:
        """What is known of this caller; nothing of another one, and nothing that is older than `_FRESH`."""
        if arn != self.arn or not self.findings or self.clock() - self.began > _FRESH:
            self.arn, self.findings, self.began = arn, {}, self.clock()
        return self.findings

    def forget(self) -> None:
        """The next check tries everything."""
        self.findings = {}


def check(
    session: AwsSession, needs: Sequence[Need], account: str = "", proven: Proven | None = None
) -> Iterator[Progress | Finding]:
    """Yield one Finding for each different need, in the order they become known, and Progress between.

    `account` is the one the module's state names; another one is a gap. What `proven` holds of this caller is
    told again without asking AWS, and what is proven now is put there. Raises Problem when the credentials themselves
    will not do.
    """
    caller = who_am_i(session)
    held = (proven or Proven()).of(caller.arn)
    if account and account != caller.account:
        yield _other_account(caller, account)
    # What can be read for real goes before what can only be predicted.
    best = sorted(needs, key=lambda need: need.known and probes.can_read(need))
    distinct = list({probes.key(need) if need.known else need.address: need for need in best}.values())
    yield from (_unknown_type(need) for need in distinct if not need.known)
    known = [need for need in distinct if need.known]
    yield from (held[probes.key(need)] for need in known if probes.key(need) in held)
    asked = [need for need in known if probes.key(need) not in held]
    before = len(known) - len(asked)
    yield Progress(before, len(known), "permissions")
    beside = _beside(lambda: list(lake.findings(session, caller, distinct)))
    for done, outcome in enumerate(_outcomes(session, Simulator(session, caller), asked), start=before + 1):
        if isinstance(outcome, Read):
            finding = _of_read(outcome, caller)
            if finding.verdict is Verdict.PROVEN:
                held[probes.key(outcome.need)] = finding
        else:
            finding = _of_prediction(outcome, caller)
        yield finding
        yield Progress(done, len(known), "permissions")
    yield from beside.result()


def policy_document(gaps: Iterable[Finding]) -> str:
    """The least policy that would close `gaps`: exactly the missing actions on exactly these resources.

    Empty when none of them can be closed by a policy of the identity.
    """
    by_resource: dict[tuple[str, ...], set[str]] = {}
    for finding in gaps:
        for statement in _statements(finding):
            resources = tuple(sorted(statement.get("Resource", [])))
            by_resource.setdefault(resources, set()).update(statement.get("Action", []))
    by_actions: dict[tuple[str, ...], set[str]] = {}
    for resources, wanted in by_resource.items():
        by_actions.setdefault(tuple(sorted(wanted)), set()).update(resources)
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": list(wanted), "Resource": sorted(resources)}
        for wanted, resources in sorted(by_actions.items())
        if not any(
            set(wanted) <= set(more) and resources <= others
            for more, others in by_actions.items()
            if (more, others) != (wanted, resources)
        )
    ]
    return denials.policy(*statements) if statements else ""


def _statements(finding: Finding) -> list[dict[str, Any]]:
    text = finding.problem.copy if finding.problem else ""
    if not text.startswith("{"):
        return []
    document = json.loads(text)
    found = document.get("Statement", [])
    return [each for each in found if isinstance(each, dict)]


def _together(work: Callable[[T], R], items: Sequence[T]) -> Generator[R, None, None]:
    """`work` on every item, in parallel; results as they come. Abandoning the generator cancels what has not begun."""
    if not items:
        return
    pool = ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(items)), thread_name_prefix="aws-check")
    try:
        for future in as_completed([pool.submit(work, item) for item in items]):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _beside(work: Callable[[], R]) -> Future[R]:
    """`work`, begun now on a thread of its own."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aws-check")
    begun = pool.submit(work)
    pool.shutdown(wait=False)
    return begun


def _outcomes(session: AwsSession, simulator: Simulator, needs: Sequence[Need]) -> Iterator[Read | Predicted]:
    """One outcome a need. What a read leaves open is predicted, and a read that found AWS busy is made again."""
    notes: dict[str, str] = {}

    def work(item: Need | list[Need]) -> list[Read | Predicted]:
        if isinstance(item, Need):
            return [probes.read(session, item)]
        answers = simulator.predict([need.action for need in item], item[0].resource_arn)
        return [
            Predicted(need, answers[need.action], notes.get(need.address + need.action, "")) for need in item
        ]

    readable = [need for need in needs if probes.can_read(need)]
    open_needs: list[Need] = []
    again: list[Need] = []
    first: list[Need | list[Need]] = [
        *_groups([need for need in needs if not probes.can_read(need)]),
        *readable,
    ]
    for outcome in (each for answered in _together(work, first) for each in answered):
        if isinstance(outcome, Read) and outcome.answer is Answer.SILENT:
            open_needs.append(outcome.need)
            notes[outcome.need.address + outcome.need.action] = outcome.evidence
        elif isinstance(outcome, Read) and outcome.can_retry:
            again.append(outcome.need)
        else:
            yield outcome
    second: list[Need | list[Need]] = [*_groups(open_needs), *again]
    for answered in _together(work, second):
        yield from answered


def _groups(needs: Iterable[Need]) -> list[list[Need]]:
    """Needs on the same resource: one question to AWS predicts them all."""
    groups: dict[str, list[Need]] = {}
    for need in needs:
        groups.setdefault(need.resource_arn, []).append(need)
    return list(groups.values())


def _of_read(outcome: Read, caller: Caller) -> Finding:
    if outcome.answer is Answer.ALLOWED:
        return _finding(outcome.need, Verdict.PROVEN, outcome.evidence)
    if outcome.denial is None:
        return _finding(outcome.need, Verdict.UNKNOWN, outcome.evidence)
    return _gap(outcome.denial, outcome.need, caller, DENIALS[outcome.denial.reason].why)


def _of_prediction(predicted: Predicted, caller: Caller) -> Finding:
    need, prediction = predicted.need, predicted.prediction
    evidence = f"{predicted.note}; {prediction.evidence}" if predicted.note else prediction.evidence
    if prediction.allowed is None:
        return _finding(need, Verdict.UNKNOWN, evidence)
    if prediction.allowed:
        return _finding(need, Verdict.PREDICTED, evidence)
    if need.nameless:
        return _finding(
            need, Verdict.UNKNOWN, "it is not allowed on everything, and the name is not known yet"
        )
    denial = Denial(
        prediction.reason, principal=caller.arn, action=need.action, resource=need.resource_arn, text=evidence
    )
    refusal = f"{prediction.evidence}: {DENIALS[prediction.reason].why}"
    return _gap(denial, need, caller, refusal)


def _gap(denial: Denial, need: Need, caller: Caller, evidence: str) -> Finding:
    if denial.policy_arn:
        evidence = f"{evidence} The policy: {denial.policy_arn}"
    found = _finding(need, Verdict.GAP, evidence, _problem(denial, need, caller))
    return replace(found, layer=denial.layer, policy=denial.policy_arn or "")


def _problem(denial: Denial, need: Need, caller: Caller) -> Problem:
    problem = denials.as_problem(denial)
    problem.what = f"You may not do {need.action} on {need.subject}."
    if denial.reason == "lakeformation":
        problem.copy = lake.grant_command(caller.arn, denial.grant or "DESCRIBE", need.ref.own_name)
    return problem


def _finding(need: Need, verdict: Verdict, evidence: str, problem: Problem | None = None) -> Finding:
    subject = one_line(need.subject, 200)
    return Finding(
        id=f"{need.action} {subject}",
        title=f"{need.action} on {subject}",
        verdict=verdict,
        evidence=one_line(evidence, 300),
        problem=problem,
        group=_group(need),
    )


def _group(need: Need) -> str:
    service = need.action.partition(":")[0]
    words = _SERVICES.get(service, service)
    return f"{words} {need.ref.holder}".strip() if service == "s3" else words


def _unknown_type(need: Need) -> Finding:
    return Finding(
        id=f"unknown {need.address}",
        title=f"What {need.address} needs",
        verdict=Verdict.UNKNOWN,
        evidence=why_unknown(need.ref.type),
        group=_SERVICES[""],
    )


def why_unknown(kind: str) -> str:
    """Why it is not known what a resource of this type needs, and what helps; also of what could not be read."""
    return (
        _UNREAD.get(kind) or f"the wizard does not know what a resource of type {one_line(kind, 100)} needs"
    )


def _other_account(caller: Caller, account: str) -> Finding:
    problem = Problem(
        code="aws.wrong_account",
        what=f"You are signed in to account {caller.account}, but the module's state belongs to {account}.",
        why="Terraform would not find what it made before, and would make it all again.",
        remedy=f"Sign in to account {account}.",
        step="credentials",
    )
    return Finding(
        "aws.account", "The account of the module's state", Verdict.GAP, caller.account, problem, "STS"
    )
