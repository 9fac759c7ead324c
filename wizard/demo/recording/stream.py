"""What Terraform says in `-json` mode: one line at a time, with this moment's timestamps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.demo.recording.session import Json, Session
from wizard.demo.recording.tape import Tape

if TYPE_CHECKING:
    from wizard.demo.recording.tape import Call
    from wizard.demo.recording.wire import Answer

_NOUNS = {
    "aws_glue_catalog_database": "Glue Catalog Database",
    "aws_iam_instance_profile": "IAM Instance Profile",
    "aws_iam_role": "IAM Role",
    "aws_iam_role_policy": "IAM Role Policy",
    "aws_iam_user": "IAM User",
    "aws_iam_user_policy": "IAM User Policy",
    "aws_lakeformation_permissions": "Lake Formation Permissions",
    "aws_s3_bucket": "S3 Bucket",
    "aws_s3_bucket_policy": "S3 Bucket Policy",
    "aws_s3_bucket_public_access_block": "S3 Bucket Public Access Block",
    "aws_s3_bucket_server_side_encryption_configuration": "S3 Bucket Server-side Encryption Configuration",
    "aws_s3_object": "S3 Object",
}
_SERVICES = {"iam": "IAM", "s3": "S3", "glue": "Glue", "lakeformation": "LakeFormation", "sts": "STS"}
_VERBS = {"read": "reading", "create": "creating", "update": "updating"}


@dataclass(frozen=True)
class Place:
    """Where in the module's files a diagnostic points."""

    address: str
    header: str
    """The line that opens the block: `resource "aws_iam_role" "this" {`."""


class Stream:
    """Writes lines through `write`; every line begins as Terraform's do."""

    def __init__(self, write: Callable[[str], object], tape: Tape, session: Session, folder: Path) -> None:
        self._write, self._tape, self._folder = write, tape, folder
        self.session = session

    def open(self) -> None:
        """The first line: which version speaks, and that it is a recording."""
        self.say(
            "info",
            f"Recording of Terraform {self._tape.version}",
            type="version",
            terraform=self._tape.version,
            ui="1.2",
            recording=True,
        )

    def say(self, level: str, message: str, **rest: Json) -> None:
        """One line of our own."""
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        head = {"@level": level, "@message": message, "@module": "terraform.ui", "@timestamp": now}
        self._write(json.dumps({**head, **rest}) + "\n")

    def replay(self, line: Mapping[str, Json], **changed: Json) -> None:
        """A recorded line, with this session's names."""
        rendered = self.session.json(dict(line))
        if isinstance(rendered, dict):
            level, message = str(rendered.pop("@level")), str(rendered.pop("@message"))
            rendered.pop("@module")
            self.say(level, str(changed.pop("message", message)), **{**rendered, **changed})

    def resource(self, address: str) -> dict[str, Json]:
        """How lines name a resource."""
        kind, _, name = address.partition(".")
        parts: dict[str, Json] = {
            "addr": address,
            "module": "",
            "resource": address,
            "implied_provider": "aws",
        }
        return {**parts, "resource_type": kind, "resource_name": name, "resource_key": None}

    def change(self, address: str, action: str, *, drift: bool = False) -> None:
        """What the plan is going to do, or what it found gone."""
        text = f"Drift detected ({action})" if drift else f"Plan to {action}"
        change: Json = {"resource": self.resource(address), "action": action}
        self.say(
            "info", f"{address}: {text}", change=change, type="resource_drift" if drift else "planned_change"
        )

    def summary(self, operation: str, added: int, changed: int) -> None:
        """How many resources the plan wants to change, or the apply has."""
        message = f"Plan: {added} to add, {changed} to change, 0 to destroy."
        if operation == "apply":
            message = f"Apply complete! Resources: {added} added, {changed} changed, 0 destroyed."
        counts: Json = {"add": added, "change": changed, "import": 0, "remove": 0, "operation": operation}
        self.say("info", message, type="change_summary", changes=counts)

    def outputs(self, outputs: Mapping[str, Json]) -> None:
        """The outputs, planned or real."""
        self.say("info", f"Outputs: {len(outputs)}", type="outputs", outputs=dict(outputs))

    def error(self, summary: str, detail: str = "", place: Place | None = None) -> None:
        """A diagnostic that ends the run with exit code 1."""
        diagnostic: dict[str, Json] = {"severity": "error", "summary": summary, "detail": detail}
        if place is not None:
            diagnostic |= {"address": place.address} if place.address else {}
            diagnostic |= _range(self._folder, place.header)
        self.say("error", f"Error: {summary}", type="diagnostic", diagnostic=diagnostic)

    def cannot(self, detail: str) -> None:
        """An honest end: what a recording is not able to do."""
        self.error("This is a recording of Terraform, and this was not recorded", detail)

    def refused(self, address: str, action: str, name: str, call: Call, answer: Answer) -> None:
        """AWS's refusal of one call for a resource, as the AWS provider words it."""
        kind, _, label = address.partition(".")
        lead = f"{_VERBS[action]} {_NOUNS.get(kind, kind)} ({name})"
        if kind == "aws_s3_bucket" and call.operation == "GetBucketPolicy":
            lead += " policy"
        self.error(api_error(lead, call, answer), place=Place(address, f'resource "{kind}" "{label}" {{'))

    def unknown_caller(self, call: Call, answer: Answer) -> None:
        """The credentials did not pass: said twice, because the module has two provider blocks."""
        lead = "Retrieving AWS account details: validating provider credentials: retrieving caller identity from STS"
        base = f'provider["{self.session.provider_host}/hashicorp/aws"]'
        for address in (base, f"{base}.second"):
            self.error(api_error(lead, call, answer), place=Place(address, 'provider "aws" {'))


def api_error(lead: str, call: Call, answer: Answer) -> str:
    """One sentence in the AWS SDK's form: operation, status, request, code, message."""
    host = ", HostID: " if call.service == "s3" else ""
    service = _SERVICES.get(call.service, call.service)
    return (
        f"{lead}: operation error {service}: {call.operation}, https response error StatusCode: {answer.status}, "
        f"RequestID: {answer.request_id}{host}, api error {answer.code}: {answer.message}"
    )


def _range(folder: Path, header: str) -> dict[str, Json]:
    """Place and text of a block's first line; nothing when the files hold no such line."""
    for path in sorted(folder.glob("*.tf")):
        text = path.read_text("utf-8")
        match = re.search(f"^{re.escape(header)}", text, re.M)
        if match is None:
            continue
        line = text.count("\n", 0, match.start()) + 1
        byte = len(text[: match.end()].encode()) - 1
        start: Json = {"line": line, "column": len(header), "byte": byte}
        end: Json = {"line": line, "column": len(header) + 1, "byte": byte + 1}
        snippet: dict[str, Any] = {"context": header.removesuffix(" {"), "code": header, "start_line": line}
        snippet |= {
            "highlight_start_offset": len(header) - 1,
            "highlight_end_offset": len(header),
            "values": [],
        }
        return {"range": {"filename": path.name, "start": start, "end": end}, "snippet": snippet}
    return {}
