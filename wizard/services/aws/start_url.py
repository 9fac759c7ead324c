"""The address of an AWS access portal: whether it can be one, and where a company's own name for it leads."""

from __future__ import annotations

import re


def fault(text: str) -> str | None:
    """One sentence saying why this is no start address of a portal, or None."""
    fits = re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[^\s]*)?", text.strip())
    return None if fits else "Give the whole address, such as https://my-company.awsapps.com/start."


def region_fault(text: str) -> str | None:
    """One sentence saying why this is no region's name, or None."""
    fits = re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d", text.strip())
    return None if fits else "A region looks like us-east-1."
