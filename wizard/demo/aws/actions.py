"""From an HTTP request to what IAM must allow: actions, resource ARNs, region, protocol.

Action names: https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wizard.demo.aws import s3_actions
from wizard.demo.aws.directory import Directory
from wizard.demo.aws.principals import Principal
from wizard.demo.aws.target import Need, Protocol, Scope, Target
from wizard.demo.aws.wire import Request

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_QUERY_CREDENTIAL = re.compile(r"([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


def scope_of(request: Request) -> Scope:
    """Key, region and service of a signed request (header or presigned URL); empty key when unsigned."""
    found = _CREDENTIAL.search(request.headers.get("authorization", ""))
    if found is not None:
        token = request.headers.get("x-amz-security-token", "")
        return Scope(found.group(1), found.group(2), found.group(3), token)
    found = _QUERY_CREDENTIAL.fullmatch(request.query.get("X-Amz-Credential", ""))
    if found is not None:
        token = request.query.get("X-Amz-Security-Token", "")
        return Scope(found.group(1), found.group(2), found.group(3), token)
    if "AWSAccessKeyId" in request.query:
        # boto3 still presigns for S3 with version 2, which names neither region nor service.
        token = request.query.get("x-amz-security-token", "")
        return Scope(request.query["AWSAccessKeyId"], "us-east-1", "s3", token)
    return Scope("", "us-east-1", _guessed_service(request))


def protocol_of(request: Request, service: str) -> Protocol:
    """The shape in which this service speaks and expects its errors."""
    if service in ("s3", "s3control"):
        return "rest-xml"
    if "x-amz-target" in request.headers:
        return "json"
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "query"
    return "rest-json"


def understand(request: Request, scope: Scope, caller: Principal, directory: Directory) -> Target:
    """What `request` asks for."""
    protocol = protocol_of(request, scope.service)
    if protocol == "rest-xml":
        return s3_actions.understand(request, scope, caller.account)
    if protocol == "query":
        params: Mapping[str, Any] = request.form
        operation = request.form.get("Action", "Unknown")
    elif protocol == "json":
        params, operation = request.json, request.headers["x-amz-target"].rpartition(".")[2]
    else:
        params, operation = request.json, request.path.strip("/").rpartition("/")[2] or request.method
    needs = _needs(scope, operation, params, caller, directory)
    context = {"iam:policyarn": params["PolicyArn"]} if operation.startswith(("Attach", "Detach")) else {}
    return Target(scope.service, operation, scope.region, protocol, needs, params, context=context)


def _guessed_service(request: Request) -> str:
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "sts" if request.form.get("Version") == "2011-06-15" else "iam"
    return request.headers.get("x-amz-target", "s3").partition(".")[0].removeprefix("AWS").lower()


def _needs(
    scope: Scope, operation: str, params: Mapping[str, Any], caller: Principal, directory: Directory
) -> tuple[Need, ...]:
    action = f"{scope.service}:{operation}"
    if scope.service == "iam":
        return _iam_needs(operation, params, caller, directory)
    if scope.service == "sts":
        return (Need(action, str(params.get("RoleArn", "*"))),)
    if scope.service == "glue":
        return _glue_needs(operation, params, f"arn:aws:glue:{scope.region}:{caller.account}")
    if scope.service == "lakeformation":
        catalog = f"arn:aws:lakeformation:{scope.region}:{caller.account}:catalog:{caller.account}"
        role = params.get("RoleArn") if operation == "RegisterResource" else None
        return (Need(action, catalog), *([Need("iam:PassRole", role)] if role else []))
    if scope.service == "kms":
        return _kms_needs(operation, params, scope.region, caller.account, directory)
    return (Need(action, "*"),)


def _kms_needs(
    operation: str, params: Mapping[str, Any], region: str, account: str, directory: Directory
) -> tuple[Need, ...]:
    """A key is named by its id, its ARN or an alias, and is what is checked; an alias is checked only when it is made,
    changed or deleted, beside the keys it names before and after.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    """
    action, prefix = f"kms:{operation}", f"arn:aws:kms:{region}:{account}"
    if operation == "CreateKey":
        tagged = [Need("kms:TagResource", f"{prefix}:key/*")] if params.get("Tags") else []
        return (Need(action, "*"), *tagged)
    arns: list[str] = []
    for name in (str(params[each]) for each in ("AliasName", "KeyId", "TargetKeyId") if params.get(each)):
        alias = name.rpartition(":")[2] if name.rpartition(":")[2].startswith("alias/") else ""
        key = directory.key_behind(account, region, alias) if alias else name
        if alias and (operation.endswith("Alias") or not key):
            arns.append(f"{prefix}:{alias}")
        if key:
            arns.append(key if key.startswith("arn:") else f"{prefix}:key/{key}")
    return tuple(Need(action, arn) for arn in dict.fromkeys(arns) or ["*"])


_IAM_ENTITIES = (
    ("InstanceProfileName", "instance-profile"),
    ("GroupName", "group"),
    ("RoleName", "role"),
    ("UserName", "user"),
)
_LISTS = {
    "ListRoles": "role",
    "ListUsers": "user",
    "ListGroups": "group",
    "ListPolicies": "policy",
    "ListInstanceProfiles": "instance-profile",
}
_SELF_SERVICE = ("GetUser", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey")
_TAGS_AT_BIRTH = {
    "CreateRole": "TagRole",
    "CreateUser": "TagUser",
    "CreatePolicy": "TagPolicy",
    "CreateInstanceProfile": "TagInstanceProfile",
    "CreateOpenIDConnectProvider": "TagOpenIDConnectProvider",
}


def _iam_needs(
    operation: str, params: Mapping[str, Any], caller: Principal, directory: Directory
) -> tuple[Need, ...]:
    arn, shown = _iam_resource(operation, params, caller, directory)
    needs = [Need(f"iam:{operation}", arn, shown)]
    if operation in _TAGS_AT_BIRTH and any(name.startswith("Tags.member.1") for name in params):
        needs.append(Need(f"iam:{_TAGS_AT_BIRTH[operation]}", arn))
    if operation == "AddRoleToInstanceProfile":
        needs.append(Need("iam:PassRole", directory.arn(caller.account, "role", params.get("RoleName", ""))))
    return tuple(needs)


def _iam_resource(
    operation: str, params: Mapping[str, Any], caller: Principal, directory: Directory
) -> tuple[str, str]:
    """(ARN, how AWS writes it): what exists is named shortly, what is to be made by its full ARN."""
    account = caller.account
    if operation == "SimulatePrincipalPolicy":
        return str(params.get("PolicySourceArn", "*")), ""
    if operation in _LISTS:
        return f"arn:aws:iam::{account}:{_LISTS[operation]}/", ""
    if operation == "CreatePolicy":
        name = params.get("PolicyName", "")
        return f"arn:aws:iam::{account}:policy{params.get('Path', '/')}{name}", f"policy {name}"
    if "OpenIDConnectProvider" in operation:
        url = params.get("Url", "*").removeprefix("https://")
        return params.get("OpenIDConnectProviderArn", f"arn:aws:iam::{account}:oidc-provider/{url}"), ""
    for param, kind in _IAM_ENTITIES:
        if param in params:
            name = params[param]
            arn = directory.arn(account, kind, name, params.get("Path", "/"))
            is_birth = operation == f"Create{kind.title().replace('-', '')}"
            return arn, "" if is_birth else f"{kind.replace('-', ' ')} {name}"
    if "PolicyArn" in params:
        return params["PolicyArn"], f"policy {params['PolicyArn']}"
    if operation in _SELF_SERVICE and caller.kind == "user":
        return caller.identity_arn, f"user {caller.name}"
    return "*", ""


_GLUE_TABLES = ("Table", "Partition", "ColumnStatistics")


def _glue_needs(operation: str, params: Mapping[str, Any], prefix: str) -> tuple[Need, ...]:
    """Glue checks the whole way down: the table, its database, the catalog."""
    action = f"glue:{operation}"
    if "ResourceArn" in params:
        return (Need(action, str(params["ResourceArn"])),)
    if operation.endswith("Databases"):
        return (Need(action, f"{prefix}:catalog"),)
    if operation.endswith("Crawler"):
        return _crawler_needs(action, params, prefix)
    about_table = any(word in operation for word in _GLUE_TABLES)
    database = params.get("DatabaseName")
    table = params.get("TableName")
    if not about_table:
        database = database or params.get("Name") or _nested(params, "DatabaseInput")
    else:
        table = table or params.get("Name") or _nested(params, "TableInput")
    if not database:
        return (Need(action, "*" if not about_table else f"{prefix}:catalog"),)
    arns = [f"{prefix}:database/{str(database).lower()}", f"{prefix}:catalog"]
    if about_table:
        arns.insert(0, f"{prefix}:table/{str(database).lower()}/{str(table or '*').lower()}")
    needs = [Need(action, arn) for arn in arns]
    if operation == "CreateDatabase" and params.get("Tags"):
        needs.append(Need("glue:TagResource", arns[0]))
    return tuple(needs)


def _crawler_needs(action: str, params: Mapping[str, Any], prefix: str) -> tuple[Need, ...]:
    """Whoever gives a crawler its role must be allowed to pass it on.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
    """
    needs = [Need(action, f"{prefix}:crawler/{params.get('Name', '*')}")]
    if params.get("Role") and action in ("glue:CreateCrawler", "glue:UpdateCrawler"):
        role, account = str(params["Role"]), prefix.rpartition(":")[2]
        arn = role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"
        needs.append(Need("iam:PassRole", arn))
    if params.get("Tags"):
        needs.append(Need("glue:TagResource", needs[0].resource))
    return tuple(needs)


def _nested(params: Mapping[str, Any], name: str) -> str:
    inner = params.get(name)
    return str(inner.get("Name", "")) if isinstance(inner, Mapping) else ""
