"""What an apply that was cut short made and the state does not know, where making it again does not fail.

Of most things AWS has one of a name: `standing` looks for those and takes them into the state. Others can be made
twice without a word, and then nobody knows of the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from wizard.core.event import Planned
from wizard.core.facts import AwsIdentity, Facts, Machine
from wizard.core.lazy import lazy
from wizard.core.text import one_line
from wizard.services import Services
from wizard.steps import needed
from wizard.steps.parts import signed_in

if TYPE_CHECKING:
    from wizard.services.aws import errors, strays
    from wizard.services.aws.requirements import ResourceRef
    from wizard.services.terraform import mending
else:
    errors = lazy("wizard.services.aws.errors")
    mending = lazy("wizard.services.terraform.mending")
    strays = lazy("wizard.services.aws.strays")

KEY, KMS = "aws_iam_access_key", "aws_kms_key"
DOUBLED = (KEY, KMS)
"""Types of which every apply makes one more: an access key that is a secret lying about, a KMS key that costs money."""
_LISTED = {
    "aws_iam_role": "aws iam list-roles --query \"Roles[?CreateDate>='{since}'].RoleName\"",
    "aws_iam_user": "aws iam list-users --query \"Users[?CreateDate>='{since}'].UserName\"",
    "aws_iam_policy": "aws iam list-policies --scope Local --query \"Policies[?CreateDate>='{since}'].Arn\"",
    "aws_iam_instance_profile": "aws iam list-instance-profiles "
    "--query \"InstanceProfiles[?CreateDate>='{since}'].InstanceProfileName\"",
    "aws_s3_bucket": "aws s3api list-buckets --query \"Buckets[?CreationDate>='{since}'].Name\"",
}
"""Types whose name may be made up (`name_prefix`, `bucket_prefix`) -> the command that lists the latest of them."""
REPEATED = (
    "aws_iam_group_membership",
    "aws_iam_group_policy",
    "aws_iam_group_policy_attachment",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_user_policy",
    "aws_iam_user_policy_attachment",
    "aws_kms_key_policy",
    "aws_lakeformation_data_lake_settings",
    "aws_lakeformation_permissions",
    "aws_lakeformation_resource",
    "aws_s3_bucket_acl",
    "aws_s3_bucket_cors_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_notification",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_website_configuration",
    "aws_s3_object",
)
"""Types that the next apply just puts again, in the same place: nothing is left over, and nothing is to be done."""


def warnings(facts: Facts, services: Services, plan: Planned) -> tuple[str, ...]:
    """What to say before the yes of things that AWS has and the state does not know. Changes nothing, never raises."""
    machine, who = facts.need(Machine), facts.need(AwsIdentity)
    folder = Path(machine.module)
    refs = [
        ref
        for ref in needed.resources(folder, services.environ, who.account)
        if ref.type in (*DOUBLED, *_LISTED) and not ref.address.startswith("data.")
    ]
    found = list(_access_keys(refs, services))
    last = mending.last_apply(folder, services.paths.state / "runs")
    if last is not None and last.code and last.started is not None:
        made = {each.address for each in plan.changes if each.action == "create"}
        if any(f"{KMS}." in address for address in made):
            found += _kms_keys(refs, services, last.started)
        nameless = [ref for ref in refs if ref.type in _LISTED and ref.address in made and not ref.name]
        found += _nameless(nameless, last.started)
    return tuple(found)


def _access_keys(refs: list[ResourceRef], services: Services) -> Iterator[str]:
    keys = [ref for ref in refs if ref.type == KEY]
    known = {ref.name for ref in keys if ref.exists}
    for user in dict.fromkeys(ref.parent for ref in keys if ref.parent):
        try:
            found = strays.access_keys(signed_in(services), user, known)
        except errors.failures() as error:
            yield f"Whether user {user} has access keys that the state does not know cannot be told: {_said(error)}"
            continue
        for each in found:
            yield (
                f"User {user} has an access key that the state does not know: {each.id}, made {_when(each.made)}. "
                "If an apply that was cut short made it, nobody holds its secret; delete it with: "
                f"aws iam delete-access-key --user-name {quote(user)} --access-key-id {quote(each.id)}"
            )


def _kms_keys(refs: list[ResourceRef], services: Services, since: datetime) -> Iterator[str]:
    keys = [ref for ref in refs if ref.type == KMS]
    known = {each for ref in keys if ref.exists for each in (ref.name, ref.arn)}
    session = signed_in(services)
    for region in dict.fromkeys(ref.region or session.region for ref in keys):
        try:
            found = strays.kms_keys(session, region, since, known)
        except errors.failures() as error:
            yield f"Whether the last apply, which failed, left a KMS key in {region} cannot be told: {_said(error)}"
            continue
        for each in found:
            yield (
                f"Since the last apply, which failed, a KMS key came to be in {region} that the state does not know: "
                f"{each.id}, made {_when(each.made)}. It costs money; if it is of that apply, delete it with: "
                f"aws kms schedule-key-deletion --region {quote(region)} --key-id {quote(each.id)}"
            )


def _nameless(refs: list[ResourceRef], since: datetime) -> Iterator[str]:
    """Where AWS or Terraform makes the name up, only the time tells."""
    for kind in dict.fromkeys(ref.type for ref in refs):
        names = one_line(", ".join(ref.address for ref in refs if ref.type == kind), 200)
        command = _LISTED[kind].format(since=f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}")
        yield (
            f"The last apply failed, and the name of {names} is not known before it is made: whether it was made and "
            f"lost, only you can tell. This lists what came to be since: {command}"
        )


def _when(moment: datetime) -> str:
    return f"{moment.astimezone():%d %b %H:%M}"


def _said(error: Exception) -> str:
    return one_line(error, 200)
