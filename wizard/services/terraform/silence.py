"""Why Terraform says nothing for a while. Measured with terraform 1.11.4 and provider 5.100.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wizard.services.terraform.stream import without_index

SHORT = 2.0
"""Seconds from which a wait of the provider's own is explained."""
LONG = 8.0
"""Seconds from which it is said that nobody answers."""


def reason(seconds: float, running: Mapping[str, str], looking: Sequence[str]) -> str:
    """One sentence about `seconds` without a word; empty while that is nothing unusual.

    `running`: address -> action of what is being changed; `looking`: addresses of what is being looked at.
    """
    if seconds < SHORT:
        return ""
    for address, action in running.items():
        if action in ("create", "replace") and _kind(address) == "aws_iam_instance_profile":
            return f"{address}: the provider waits 5 s until all of AWS knows a fresh instance profile."
    if seconds < LONG:
        return ""
    grants = [address for address in looking if _kind(address) == "aws_lakeformation_permissions"]
    if grants:
        return (
            f"{grants[0]}: a grant that is missing is looked for during 60 s before the provider believes it."
        )
    if running:
        return f"Terraform works on {_named(list(running))}. It reports every 10 s."
    if looking:
        return f"Terraform looks at {_named(looking)}; AWS takes its time."
    return (
        "Nothing heard for a while. An AWS that cannot be reached is tried nine times, for about 25 s in all."
    )


def _kind(address: str) -> str:
    parts = without_index(address).split(".")
    return parts[-2] if len(parts) > 1 else ""


def _named(addresses: Sequence[str]) -> str:
    more = f" and {len(addresses) - 2} more" if len(addresses) > 2 else ""
    return ", ".join(addresses[:2]) + more
