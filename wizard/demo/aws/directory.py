"""What moto's IAM and S3 hold right now, in our own types: the only reader of moto's backends.

Everything is looked up at the moment of asking, so a policy that Terraform attaches counts at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from wizard.demo.aws.policies import Document, Policy, parse

PARTITION = "aws"
ACCOUNT = "123456789012"

AWS_MANAGED = (
    "AdministratorAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AWSGlueConsoleFullAccess",
    "AWSLakeFormationDataAdmin",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
    "ViewOnlyAccess",
)
"""AWS managed policies this account knows; all 1582 would cost a fifth of a second at every start."""


@dataclass(frozen=True)
class Person:
    """An IAM user or role as moto holds it."""

    kind: str
    """"user" or "role"."""
    name: str
    arn: str
    unique_id: str
    policies: tuple[Policy, ...]
    boundary: Policy | None = None


@dataclass(frozen=True)
class Bucket:
    """The parts of a bucket that decide access."""

    name: str
    account: str
    region: str
    policy: Document | None
    keys: frozenset[str]


class Directory:
    """Typed look-ups in moto's backends of this process."""

    def user_of_key(self, access_key_id: str) -> tuple[str, Person] | None:
        """(account number, user) owning an active access key, or None."""
        from moto.iam.models import iam_backends

        for account, partitions in list(iam_backends.items()):
            for user in list(partitions[PARTITION].users.values()):
                for key in user.access_keys:
                    if key.access_key_id == access_key_id and key.status == "Active":
                        return account, self._user(account, user)
        return None

    def user(self, account: str, name: str) -> Person | None:
        """The IAM user of that name, or None."""
        found = _iam(account).users.get(name)
        return self._user(account, found) if found is not None else None

    def role(self, account: str, name: str) -> Person | None:
        """The IAM role of that name, or None."""
        found = self._role(account, name)
        if found is None:
            return None
        boundary = _iam(account).managed_policies.get(found.permissions_boundary_arn or "")
        return Person(
            "role",
            found.name,
            found.arn,
            found.id,
            tuple(_policies(found)),
            _managed(boundary) if boundary is not None else None,
        )

    def trust_of(self, account: str, name: str) -> Document | None:
        """The trust policy of a role, or None when there is no such role."""
        found = self._role(account, name)
        return parse(found.assume_role_policy_document) if found is not None else None

    def arn(self, account: str, kind: str, name: str, path: str = "/") -> str:
        """ARN of a user, role, group, instance profile or policy: its real path when it exists."""
        backend = _iam(account)
        found: Any = None
        if kind == "role":
            found = self._role(account, name)
        elif kind == "user":
            found = backend.users.get(name)
        elif kind == "group":
            found = backend.groups.get(name)
        elif kind == "instance-profile":
            found = next((p for p in backend.instance_profiles.values() if p.name == name), None)
        return str(found.arn) if found is not None else f"arn:aws:iam::{account}:{kind}{path}{name}"

    def bucket(self, name: str) -> Bucket | None:
        """The bucket of that name, whichever account of this AWS owns it, or None."""
        from moto.s3.models import s3_backends

        place = s3_backends.bucket_accounts.get(name)
        if place is None:
            return None
        partition, account = place
        found: Any = s3_backends[account][partition].buckets.get(name)
        if found is None:
            return None
        policy = parse(found.policy.decode()) if found.policy else None
        return Bucket(name, account, found.region_name, policy, frozenset(found.keys.keys()))

    def key_behind(self, account: str, region: str, alias: str) -> str:
        """ARN of the KMS key that `alias/…` names; empty when there is no such alias."""
        from moto.kms.models import kms_backends

        backend = kms_backends[account][region]
        return next((str(key.arn) for key in backend.keys.values() if alias in key.aliases), "")

    def add_user_key(self, account: str, name: str, access_key_id: str) -> tuple[str, str]:
        """(key id, secret) of a new access key of the user, who is created when missing."""
        backend = _iam(account)
        if name not in backend.users:
            backend.create_user("us-east-1", name)
        key = backend.create_access_key(name)
        if access_key_id:
            del backend.access_keys[key.access_key_id]
            key.access_key_id = access_key_id
            backend.access_keys[access_key_id] = key
        return key.access_key_id, key.secret_access_key

    def add_role(
        self,
        account: str,
        name: str,
        path: str,
        trust: Mapping[str, Any],
        policies: Iterable[Mapping[str, Any]],
        seconds: int,
    ) -> str:
        """Create a role with inline policies and return its ARN."""
        backend = _iam(account)
        role = backend.create_role(name, json.dumps(trust), path, None, "", [], str(seconds))
        for number, document in enumerate(policies, 1):
            role.put_policy(f"inline-{number}", json.dumps(document))
        return str(role.arn)

    def load_managed_policies(self, account: str) -> None:
        """Put the AWS managed policies of `AWS_MANAGED` into an account."""
        from moto.iam.models import AWSManagedPolicy

        backend = _iam(account)
        for name, data in _managed_data().items():
            policy = AWSManagedPolicy.from_data(name, account, backend.region_name, data)
            backend.managed_policies[policy.arn] = policy

    def _role(self, account: str, name: str) -> Any:
        return next((role for role in list(_iam(account).roles.values()) if role.name == name), None)

    def _user(self, account: str, user: Any) -> Person:
        policies = list(_policies(user))
        for group in _iam(account).get_groups_for_user(user.name):
            policies.extend(_policies(group))
        return Person("user", user.name, user.arn, user.id, tuple(policies))


@lru_cache(maxsize=1)
def _managed_data() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    every = json.loads(aws_managed_policies_data)
    return {name: every[name] for name in AWS_MANAGED if name in every}


def _iam(account: str) -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[account][PARTITION]


def _policies(holder: Any) -> Iterable[Policy]:
    """Inline and attached policies of a user, role or group."""
    inline = holder.policies
    for name, document in list(inline.items()):
        yield Policy(name, parse(document))
    for attached in list(holder.managed_policies.values()):
        yield _managed(attached)


def _managed(policy: Any) -> Policy:
    version = next(v for v in policy.versions if v.version_id == policy.default_version_id)
    return Policy(policy.name, parse(version.document), policy.arn)
