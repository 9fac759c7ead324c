"""Looking again while somebody looks: what a step offers a screen that stays open on its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wizard.core.chain import Chain


@dataclass(frozen=True)
class Watch:
    """A look that may be taken again and again: it reads, and neither changes nor starts anything."""

    look: Callable[[bool], Chain]
    """True: at everything; False: only at what changes by itself. Blocks; what cannot be read is in the chain."""
    says: str
    """What it does and does not do, in a few words."""
    every: float = 60.0
    """Seconds between two looks at everything."""
    often: float = 15.0
    """Seconds between two looks at what changes by itself."""
    looks: int = 30
    """So many looks at everything without a key, and it rests: nobody is there."""
