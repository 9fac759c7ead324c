"""Import blocks for what is in AWS already and not in the state: which address, which id.

Source of the ids: each resource's page in the provider's documentation, under "Import".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from wizard.core import atomic
from wizard.services.terraform.stream import Diagnostic, without_index

FILE = "htd-wizard-imports.tf"
NOTE = "# Written by htd-wizard for one plan, and removed after it.\n"
_MADE = re.compile(r"creating [\w ]+? \(([^()\s]+)\)", re.IGNORECASE)
_ACCOUNT = re.compile(r"arn:[\w-]+:\w+:[\w-]*:(\d{12}):")
_BY_NAME = (
    "aws_iam_role",
    "aws_iam_user",
    "aws_iam_instance_profile",
    "aws_iam_role_policy",
    "aws_iam_user_policy",
    "aws_s3_bucket",
)
"""Imported by the very name that the provider's text gives: a role's inline policy is `ROLE:NAME` there too."""


def import_id(address: str, text: str, account: str = "") -> str:
    """The id to import what `text` says was to be made, empty when it cannot be told."""
    found, parts = _MADE.search(text), without_index(address).split(".")
    if found is None or len(parts) < 2:
        return ""
    kind = parts[-2]
    name, owner = found[1], account or (held[1] if (held := _ACCOUNT.search(text)) else "")
    if kind in _BY_NAME:
        return name
    if kind == "aws_glue_catalog_database":
        # The provider writes `ACCOUNT:NAME` when it reads and the bare name when it makes one.
        return name if ":" in name else f"{owner}:{name}" if owner else ""
    if kind == "aws_iam_policy":
        return f"arn:aws:iam::{owner}:policy/{name}" if owner else ""
    return ""


def import_block(found: Diagnostic, account: str = "") -> str:
    """The `import` block that brings it into the state, empty when its id cannot be told."""
    name = import_id(found.address, found.summary, account)
    return block(found.address, name) if name else ""


def block(address: str, id: str) -> str:
    """The `import` block for one resource."""
    quoted = json.dumps(id).replace("${", "$${").replace("%{", "%%{")
    return f"import {{\n  to = {address}\n  id = {quoted}\n}}"


@contextmanager
def planning(folder: Path, ids: Mapping[str, str]) -> Iterator[None]:
    """The blocks stand in `folder` while a plan is made, and no longer: the plan holds them itself.

    `ids`: address -> the id to import.
    """
    file = folder / FILE
    if ids:
        atomic.write(file, (NOTE + "\n".join(f"{block(*each)}\n" for each in ids.items())).encode(), 0o600)
    try:
        yield
    finally:
        if ids:
            file.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove blocks that a killed wizard left in `folder`; a file of that name that is not ours is left alone."""
    file = folder / FILE
    with suppress(OSError, UnicodeDecodeError):
        if file.read_text("utf-8").startswith(NOTE):
            file.unlink()
