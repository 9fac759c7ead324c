"""The gate in front of moto: who is asking, may they, what is ordered to fail, and the call log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wizard.demo.aws import refusals
from wizard.demo.aws.actions import scope_of, understand
from wizard.demo.aws.authority import Authority
from wizard.demo.aws.directory import ACCOUNT, Directory
from wizard.demo.aws.faults import Fault, Faults
from wizard.demo.aws.mends import mend
from wizard.demo.aws.moto_app import MotoApp, NotKnownToMoto
from wizard.demo.aws.portal import PAGE, Portal
from wizard.demo.aws.principals import KeyRefused, Keyring, Principal
from wizard.demo.aws.simulate import PolicySimulator
from wizard.demo.aws.sts import SecurityTokenService
from wizard.demo.aws.target import Need, Protocol, Target
from wizard.demo.aws.wire import NO_REPLY, Reply, Request

_NOBODY = Principal("root", ACCOUNT, "", "", "", "")
"""Stands in for a caller whose key was refused, so that the call can still be logged."""


@dataclass(frozen=True)
class Call:
    """One call this AWS was asked to do."""

    at: float
    """Seconds since the epoch, when the call came in."""
    action: str
    """IAM action, e.g. "s3:ListBucket" for HeadBucket."""
    resource: str
    region: str
    principal: str
    """Caller's ARN; empty when the key was refused or none is needed."""
    status: int
    """HTTP status of the answer."""
    mutating: bool
    actions: tuple[str, ...] = ()
    """Every IAM action it takes: its own first, then those it brings along, such as iam:PassRole."""
    invocation: str = ""
    """The SDK's own number of the call, the same in the caller's log; empty when it sends none."""


class Gate:
    """Answers every request; safe to call from many threads."""

    def __init__(
        self, moto: MotoApp, keyring: Keyring, directory: Directory, authority: Authority, portal: Portal
    ) -> None:
        self.latency = 0.0
        self.faults = Faults()
        self._moto = moto
        self._keyring = keyring
        self._directory = directory
        self._authority = authority
        self._portal = portal
        self.sts = SecurityTokenService(keyring, directory, authority)
        self._simulator = PolicySimulator(directory, authority)
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    @property
    def calls(self) -> Sequence[Call]:
        """The log so far, in the order of the answers."""
        with self._lock:
            return tuple(self._calls)

    def __call__(self, request: Request) -> Reply:
        """Answer one request. Never raises: a failure of ours is an error the client can show."""
        scope = scope_of(request)
        if not scope.access_key_id:
            operation = self._portal.operation(request)
            if operation == PAGE:
                return self._portal.answer(request)
            if operation:
                return self._timed(_portal_target(operation), "", lambda: self._portal.answer(request))
            if request.form.get("Action") == "AssumeRoleWithWebIdentity":
                wanted = _portal_target("sts:AssumeRoleWithWebIdentity", "query")
                return self._timed(wanted, "", lambda: self.sts.with_web_identity(request.form))
        try:
            caller = self._keyring.identify(scope.access_key_id, scope.token)
        except KeyRefused as refused:
            target = understand(request, scope, _NOBODY, self._directory)
            reply = refusals.key_refused(target.protocol, scope.service, refused.reason)
            return self._timed(target, "", lambda: reply)
        target = understand(request, scope, caller, self._directory)
        invocation = request.headers.get("amz-sdk-invocation-id", "")
        return self._timed(target, caller.arn, lambda: self._answer(request, caller, target), invocation)

    def _timed(
        self, target: Target, principal: str, answer: Callable[[], Reply], invocation: str = ""
    ) -> Reply:
        """Wait as ordered, let a fault have its way, answer, and write the log."""
        at = time.time()
        if self.latency > 0:
            time.sleep(self.latency)
        fault = self.faults.take(target.action, target.resource)
        if fault is not None and fault.delay > 0:
            time.sleep(fault.delay)
        failure = _failure(fault, target) if fault is not None and fault.fails else None
        if failure is None or (fault is not None and fault.after_handler):
            reply = answer()
            reply = failure if failure is not None and reply.status < 400 else reply
        else:
            reply = failure
        call = Call(
            at,
            target.action,
            target.resource,
            target.region,
            principal,
            reply.status,
            target.mutating,
            tuple(dict.fromkeys(need.action for need in target.needs)),
            invocation,
        )
        with self._lock:
            self._calls.append(call)
        return reply

    def _answer(self, request: Request, caller: Principal, target: Target) -> Reply:
        """Judge the call, then let STS, the simulator, a mend or moto do it."""
        if target.service == "sts":
            return self.sts.answer(caller, target) or _not_known(target)
        bucket = self._directory.bucket(target.bucket) if target.bucket else None
        # Anyone may learn that a bucket does not exist.
        is_nowhere = bool(target.bucket) and bucket is None and target.action != "s3:CreateBucket"
        try:
            refusal = None if is_nowhere else self._authority.refusal(caller, target)
        except ValueError as problem:
            return refusals.error(
                target.protocol, target.service, 400, "MalformedPolicyDocument", str(problem)
            )
        if refusal is not None:
            region = bucket.region if bucket is not None else ""
            return refusals.denied(target.protocol, target.service, caller, *refusal, region)
        if target.action == "iam:SimulatePrincipalPolicy":
            return self._simulator.answer(target)
        mended = mend(target, caller.account)
        if mended is not None:
            return mended
        try:
            return self._moto.handle(request, bucket.account if bucket is not None else caller.account)
        except NotKnownToMoto:
            return _not_known(target)
        except Exception as problem:  # noqa: BLE001 - whatever moto raises is told to the client, below
            # A client error, since a server error would be retried 25 times by Terraform before it is shown.
            message = f"The demo's AWS failed in {target.action}: {type(problem).__name__}: {problem}"
            return refusals.error(target.protocol, target.service, 400, "EmbeddedAwsFailure", message)


def _portal_target(operation: str, protocol: Protocol = "rest-json") -> Target:
    service = operation.partition(":")[0]
    return Target(service, operation.partition(":")[2], "us-east-1", protocol, (Need(operation, "*"),))


def _not_known(target: Target) -> Reply:
    """A loud, final answer: the SDKs do not retry it."""
    message = f"The demo's AWS does not know {target.action}."
    return refusals.error(target.protocol, target.service, 400, "InvalidAction", message)


def _failure(fault: Fault, target: Target) -> Reply:
    if fault.drop:
        return NO_REPLY
    if fault.body is not None:
        return Reply(fault.status or 200, fault.body, {"Content-Type": "text/plain"})
    code = fault.code or ("ServiceUnavailable" if fault.status == 503 else "InternalFailure")
    message = fault.message or "The request failed because the demo was told to let it fail."
    return refusals.error(target.protocol, target.service, fault.status, code, message)
