"""What a running warehouse costs, roughly. Always an estimate: the contract decides.

Units by size: https://www.databricks.com/product/pricing/product-pricing/instance-types (Databricks' documentation
gives none). Dollars a unit: https://www.databricks.com/product/pricing/databricks-sql (list price, AWS, US regions;
other regions cost more).
"""

from __future__ import annotations

_DBU_AN_HOUR = {
    "2X-Small": 4,
    "X-Small": 6,
    "Small": 12,
    "Medium": 24,
    "Large": 40,
    "X-Large": 80,
    "2X-Large": 144,
    "3X-Large": 272,
    "4X-Large": 528,
}
"""Databricks units an hour of one cluster."""
_DOLLARS_A_DBU = 0.70
"""Of serverless SQL."""


def estimate(size: str, auto_stop_minutes: int, *, serverless: bool, clusters: int = 1) -> str:
    """One line: units an hour, and what it costs to be left idle; empty for a size that is not known."""
    units = _DBU_AN_HOUR.get(size, 0) * max(1, clusters)
    if not units or not serverless:
        return ""
    hour = units * _DOLLARS_A_DBU
    running = f"Estimate: {units} DBU an hour, about ${hour:.2f} at US list price"
    if not auto_stop_minutes:
        return f"{running}; it has no auto-stop, so ${hour * 24:.0f} a day until somebody stops it."
    return f"{running}; left idle, about ${hour * auto_stop_minutes / 60:.2f} until it stops itself."
