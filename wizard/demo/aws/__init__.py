"""The embedded AWS: moto behind a gate of ours, over real HTTP on the loopback interface.

boto3 and the real Terraform provider talk to it unchanged (`AWS_ENDPOINT_URL` = `url`). It holds real
IAM policies and judges every call by them, so a right that Terraform grants is a right from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from wizard.demo.aws.authority import Authority, Guardrail
from wizard.demo.aws.clients import ClientFactory
from wizard.demo.aws.directory import ACCOUNT, Directory
from wizard.demo.aws.faults import Fault, Faults
from wizard.demo.aws.gate import Call, Gate
from wizard.demo.aws.moto_app import MotoApp
from wizard.demo.aws.portal import Portal
from wizard.demo.aws.principals import Keyring, Keys
from wizard.demo.aws.server import LoopbackServer

__all__ = ["Call", "EmbeddedAws", "Fault", "Faults", "Keys", "Portal"]

_only_one = threading.Lock()


class EmbeddedAws:
    """A fresh AWS, serving from construction until `close` (or the end of a `with` block).

    Only one can be open in a process: moto keeps its state in module globals.
    Raises RuntimeError when another one is open, OSError when no port is free.
    """

    def __init__(self, *, latency: float = 0.0) -> None:
        if not _only_one.acquire(blocking=False):
            raise RuntimeError("An embedded AWS is already open in this process. Close it first.")
        self._stack = ExitStack()
        self._stack.callback(_only_one.release)
        try:
            moto, directory = MotoApp(), Directory()
            self._stack.callback(moto.close)
            directory.load_managed_policies(ACCOUNT)
            self._keyring = Keyring(directory)
            self._authority = Authority(directory)
            self.portal = Portal("", self._keyring, directory)
            self._gate = Gate(moto, self._keyring, directory, self._authority, self.portal)
            self._gate.latency = latency
            server = LoopbackServer(self._gate)
            self._stack.callback(server.close)
        except BaseException:
            self._stack.close()
            raise
        self.url = self.portal.url = server.url
        self.account_id = ACCOUNT
        self._clients = ClientFactory(self.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def root(self) -> Keys:
        """Keys that may do everything; for seeding."""
        return self._keyring.root

    @property
    def databricks(self) -> Keys:
        """Keys of Databricks' serverless role, in Databricks' account: may assume roles and nothing else."""
        return self._keyring.databricks

    @property
    def calls(self) -> Sequence[Call]:
        """The calls answered so far, in order: a snapshot."""
        return self._gate.calls

    @property
    def faults(self) -> Faults:
        """Failures on order."""
        return self._gate.faults

    @property
    def latency(self) -> float:
        """Seconds every call takes at least."""
        return self._gate.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._gate.latency = seconds

    def keys_for_user(self, name: str, access_key_id: str = "") -> Keys:
        """Static keys of the IAM user `name`, who is created when missing.

        They die with the user. `access_key_id` sets a well-known key id; a random one when empty.
        """
        return self._keyring.add_user_key(name, access_key_id)

    def keys_for_role(self, name: str, session: str = "session", seconds: float = 3600.0) -> Keys:
        """Session keys of the IAM role `name`, past its trust policy; expired ones when `seconds` <= 0."""
        return self._keyring.open_session(ACCOUNT, name, session, seconds).keys

    def keys_for_foreign_role(self, role_arn: str, session: str = "session") -> Keys:
        """Keys of a role in an account outside this AWS: may assume roles and nothing else."""
        return self._keyring.add_foreign_role(role_arn, session)

    def trust_web_token(self, token: str) -> None:
        """Let this web identity token be good from now on."""
        self._gate.sts.web_tokens.add(token)

    def expire_sessions(self) -> None:
        """Let every temporary key handed out so far die now."""
        self._keyring.expire_sessions()

    def restrict(
        self,
        principal_pattern: str,
        actions: Sequence[str],
        *,
        layer: str,
        policy_arn: str = "",
        resources: Sequence[str] = ("*",),
    ) -> None:
        """Put a guardrail around principals: an explicit deny, refused in that layer's own words.

        `principal_pattern` is an ARN that may hold `*`; it is compared with the session's ARN and with
        the role's. `layer` is service_control_policy, resource_control_policy, permissions_boundary,
        session_policy or vpc_endpoint_policy. Raises ValueError for another layer.
        """
        guardrail = Guardrail(principal_pattern, tuple(actions), tuple(resources), layer, policy_arn)
        self._authority.restrict(guardrail)

    def lift(self, layer: str = "") -> None:
        """Take down the guardrails of a layer; all of them when no layer is named."""
        self._authority.lift(layer)

    def client(self, service: str, keys: Keys | None = None, region: str = "us-east-1") -> Any:
        """A boto3 client of this AWS, with root's keys unless others are given."""
        return self._clients.client(service, keys or self.root, region)

    def close(self) -> None:
        """Stop serving and forget everything. Calling it twice does no harm."""
        self._stack.close()
