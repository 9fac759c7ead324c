"""`htd-wizard tfvars`: reading and changing one value of a .tfvars file, for scripts."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.commands.exits import Exit

if TYPE_CHECKING:
    from wizard.services.hcl.document import Document
    from wizard.services.hcl.draft import Edit

NAME = "tfvars"
HELP = "read or change one value of a .tfvars file and not a byte beside it"
_ACTIONS = {
    "get": "print the value as it is written",
    "set": "set a value; one that is missing is inserted",
    "add": "add to a list unless it is there",
    "remove": "take VALUE out of a list, or without VALUE the whole name out of the file",
}


def add(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="get|set|add|remove", required=True)
    for action, about in _ACTIONS.items():
        each = actions.add_parser(action, help=about, description=f"{about[0].upper()}{about[1:]}.")
        each.add_argument("file", type=Path, metavar="FILE", help="a .tfvars or .tfvars.json file")
        each.add_argument(
            "name", metavar="NAME", help='a variable, or a part: tags.team, buckets[0], map["a b"]'
        )
        if action != "get":
            each.add_argument(
                "value",
                nargs="?" if action == "remove" else None,
                metavar="VALUE",
                help='42, "text", ["a", "b"], or a plain text without quotes',
            )
            each.add_argument("--diff", action="store_true", help="print the change and write nothing")


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:  # noqa: ARG001  # done in an instant
    from wizard.services.hcl import files

    file: Path = arguments.file
    document = files.read(file)
    if arguments.action == "get":
        return _get(document, arguments.name, file)
    edit = _edited(document, arguments)
    for note in _notes(edit, file, arguments.name):
        print(f"note: {note}", file=sys.stderr)
    if arguments.diff:
        _print(_difference(edit, file))
        return Exit.OK
    backup = files.write(file, edit, datetime.now(UTC))
    if backup:
        print(f"The file as it was: {backup}", file=sys.stderr)
    if not edit.changed:
        print(f"{_named(arguments)} is so already; nothing was written.", file=sys.stderr)
    return Exit.OK


def _named(arguments: argparse.Namespace) -> str:
    from wizard.core.text import one_line

    return one_line(arguments.name, 80)


def _get(document: Document, name: str, file: Path) -> Exit:
    from wizard.core.problem import Problem
    from wizard.core.text import one_line
    from wizard.services.hcl import editor

    spelled = editor.get(document, name)
    if spelled is None:
        raise Problem(
            code="tfvars.unset",
            what=f"{file} does not set {one_line(name, 80)}.",
            why="" if document.exists else "There is no such file.",
            remedy="Check the name; without a line of its own a variable has its default.",
        )
    _print(f"{spelled}\n")
    return Exit.OK


def _edited(document: Document, arguments: argparse.Namespace) -> Edit:
    from wizard.services.hcl import editor, given

    name: str = arguments.name
    if arguments.value is None:
        return editor.remove(document, name)
    literal = given.literal(arguments.value, document)
    change = {"set": editor.set_value, "add": editor.add, "remove": editor.remove}[arguments.action]
    return change(document, name, literal)


def _notes(edit: Edit, file: Path, name: str) -> list[str]:
    """What to know about the change: who else sets the name, what was never filled in, what Terraform refuses."""
    from wizard.services.hcl import path, values

    variable = str(path.parse(name)[0])
    found = [*edit.notes, *edit.after.objections(), *values.placeholders(edit.after_text)]
    if values.is_automatic(file.name):
        found += values.warnings(file.parent, variable, os.environ, file=file.name)
    return found


def _difference(edit: Edit, file: Path) -> str:
    """A unified diff that `patch` reads; a file without a final line break is marked as diff does it."""
    name = str(file)
    lines = difflib.unified_diff(_lines(edit.document.text), _lines(edit.after.text), name, name)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one, as for `patch` and for Terraform."""
    *whole, last = text.split("\n")
    return [*(f"{line}\n" for line in whole), *([last] if last else [])]


def _print(text: str) -> None:
    """Bytes as they are for a program; nothing that a terminal would obey for a person."""
    from wizard.core.text import clean

    sys.stdout.write(clean(text) if sys.stdout.isatty() else text)
