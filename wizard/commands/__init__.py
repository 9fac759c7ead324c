"""The commands of `htd-wizard`, one module each. Importing them costs nothing heavy, so that `--help` is instant."""

from __future__ import annotations

import argparse
import threading
from typing import Protocol

from wizard.commands import (
    check,
    demo,
    explain,
    permissions,
    report,
    run,
    tfvars,
    undo,
    workspace,
)


class Command(Protocol):
    """What a module of this package has."""

    NAME: str
    HELP: str

    def add(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""
        ...

    def run(self, arguments: argparse.Namespace, cancel: threading.Event) -> int:
        """Do it and return an exit status of `wizard.commands.exits`. May raise Problem or Cancelled."""
        ...


COMMANDS: tuple[Command, ...] = (
    run,
    demo,
    check,
    report,
    undo,
    explain,
    permissions,
    workspace,
    tfvars,
)
"""In the order of `--help`."""
