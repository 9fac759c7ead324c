"""Identity, instance profiles, the SQL configuration and warehouses of the pretend workspace."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.demo.workspace.aws_side import AwsRefused, AwsSide
from wizard.demo.workspace.state import PretendWarehouse, Registration, WorkspaceState
from wizard.demo.workspace.wire import Reply, Request, Routes, refused

if TYPE_CHECKING:
    from wizard.demo.workspace.launch import Launcher

CONFIG_PATH = "/api/2.0/sql/config/warehouses"
_PROFILE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:instance-profile/\S+\Z")
_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/\S+\Z")
_POLICIES = ("NONE", "DATA_ACCESS_CONTROL", "PASSTHROUGH")


@dataclass
class Api:
    """Handlers of everything but statements."""

    state: WorkspaceState
    launcher: Launcher
    aws: AwsSide
    workspace_id: int
    host: str
    pass_role: bool
    lenient_config: bool

    def routes(self, routes: Routes) -> None:
        """Adds every route."""
        routes.add("GET", "/api/2.0/preview/scim/v2/Me", self.me)
        routes.add("GET", "/api/2.0/instance-profiles/list", self.list_profiles)
        routes.add("POST", "/api/2.0/instance-profiles/add", self.add_profile)
        routes.add("POST", "/api/2.0/instance-profiles/edit", self.edit_profile)
        routes.add("POST", "/api/2.0/instance-profiles/remove", self.remove_profile)
        routes.add("GET", CONFIG_PATH, self.get_config)
        routes.add("PUT", CONFIG_PATH, self.put_config)
        routes.add("GET", "/api/2.0/sql/warehouses", self.list_warehouses)
        routes.add("GET", "/api/2.0/sql/warehouses/{id}", self.get_warehouse)
        routes.add("POST", "/api/2.0/sql/warehouses/{id}/start", self.start)
        routes.add("POST", "/api/2.0/sql/warehouses/{id}/stop", self.stop)

    def me(self, request: Request) -> Reply:
        """Who the token belongs to; the workspace's id is in the header."""
        groups = [{"display": "users", "type": "direct", "value": "300"}]
        if request.user.admin:
            groups.insert(0, {"display": "admins", "type": "direct", "value": "301"})
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": request.user.number,
            "userName": request.user.name,
            "displayName": request.user.name.split("@")[0].title(),
            "active": True,
            "emails": [{"type": "work", "value": request.user.name, "primary": True}],
            "groups": groups,
        }
        return Reply(200, body, {"X-Databricks-Org-Id": str(self.workspace_id)})

    def list_profiles(self, request: Request) -> Reply:
        """Profiles the caller may use: all for an admin; others were granted none here."""
        with self.state.changed:
            known = [p.as_json() for p in self.state.profiles.values()] if request.user.admin else []
        return Reply(200, {"instance_profiles": known} if known else {})

    def add_profile(self, request: Request) -> Reply:
        """Registers a profile after a dry run in EC2, which really looks for it in IAM."""
        request.admins_only()
        wanted = _registration(request)
        with self.state.changed:
            if wanted.instance_profile_arn in self.state.profiles:
                message = f"The instance profile {wanted.instance_profile_arn} has already been added."
                raise refused(400, "RESOURCE_ALREADY_EXISTS", message)
        if request.body.get("skip_validation") is not True:
            self._dry_run(wanted)
        with self.state.changed:
            self.state.profiles[wanted.instance_profile_arn] = wanted
        return Reply()

    def edit_profile(self, request: Request) -> Reply:
        """Replaces the role of a registered profile."""
        request.admins_only()
        wanted = _registration(request)
        with self.state.changed:
            self._registered(wanted.instance_profile_arn)
            self.state.profiles[wanted.instance_profile_arn] = wanted
        return Reply()

    def remove_profile(self, request: Request) -> Reply:
        """Removes a registration."""
        request.admins_only()
        arn = request.text("instance_profile_arn")
        with self.state.changed:
            self._registered(arn)
            del self.state.profiles[arn]
        return Reply()

    def get_config(self, request: Request) -> Reply:
        """The whole document; non-admins are refused, as recorded on a live workspace."""
        if not request.user.admin:
            raise refused(403, "PERMISSION_DENIED", "This API is reserved to admin users")
        with self.state.changed:
            return Reply(200, copy.deepcopy(self.state.config))

    def put_config(self, request: Request) -> Reply:
        """Replaces the whole document: a key that is not sent is gone. Restarts what runs."""
        request.admins_only()
        wanted = copy.deepcopy(request.body)
        if wanted.get("security_policy") not in _POLICIES:
            message = "Endpoint security policy is required and must be one of " + ", ".join(_POLICIES) + "."
            raise refused(400, "INVALID_PARAMETER_VALUE", message)
        if not isinstance(wanted.get("enable_serverless_compute"), bool):
            if not self.lenient_config:
                raise refused(400, "INVALID_PARAMETER_VALUE", "enable_serverless_compute is required.")
            wanted["enable_serverless_compute"] = True
        if wanted.get("google_service_account"):
            raise refused(400, "INVALID_PARAMETER_VALUE", "Google Service Account is not supported on AWS")
        arn = wanted.get("instance_profile_arn")
        if arn is not None and not (isinstance(arn, str) and _PROFILE_ARN.match(arn)):
            message = (
                "Instance profile has invalid format. "
                "Example valid ARN: arn:aws:iam::1234567890:profile/name."
            )
            raise refused(400, "INVALID_PARAMETER_VALUE", message)
        with self.state.changed:
            self.state.config = wanted
            self.launcher.restart_running()
        return Reply()

    def list_warehouses(self, request: Request) -> Reply:
        """The warehouses the caller can see."""
        with self.state.changed:
            seen = [w for w in self.state.warehouses.values() if request.user.admin or w.user_permission]
            shown = [w.as_json(self.host) for w in seen]
        return Reply(200, {"warehouses": shown} if shown else {})

    def get_warehouse(self, request: Request) -> Reply:
        """One warehouse; a read just after a start may still be the old one."""
        warehouse = self._warehouse(request, "CAN_VIEW", "CAN_USE", "CAN_MANAGE")
        with self.state.changed:
            shown = warehouse.as_json(self.host)
            warehouse.stale_reads = max(0, warehouse.stale_reads - 1)
        return Reply(200, shown)

    def start(self, request: Request) -> Reply:
        """Starts a warehouse; needs CAN_USE; idempotent."""
        self.launcher.start(self._warehouse(request, "CAN_USE", "CAN_MANAGE"))
        return Reply()

    def stop(self, request: Request) -> Reply:
        """Stops a warehouse; needs CAN_MANAGE."""
        self.launcher.stop(self._warehouse(request, "CAN_MANAGE"))
        return Reply()

    def _registered(self, arn: str) -> Registration:
        known = self.state.profiles.get(arn)
        if known is None:
            raise refused(404, "RESOURCE_DOES_NOT_EXIST", f"The instance profile {arn} does not exist.")
        return known

    def _warehouse(self, request: Request, *enough: str) -> PretendWarehouse:
        with self.state.changed:
            warehouse = self.state.warehouses.get(request.names["id"])
        if warehouse is None:
            message = f"The SQL warehouse {request.names['id']} was not found."
            raise refused(404, "RESOURCE_DOES_NOT_EXIST", message)
        if not request.user.admin and warehouse.user_permission not in enough:
            message = f"{request.user.name} is not authorized to use or monitor this SQL Endpoint"
            raise refused(403, "PERMISSION_DENIED", message)
        return warehouse

    def _dry_run(self, wanted: Registration) -> None:
        """What the EC2 dry run would say. Raises Refused.

        Source: https://docs.databricks.com/aws/en/connect/storage/tutorial-s3-instance-profile
        """
        try:
            self.aws.role_in_profile(wanted.profile_name)
        except AwsRefused as refusal:
            if refusal.code != "NoSuchEntity":
                raise _dry_run_failed(refusal.message) from refusal
            raise _dry_run_failed(
                f"Value ({wanted.instance_profile_arn}) for parameter iamInstanceProfile.arn is invalid. "
                "Invalid IAM Instance Profile ARN"
            ) from refusal
        if not self.pass_role:
            raise _dry_run_failed("You are not authorized to perform this operation.")


def _dry_run_failed(said: str) -> Exception:
    message = f"Verification of the instance profile failed. AWS error: {said}"
    return refused(400, "DRY_RUN_FAILED", message)


def _registration(request: Request) -> Registration:
    arn, role = request.text("instance_profile_arn"), request.text("iam_role_arn")
    if not _PROFILE_ARN.match(arn):
        message = (
            "Instance profile has invalid format. Example valid ARN: arn:aws:iam::1234567890:profile/name."
        )
        raise refused(400, "INVALID_PARAMETER_VALUE", message)
    # A registration may hold the profile's ARN as its role: Terraform's provider once wrote such values.
    if role and not (_ROLE_ARN.match(role) or _PROFILE_ARN.match(role)):
        raise refused(400, "INVALID_PARAMETER_VALUE", f"IAM role ARN has invalid format: {role}")
    return Registration(arn, role, request.body.get("is_meta_instance_profile") is True)
