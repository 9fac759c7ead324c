"""The cache of SSO sign-ins that the AWS CLI, every SDK and Terraform share. Files 0600, folder 0700.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wizard.core import atomic
from wizard.core.paths import private
from wizard.core.problem import Problem
from wizard.core.text import one_line


def file_of(cache: Path, key: str) -> Path:
    """The file that holds `key`: the name of an sso-session, or a start URL where no session is named."""
    # SHA-1 names the file; it is AWS's contract, not a protection.
    return cache / f"{hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()}.json"


def read(file: Path) -> dict[str, Any]:
    """What the file holds; empty when it is missing or spoiled."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(file: Path, content: dict[str, Any]) -> None:
    """Replace the file whole. Raises Problem when the folder cannot be written."""
    try:
        private(file.parent)
        atomic.write(file, json.dumps(content).encode(), 0o600)
    except OSError as error:
        raise Problem(
            code="aws.sso.cache",
            what="The SSO sign-in could not be kept.",
            why=f"The folder {file.parent} cannot be written: {one_line(error.strerror)}.",
            remedy="Make that folder yours and writable, then sign in again.",
            step="credentials",
        ) from error


def moment(value: object) -> datetime | None:
    """A time of the cache: `2026-11-24T03:00:00Z`, also with `UTC` as older tools write it."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.replace("UTC", "+00:00").replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def spelled(when: datetime) -> str:
    """`when` as the cache spells it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
