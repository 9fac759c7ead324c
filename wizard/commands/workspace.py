"""`htd-wizard workspace URL`: what a pasted address says, without asking anybody."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from typing import TYPE_CHECKING

from wizard.commands.exits import Exit
from wizard.commands.reading import standard_input

if TYPE_CHECKING:
    from wizard.services.databricks.address import Address

NAME = "workspace"
HELP = "read a workspace's address: host, workspace id, warehouse id"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "url", metavar="URL", help="whatever the browser shows, or a text around it; - reads standard input"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:  # noqa: ARG001  # done in an instant
    from wizard.services.databricks import address

    paste = standard_input() if arguments.url == "-" else arguments.url
    found = address.read(paste)
    if arguments.json:
        print(json.dumps(found.as_dict()))
    else:
        _tell(found)
    return Exit.OK if found.ok else Exit.USAGE


def _tell(found: Address) -> None:
    for name, value, source in found.parts():
        print(f"{name:<13} {value}  (from {source})")
    if found.cloud:
        print(f"{'cloud':<13} {found.cloud}")
    for note in found.notes:
        print(f"note          {note.message} {note.remedy}".rstrip())
    for problem in found.problems:
        print(f"✗ {problem.message}\n  What to do: {problem.remedy}", file=sys.stderr)
