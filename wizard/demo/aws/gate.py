"""The gate in front of moto: who is asking, may they, what is ordered to fail, and the call log."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.demo.aws import refusals
from wizard.demo.aws.actions import protocol_of, scope_of, understand
from wizard.demo.aws.authority import Authority
from wizard.demo.aws.directory import ACCOUNT, Directory
from wizard.demo.aws.faults import Fault, Faults
from wizard.demo.aws.mends import mend
from wizard.demo.aws.moto_app import MotoApp, NotKnownToMoto
from wizard.demo.aws.portal import Portal
from wizard.demo.aws.principals import Keyring, KeyRefused, Principal
from wizard.demo.aws.simulate import PolicySimulator
from wizard.demo.aws.sts import SecurityTokenService
from wizard.demo.aws.target import Need, Protocol, Target
from wizard.demo.aws.wire import Reply, Request, json_reply

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
        self._sts = SecurityTokenService(keyring, directory, authority)
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
        at = time.time()
        scope = scope_of(request)
        portal_operation = "" if scope.access_key_id else self._portal.operation(request)
        if portal_operation == "page":
            return self._portal.answer(request)
        if portal_operation == "" and not scope.access_key_id and request.path == "/":
            if request.method in ("GET", "HEAD"):
                return json_reply({"message": "The demo's pretend AWS is running."})
        if self.latency > 0:
            time.sleep(self.latency)
        if portal_operation:
            target = _portal_target(portal_operation)
            reply = self._with_faults(target, lambda: self._portal.answer(request))
            self._log(at, target, "", reply)
            return reply
        protocol = protocol_of(request, scope.service)
        try:
            caller = self._keyring.identify(scope.access_key_id, scope.token)
        except KeyRefused as refused:
            target = understand(request, scope, _NOBODY, self._directory)
            reply = refusals.key_refused(protocol, scope.service, refused.reason)
            self._log(at, target, "", reply)
            return reply
        target = understand(request, scope, caller, self._directory)
        reply = self._with_faults(target, lambda: self._answer(request, caller, target))
        self._log(at, target, caller.arn, reply)
        return reply

    def _with_faults(self, target: Target, answer: object) -> Reply:
        raise NotImplementedError


def _portal_target(operation: str) -> Target:
    raise NotImplementedError
