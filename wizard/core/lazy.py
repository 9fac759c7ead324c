"""Modules that are loaded when they are first used.

The first page must be on screen at once, and the services behind the steps take a tenth of a second to load.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until one of its names is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def lazy(module: str) -> Any:
    """A stand-in for `module`. Type checkers see the real import in the `if TYPE_CHECKING` branch beside it."""
    return _Later(module)
