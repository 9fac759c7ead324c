"""Answers moto 5.2 gives wrongly or not at all; without the first two `terraform destroy` does not end."""

from __future__ import annotations

import uuid
from typing import Any

from wizard.demo.aws import refusals
from wizard.demo.aws.target import Target
from wizard.demo.aws.wire import Reply, json_reply, xml_reply


def mend(target: Target, account: str) -> Reply | None:
    """Our answer in place of moto's; None where moto's is right."""
    if target.action == "iam:ListServiceSpecificCredentials":
        return _no_service_credentials()
    if target.action == "lakeformation:RevokePermissions":
        return _nothing_left_to_revoke(target, account)
    if target.action == "lakeformation:ListPermissions":
        return _granted_on_tables(target, account)
    if target.action == "glue:UpdateCrawler":
        return _changed_crawler(target, account)
    if target.action == "iam:DeleteUser":
        return _still_has_keys(target, account)
    return None


def _no_service_credentials() -> Reply:
    return xml_reply(
        '<ListServiceSpecificCredentialsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        "<ListServiceSpecificCredentialsResult><ServiceSpecificCredentials/>"
        "</ListServiceSpecificCredentialsResult>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        "</ListServiceSpecificCredentialsResponse>"
    )


def _nothing_left_to_revoke(target: Target, account: str) -> Reply | None:
    """The provider revokes until it is told that nothing is left; moto would say 200 for ever."""
    from moto.lakeformation.models import lakeformation_backends

    params = target.params
    grants: Any = lakeformation_backends[account][target.region].grants
    catalog = grants.get(params.get("CatalogId") or account)
    if catalog is not None:
        # moto changes a grant inside its set, after which the set cannot find it. A copied set
        # keeps the old hashes; one made from an iterator does not.
        catalog.permissions = set(iter(catalog.permissions))
        for grant in catalog.permissions:
            if grant.principal != params.get("Principal") or grant.resource != params.get("Resource"):
                continue
            if set(grant.permissions) & set(params.get("Permissions") or ()):
                return None
            if set(grant.permissions_with_grant_options) & set(
                params.get("PermissionsWithGrantOption") or ()
            ):
                return None
    message = "No permissions revoked. Grantee has no permissions and no grant options on resource."
    return refusals.error("rest-json", "lakeformation", 400, "InvalidInputException", message)


def _granted_on_tables(target: Target, account: str) -> Reply | None:
    """moto stumbles where grants on one table and on all of a database stand side by side, and knows no LF-Tags."""
    from moto.lakeformation.models import lakeformation_backends

    params = target.params
    wanted: dict[str, Any] = (params.get("Resource") or {}).get("Table") or {}
    tagged = params.get("ResourceType") == "LF_TAG_POLICY"
    if not wanted and not tagged:
        return None
    grants: Any = lakeformation_backends[account][target.region].grants
    catalog = grants.get(params.get("CatalogId") or account)

    def fits(grant: Any) -> bool:
        if params.get("Principal") not in (None, grant.principal):
            return False
        if tagged:
            return "LFTagPolicy" in grant.resource
        held = grant.resource.get("Table") or grant.resource.get("TableWithColumns") or {}
        return all(held.get(name) == wanted.get(name) for name in ("DatabaseName", "Name"))

    found = [grant.to_external_form() for grant in (catalog.permissions if catalog else ()) if fits(grant)]
    return json_reply({"PrincipalResourcePermissions": found})


def _changed_crawler(target: Target, account: str) -> Reply:
    """moto has no UpdateCrawler."""
    from moto.glue.models import glue_backends

    crawler: Any = glue_backends[account][target.region].crawlers.get(str(target.params.get("Name", "")))
    if crawler is None:
        message = f"Crawler {target.params.get('Name')} not found."
        return refusals.error("json", "glue", 400, "EntityNotFoundException", message)
    for name, attribute in (("Description", "description"), ("Role", "role"), ("Targets", "targets")):
        if name in target.params:
            setattr(crawler, attribute, target.params[name])
    return json_reply({})


def _still_has_keys(target: Target, account: str) -> Reply | None:
    """AWS keeps a user whose access keys have not been deleted; moto lets it go.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
    """
    from moto.iam.models import iam_backends

    user: Any = iam_backends[account]["aws"].users.get(str(target.params.get("UserName", "")))
    if user is None or not user.access_keys:
        return None
    message = "Cannot delete entity, must delete access keys first."
    return refusals.error("query", "iam", 409, "DeleteConflict", message)
