"""The role of an EC2 instance: told from the machine's own papers, asked over the link-local address only when wanted.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html for telling an instance, and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html for its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wizard.core.problem import Problem
from wizard.services.aws.reasons import CREDENTIALS

_PAPERS = (
    ("class/dmi/id/sys_vendor", "amazon ec2"),
    ("class/dmi/id/board_asset_tag", "i-"),
    ("class/dmi/id/product_uuid", "ec2"),
    ("hypervisor/uuid", "ec2"),
)
"""(file below /sys, how it begins on an instance); the third is for root to read, the fourth is of older instances."""
_PATIENCE = 1.0
"""Seconds for an answer that never leaves the machine."""


def here(sys: Path | None, environ: Mapping[str, str]) -> bool:
    """Whether this is an EC2 instance that may be asked for the keys of a role. Nothing is sent."""
    if sys is None or environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return False
    return any(_begins(sys / file, start) for file, start in _PAPERS)


def credentials(environ: Mapping[str, str]) -> Any:
    """Botocore's credentials of the instance's role, which renew themselves. IMDSv2 only. Raises Problem."""
    from botocore.credentials import InstanceMetadataProvider
    from botocore.exceptions import MetadataRetrievalError
    from botocore.utils import InstanceMetadataFetcher

    fetcher = InstanceMetadataFetcher(
        timeout=_PATIENCE,
        num_attempts=2,
        env=dict(environ),
        config={
            "ec2_metadata_service_endpoint": environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", ""),
            "ec2_metadata_service_endpoint_mode": environ.get(
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", ""
            ).lower(),
            "ec2_metadata_v1_disabled": True,
        },
    )
    try:
        found = InstanceMetadataProvider(fetcher).load()
    except MetadataRetrievalError as error:
        raise _silent() from error
    if found is None:
        raise _silent()
    return found


def _silent() -> Problem:
    row = CREDENTIALS["instance"]
    return Problem(row.code, row.what, row.why, row.remedy, row.who, step=row.step)


def _begins(file: Path, start: str) -> bool:
    try:
        return file.read_text("utf-8", "replace").strip().lower().startswith(start)
    except OSError:
        return False
