"""Starting and stopping warehouses: the part of the workspace that really tries.

Which failure code Databricks gives for which broken joint is not documented; the codes here are our best
reading of the descriptions of `TerminationReasonCode` in the REST reference of the SQL warehouses API.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.demo.workspace.aws_side import AwsRefused, AwsSide
from wizard.demo.workspace.wire import Json, refused

if TYPE_CHECKING:
    from wizard.demo.workspace.state import PretendWarehouse, WorkspaceState

RETRY_SUMMARY = "Clusters are failing to launch. Cluster launch will be retried."


@dataclass(eq=False)
class LaunchFailure(Exception):
    """Why a cluster could not be launched."""

    code: str
    type: str
    details: str
    said: str
    """What AWS said, or the sentence Databricks would put in its place."""
    final: bool = True
    """False: keeps STARTING for ever, as classic compute that cannot launch does."""

    def health(self, status: str) -> Json:
        """The `health` object of the warehouse."""
        return {
            "status": status,
            "summary": RETRY_SUMMARY,
            "details": self.details,
            "failure_reason": {
                "code": self.code,
                "type": self.type,
                "parameters": {"databricks_error_message": self.said},
            },
        }


class Launcher:
    """Moves warehouses between their states with timers; every attempt asks AWS afresh."""

    def __init__(
        self, state: WorkspaceState, aws: AwsSide, *, start_seconds: float, attempts: int, stale_reads: int
    ) -> None:
        self._state = state
        self._aws = aws
        self._seconds = start_seconds
        self._attempts = attempts
        self._stale_reads = stale_reads
        self._timers: set[threading.Timer] = set()
        self._closed = False

    def start(self, warehouse: PretendWarehouse) -> None:
        """Begins a start; does nothing when it is up or on its way. Raises Refused while it is stopping."""
        with self._state.changed:
            if warehouse.state in ("RUNNING", "STARTING"):
                return
            if warehouse.state != "STOPPED":
                message = f"SQL warehouse {warehouse.id} is {warehouse.state} and cannot be started now."
                raise refused(400, "INVALID_STATE", message)
            warehouse.stale_reads = self._stale_reads
            self._launch(warehouse)

    def stop(self, warehouse: PretendWarehouse) -> None:
        """Begins a stop; nothing happens when it is down already."""
        with self._state.changed:
            if warehouse.state in ("STOPPED", "STOPPING"):
                return
            warehouse.start_number += 1
            warehouse.state, warehouse.num_clusters, warehouse.role_arn = "STOPPING", 0, ""
            warehouse.stale_reads = 0
            self._later(self._seconds / 5, self._stopped, warehouse, warehouse.start_number)
            self._state.changed.notify_all()

    def restart_running(self) -> None:
        """What a change of the workspace's SQL configuration does to running warehouses.

        Source: https://docs.databricks.com/aws/en/admin/sql/data-access-configuration
        """
        with self._state.changed:
            for warehouse in self._state.warehouses.values():
                if warehouse.state in ("RUNNING", "STARTING"):
                    self._launch(warehouse)

    def close(self) -> None:
        """Forgets every pending timer."""
        with self._state.changed:
            self._closed = True
            for timer in self._timers:
                timer.cancel()
            self._timers.clear()

    def _launch(self, warehouse: PretendWarehouse) -> None:
        warehouse.start_number += 1
        warehouse.state, warehouse.num_clusters, warehouse.role_arn = "STARTING", 0, ""
        warehouse.health = {}
        self._later(self._seconds, self._attempt, warehouse, warehouse.start_number, 1)
        self._state.changed.notify_all()

    def _later(self, seconds: float, action: object, *arguments: object) -> None:
        def run() -> None:
            with self._state.changed:
                self._timers.discard(timer)
            if callable(action):
                action(*arguments)

        timer = threading.Timer(seconds, run)
        timer.daemon = True
        if not self._closed:
            self._timers.add(timer)
            timer.start()

    def _stopped(self, warehouse: PretendWarehouse, number: int) -> None:
        with self._state.changed:
            if warehouse.start_number == number:
                warehouse.state, warehouse.health = "STOPPED", {}
                self._state.changed.notify_all()

    def _attempt(self, warehouse: PretendWarehouse, number: int, attempt: int) -> None:
        failure: LaunchFailure | None = None
        role = ""
        try:
            role = self._reach(warehouse)
        except LaunchFailure as refusal:
            failure = refusal
        with self._state.changed:
            if warehouse.start_number != number:
                return
            warehouse.stale_reads = 0
            if failure is None:
                warehouse.state, warehouse.num_clusters = "RUNNING", 1
                warehouse.role_arn, warehouse.health = role, {"status": "HEALTHY"}
            elif failure.final and attempt >= self._attempts:
                warehouse.state, warehouse.health = "STOPPED", failure.health("FAILED")
            else:
                warehouse.health = failure.health("DEGRADED")
                self._later(self._seconds, self._attempt, warehouse, number, attempt + 1)
            self._state.changed.notify_all()

    def _reach(self, warehouse: PretendWarehouse) -> str:
        """The role the cluster will read data with; empty without a profile. Raises LaunchFailure."""
        if not warehouse.serverless:
            raise LaunchFailure(
                "CLOUD_PROVIDER_LAUNCH_FAILURE",
                "CLOUD_FAILURE",
                "Classic compute needs instances in the customer's account; none could be launched.",
                "A cloud provider error was encountered while launching worker nodes.",
                final=False,
            )
        with self._state.changed:
            arn = str(self._state.config.get("instance_profile_arn") or "")
            registration = self._state.profiles.get(arn)
        if not arn:
            return ""
        if registration is None:
            said = f"The instance profile {arn} is not registered in this workspace."
            raise LaunchFailure("INVALID_ARGUMENT", "CLIENT_ERROR", said, said)
        try:
            wrapped = self._aws.role_in_profile(registration.profile_name)
        except AwsRefused as refusal:
            raise _profile_failure(refusal) from refusal
        expected = registration.iam_role_arn
        if not wrapped or (
            wrapped != expected if expected else wrapped.rsplit("/", 1)[-1] != registration.role_name
        ):
            said = (
                f"Instance profile {registration.profile_name} does not contain the role "
                f"{expected or registration.role_name}."
            )
            raise LaunchFailure(
                "AWS_INSTANCE_PROFILE_UPDATE_FAILURE",
                "CLIENT_ERROR",
                "Failed to update the instance profile of the cluster.",
                said,
            )
        try:
            self._aws.assume(wrapped)
        except AwsRefused as refusal:
            raise _assume_failure(refusal) from refusal
        return wrapped


def _profile_failure(refusal: AwsRefused) -> LaunchFailure:
    if refusal.status == 0 or refusal.status >= 500:
        return _aws_silent(refusal)
    return LaunchFailure(
        "AWS_INSTANCE_PROFILE_UPDATE_FAILURE",
        "CLIENT_ERROR",
        "Failed to update the instance profile of the cluster.",
        refusal.message,
    )


def _assume_failure(refusal: AwsRefused) -> LaunchFailure:
    if refusal.status == 0 or refusal.status >= 500:
        return _aws_silent(refusal)
    return LaunchFailure(
        "AWS_AUTHORIZATION_FAILURE",
        "CLIENT_ERROR",
        "The IAM role of the instance profile could not be assumed by Databricks serverless compute.",
        f"{refusal.message} (Service: AWSSecurityTokenService; Status Code: {refusal.status}; "
        f"Error Code: {refusal.code})",
    )


def _aws_silent(refusal: AwsRefused) -> LaunchFailure:
    details = "The AWS security token service could not be reached while the container was set up."
    return LaunchFailure("STS_CLIENT_SETUP_FAILURE", "CLOUD_FAILURE", details, refusal.message)
