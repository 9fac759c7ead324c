"""How long starts of a warehouse took here, so that a wait can be measured against what is usual for it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from wizard.core import atomic
from wizard.core.paths import private

_MOST = 20
_ENOUGH = 3
"""Starts of one's own from which on they say more than what is published."""
_REMEMBERED = timedelta(minutes=20)
"""A start asked for longer ago than this is over, one way or the other."""


@dataclass(frozen=True)
class Typical:
    """How long a start usually takes."""

    low: float
    high: float
    """Seconds."""
    origin: str
    """Where the numbers come from, in a few words."""

    @property
    def words(self) -> str:
        """`2 to 6 s`."""
        low, high = f"{self.low:.0f}", f"{self.high:.0f}"
        return f"{low} s" if low == high else f"{low} to {high} s"


PUBLISHED = Typical(2.0, 6.0, "as published")
"""Source: https://learn.microsoft.com/azure/databricks/compute/sql-warehouse/warehouse-types"""
PUBLISHED_CLASSIC = Typical(180.0, 300.0, "as published for pro and classic: about four minutes")
"""Source: as above."""


class Starts:
    """The starts of one warehouse, kept in a file of mode 0600 that all warehouses share. Never raises."""

    def __init__(self, file: Path, host: str, warehouse_id: str) -> None:
        self._file = file
        self._key = f"{host}/{warehouse_id}"

    def begun(self, now: datetime) -> None:
        """A start was asked for at `now`."""
        self._change(begun=now.isoformat())

    def since(self, now: datetime) -> float:
        """Seconds since a start was asked for that has not been seen to end; 0 when there is none."""
        with suppress(ValueError, TypeError):
            passed = now - datetime.fromisoformat(str(self._entry().get("begun")))
            if timedelta() <= passed < _REMEMBERED:
                return passed.total_seconds()
        return 0.0

    def ended(self, seconds: float | None) -> None:
        """The start took so many seconds; None when it failed."""
        took = self._took() if seconds is None else [*self._took(), round(seconds, 1)][-_MOST:]
        self._change(begun="", seconds=took)

    def typical(self, *, serverless: bool = True) -> Typical:
        """What is usual: the middle half of one's own starts, else what is published."""
        took = sorted(self._took())
        if len(took) < _ENOUGH:
            return PUBLISHED if serverless else PUBLISHED_CLASSIC
        last = len(took) - 1
        return Typical(took[round(last * 0.25)], took[round(last * 0.75)], f"your last {len(took)} starts")

    def _took(self) -> list[float]:
        held = self._entry().get("seconds")
        return [float(s) for s in held if isinstance(s, int | float)] if isinstance(held, list) else []

    def _entry(self) -> dict[str, Any]:
        entry = self._read().get(self._key)
        return entry if isinstance(entry, dict) else {}

    def _read(self) -> dict[str, Any]:
        try:
            held = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}

    def _change(self, **news: object) -> None:
        held = self._read()
        held[self._key] = {**self._entry(), **news}
        # A history that cannot be kept is no reason to stop.
        with suppress(OSError):
            private(self._file.parent)
            atomic.write(self._file, (json.dumps(held, indent=2, sort_keys=True) + "\n").encode(), 0o600)
