"""`htd-wizard explain`: what an error of AWS means, who can mend it, and how."""

from __future__ import annotations

import argparse
import json
import sys
import threading

from wizard.commands.exits import Exit
from wizard.commands.reading import text_of

NAME = "explain"
HELP = "say what an error of AWS means: who was refused what, by which policy, and the way out"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="-",
        help="what a program printed: Terraform, the AWS command line, an SDK, a log; - reads standard input",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object a line, one for each refusal"
    )


def run(arguments: argparse.Namespace, cancel: threading.Event) -> Exit:  # noqa: ARG001  # done in an instant
    from wizard.services.aws import denials

    if arguments.file == "-" and sys.stdin.isatty():
        print("Paste the error, then press Enter and Ctrl-D.", file=sys.stderr)
    found = denials.read_all(text_of(arguments.file))
    if not found:
        print(
            "No refusal of AWS was found in this text.\n"
            "  What to do: give the whole message, from the word Error to its end.",
            file=sys.stderr,
        )
        return Exit.STOPPED
    for number, denial in enumerate(found):
        if arguments.json:
            print(json.dumps(denial.as_dict()))
        else:
            print(*([""] if number else []), *denials.as_problem(denial).lines(), sep="\n")
    return Exit.OK
