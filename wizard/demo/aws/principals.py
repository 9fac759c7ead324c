"""Who a request comes from: access keys, sessions, and the names a caller answers to."""

from __future__ import annotations

import secrets
import string
import threading
import time
from dataclasses import dataclass, field
from typing import Literal

from wizard.demo.aws.directory import ACCOUNT, Directory, Person
from wizard.demo.aws.policies import Document, Policy

DATABRICKS_ACCOUNT = "790110701330"
DATABRICKS_ROLE = "serverless-customer-resource-role"
"""https://docs.databricks.com/aws/en/admin/sql/serverless names this role for the trust statement."""

_ASSUME_ONLY = Policy(
    "assume-customer-roles",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}},
)


@dataclass(frozen=True)
class Keys:
    """AWS keys of one principal. A session token makes them temporary."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Principal:
    """A caller whose key is known."""

    kind: Literal["root", "user", "role"]
    account: str
    arn: str
    """As AWS writes it in a refusal: a role's session is `arn:aws:sts::…:assumed-role/NAME/SESSION`."""
    name: str
    """User or role name."""
    unique_id: str
    identity_arn: str
    """ARN of the user or role itself; what a trust policy names."""
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session_policy: Policy | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names a resource policy may call this caller directly."""
        return frozenset({self.arn, self.identity_arn})

    @property
    def account_names(self) -> frozenset[str]:
        """The names that mean the caller's whole account."""
        return frozenset({self.account, f"arn:aws:iam::{self.account}:root"})


@dataclass(frozen=True)
class Session:
    """Temporary keys bound to a role."""

    keys: Keys
    account: str
    role_name: str
    name: str
    expires_at: float
    """Seconds since the epoch."""
    policy: Policy | None = None


class KeyRefused(Exception):
    """A request whose key cannot be accepted. `reason` says why."""

    def __init__(self, reason: Literal["unknown", "expired", "unsigned"]) -> None:
        super().__init__(reason)
        self.reason: Literal["unknown", "expired", "unsigned"] = reason


class Keyring:
    """Every key this AWS accepts: root, Databricks, sessions, and the keys of moto's users."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._foreign: dict[str, Principal] = {}
        self._tokens: dict[str, str] = {}
        self.root = Keys(_key_id("AKIA"), _secret())
        self.databricks = self.add_foreign_role(
            f"arn:aws:iam::{DATABRICKS_ACCOUNT}:role/{DATABRICKS_ROLE}", session="databricks-serverless"
        )

    def add_foreign_role(self, role_arn: str, session: str) -> Keys:
        """Keys of a role in an account outside this AWS, which may assume roles and nothing else."""
        account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
        keys = Keys(_key_id("ASIA"), _secret(), secrets.token_urlsafe(96))
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
        unique_id = f"{_key_id('AROA')}:{session}"
        self._foreign[keys.access_key_id] = Principal(
            "role", account, arn, name, unique_id, role_arn, (_ASSUME_ONLY,)
        )
        self._tokens[keys.access_key_id] = keys.session_token
        return keys

    def add_user_key(self, name: str, access_key_id: str = "") -> Keys:
        """Static keys of an IAM user, who is created when missing. They die with the user."""
        return Keys(*self._directory.add_user_key(ACCOUNT, name, access_key_id))

    def open_session(
        self, account: str, role_name: str, name: str, seconds: float, policy: Document | None = None
    ) -> Session:
        """New temporary keys bound to a role. `seconds` may be negative: keys that have expired already."""
        session = Session(
            Keys(_key_id("ASIA"), _secret(), secrets.token_urlsafe(96)),
            account,
            role_name,
            name,
            time.time() + seconds,
            Policy("session", policy) if policy else None,
        )
        with self._lock:
            self._sessions[session.keys.access_key_id] = session
        return session

    def expire_sessions(self) -> None:
        """Let every temporary key die now."""
        with self._lock:
            for key, session in self._sessions.items():
                self._sessions[key] = Session(
                    session.keys, session.account, session.role_name, session.name, 0.0, session.policy
                )

    def identify(self, access_key_id: str, token: str) -> Principal:
        """The caller behind a key and its session token ("" for none).

        Raises KeyRefused when the key is not known or has expired.
        """
        if not access_key_id:
            raise KeyRefused("unsigned")
        if access_key_id == self.root.access_key_id:
            arn = f"arn:aws:iam::{ACCOUNT}:root"
            return Principal("root", ACCOUNT, arn, "root", ACCOUNT, arn)
        if access_key_id in self._foreign and token == self._tokens[access_key_id]:
            return self._foreign[access_key_id]
        with self._lock:
            session = self._sessions.get(access_key_id)
        if session is not None:
            return self._in_session(session, token)
        owned = self._directory.user_of_key(access_key_id)
        if owned is None or token:
            raise KeyRefused("unknown")
        account, user = owned
        return _principal(account, user, user.arn)

    def _in_session(self, session: Session, token: str) -> Principal:
        role = self._directory.role(session.account, session.role_name)
        if token != session.keys.session_token or role is None:
            raise KeyRefused("unknown")
        if time.time() >= session.expires_at:
            raise KeyRefused("expired")
        arn = f"arn:aws:sts::{session.account}:assumed-role/{session.role_name}/{session.name}"
        return _principal(session.account, role, arn, session)


def of_person(account: str, person: Person) -> Principal:
    """The principal a user or role itself is (no session): what a simulation judges."""
    return _principal(account, person, person.arn)


def _principal(account: str, person: Person, arn: str, session: Session | None = None) -> Principal:
    unique_id = f"{person.unique_id}:{session.name}" if session else person.unique_id
    return Principal(
        "role" if person.kind == "role" else "user",
        account,
        arn,
        person.name,
        unique_id,
        person.arn,
        person.policies,
        person.boundary,
        session.policy if session else None,
    )


def _key_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(string.ascii_uppercase + "234567") for _ in range(16))


def _secret() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits + "+/") for _ in range(40))
