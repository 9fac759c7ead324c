"""What Databricks does in AWS on behalf of a serverless warehouse, done for real over HTTP."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

SERVERLESS_PRINCIPAL = "arn:aws:iam::790110701330:role/serverless-customer-resource-role"
"""Source: https://docs.databricks.com/aws/en/connect/storage/tutorial-s3-instance-profile"""


@dataclass(frozen=True)
class Keys:
    """AWS keys; the secret halves never show in a repr."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


class AwsRefused(Exception):
    """AWS said no, or could not be asked."""

    def __init__(self, code: str, message: str, status: int, operation: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        """HTTP status; 0 when there was no answer."""
        self.operation = operation


class AwsSide:
    """boto3 clients of the two principals the pretend workspace acts as."""

    def __init__(self, url: str, databricks: Keys, observer: Keys, *, region: str, workspace_id: int) -> None:
        self._url = url
        self._databricks = databricks
        self._observer = observer
        self._region = region
        self._external_id = f"databricks-serverless-{workspace_id}"
        self._lock = threading.Lock()
        self._session: Any = None
        self._made: dict[tuple[str, str], Any] = {}

    def client(self, service: str, keys: Keys) -> Any:
        """A boto3 client with explicit keys and endpoint; nothing is read from the environment's profiles."""
        with self._lock:
            known = self._made.get((service, keys.access_key_id))
            if known is not None:
                return known
            import boto3
            from botocore.config import Config

            if self._session is None:
                self._session = boto3.session.Session()
            made = self._session.client(
                service,
                endpoint_url=self._url,
                region_name=self._region,
                aws_access_key_id=keys.access_key_id,
                aws_secret_access_key=keys.secret_access_key,
                aws_session_token=keys.session_token or None,
                config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20),
            )
            self._made[(service, keys.access_key_id)] = made
            return made

    def role_in_profile(self, profile_name: str) -> str:
        """ARN of the role an instance profile wraps; empty when it wraps none. Raises AwsRefused."""
        answer = self.ask(
            self.client("iam", self._observer), "get_instance_profile", InstanceProfileName=profile_name
        )
        roles = answer["InstanceProfile"]["Roles"]
        return str(roles[0]["Arn"]) if roles else ""

    def assume(self, role_arn: str) -> Keys:
        """Assumes a role as the serverless principal with this workspace's external id. Raises AwsRefused."""
        answer = self.ask(
            self.client("sts", self._databricks),
            "assume_role",
            RoleArn=role_arn,
            RoleSessionName="databricks-serverless",
            ExternalId=self._external_id,
        )
        keys = answer["Credentials"]
        return Keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def ask(self, client: Any, operation: str, **arguments: object) -> Any:
        """One call; every refusal or silence becomes AwsRefused."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(client, operation)(**arguments)
        except ClientError as error:
            said = error.response.get("Error", {})
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            raise AwsRefused(
                str(said.get("Code", "")), str(said.get("Message", "")), int(status), error.operation_name
            ) from error
        except BotoCoreError as error:
            raise AwsRefused("Unreachable", str(error), 0, operation) from error
