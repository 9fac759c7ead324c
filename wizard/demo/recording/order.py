"""Terraform's command line, as far as the recording understands it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COMMANDS = ("version", "init", "validate", "plan", "show", "apply", "output")
_IGNORED = ("-json", "-no-color", "-input=false", "-auto-approve", "-compact-warnings", "-detailed-exitcode")
_IGNORED_LEADS = ("-parallelism=", "-lock=", "-lock-timeout=", "-out=", "-var-file=")


class NotRecorded(Exception):
    """The command line asks for something that the recording cannot do."""


@dataclass(frozen=True)
class Order:
    """A command line, taken apart."""

    folder: Path
    command: str
    json: bool = False
    out: Path | None = None
    detailed_exit_code: bool = False
    variable_files: tuple[Path, ...] = ()
    file: Path | None = None
    """The plan file to show or to apply."""


def order(arguments: Sequence[str]) -> Order:
    """Read a command line. Raises NotRecorded for what the recording does not understand."""
    rest = list(arguments)
    folder = Path.cwd()
    while rest and rest[0].startswith("-chdir="):
        folder = Path(rest.pop(0).removeprefix("-chdir=")).absolute()
    if not rest or rest[0] not in COMMANDS:
        raise NotRecorded(f"`terraform {' '.join(arguments)}`: known are {', '.join(COMMANDS)}.")
    command = rest.pop(0)
    for option in rest:
        is_known = option in _IGNORED or option.startswith(_IGNORED_LEADS) or command == "init"
        if option.startswith("-") and not is_known:
            raise NotRecorded(f"`terraform {command} {option}` is not part of the recording.")
    plain = [argument for argument in rest if not argument.startswith("-")]
    outs = _values(rest, "-out=")
    return Order(
        folder=folder,
        command=command,
        json="-json" in rest,
        out=folder / outs[-1] if outs else None,
        detailed_exit_code="-detailed-exitcode" in rest,
        variable_files=tuple(folder / name for name in _values(rest, "-var-file=")),
        file=folder / plain[0] if plain else None,
    )


def _values(arguments: Sequence[str], lead: str) -> list[str]:
    return [argument.removeprefix(lead) for argument in arguments if argument.startswith(lead)]
