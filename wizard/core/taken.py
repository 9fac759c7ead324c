"""What the steps of the way back find. It is not remembered: the next time everything is looked at again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WasDone:
    """Where the wizard did something that can be taken back; empty where it did nothing."""

    account: str
    host: str


@dataclass(frozen=True)
class TakenBack:
    """How one change was taken back, or that it was left."""

    done: tuple[str, ...] = ()
    """What was taken back, a sentence each; empty when nothing was."""
    stays: tuple[tuple[str, str], ...] = ()
    """(what stays, how it goes away)."""
    declined: bool = False
    """It was shown, and the operator said no."""
    told: str = ""
    """Why nothing was done, when there was nothing to ask."""


class ConfigurationBack(TakenBack):
    """The SQL configuration does not name our profile, or the operator left it."""


class RegistrationBack(TakenBack):
    """The workspace does not know our profile any more, or it was left."""


class WarehouseBack(TakenBack):
    """The warehouse is stopped, or was left running."""


class InfrastructureBack(TakenBack):
    """What Terraform made is destroyed, or was left."""


class WhatStays(TakenBack):
    """Everything that was taken back, and everything that is left."""
