"""A program that speaks Terraform's command line and replays the recording. It never claims to be Terraform.

`python -m wizard.demo.recording.program -chdir=DIR plan -json ...`; `install` puts an executable called
`terraform` into a folder. Known: version, init, validate, plan, show, apply, output, each with -json.
Everything else ends with a diagnostic that says so.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from wizard.demo.recording import applying, planning, statefile, variables
from wizard.demo.recording.order import NotRecorded, Order, order
from wizard.demo.recording.planning import Run
from wizard.demo.recording.session import Json, Session
from wizard.demo.recording.statefile import NotOurs, State
from wizard.demo.recording.stream import Place, Stream
from wizard.demo.recording.tape import Stale, Tape, tape
from wizard.demo.recording.wire import CannotSend, Wire

SECONDS = "HTD_RECORDING_SECONDS"
"""Environment variable: seconds an apply should seem to take. 4 when not set; 0 for tests."""
_SECONDS = 4.0


def install(folder: Path) -> Path:
    """Put an executable `terraform` into `folder` that runs this program, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "terraform"
    root = Path(__file__).parents[3]
    python = shlex.quote(sys.executable)
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(root))} exec {python} -m wizard.demo.recording.program "$@"\n'
    )
    program.chmod(0o755)
    return program


class Program:
    """One call: an order, the recording, and the environment to work in."""

    def __init__(self, order: Order, tape: Tape, environ: Mapping[str, str]) -> None:
        self._order, self._tape, self._environ = order, tape, environ
        self._stream = Stream(_say, tape, Session(""), order.folder)

    def run(self) -> int:
        """Do it; the exit code is Terraform's. A diagnostic tells every reason not to."""
        commands = {
            "version": self._version,
            "init": self._init,
            "validate": self._validate,
            "plan": self._plan,
            "show": self._show,
            "apply": self._apply,
            "output": self._output,
        }
        try:
            return commands[self._order.command]()
        except (Stale, NotRecorded, NotOurs, variables.CannotRead) as problem:
            self._stream.cannot(str(problem))
        except (CannotSend, OSError, ValueError) as problem:
            self._stream.error(str(problem))
        return 1

    def _version(self) -> int:
        version = self._tape.version
        about: dict[str, Json] = {
            "terraform_version": version,
            "platform": "recording",
            "provider_selections": dict(self._tape.about["provider_selections"]),
            "terraform_outdated": False,
            "recording": True,
        }
        if self._order.json:
            print(json.dumps(about, indent=2))
        else:
            print(f"Recording of Terraform v{version}. This is not Terraform: it replays a stored run.")
        return 0

    def _init(self) -> int:
        self._stream.open()
        self._tape.check(self._order.folder)
        for line in self._tape.init[1:]:
            # No lock file is written, so the lines that speak of one stay out.
            if line.get("message_code") != "lock_info" and line["type"] != "diagnostic":
                self._stream.replay(line)
        (self._order.folder / ".terraform").mkdir(exist_ok=True)
        return 0

    def _validate(self) -> int:
        self._tape.check(self._order.folder)
        print(json.dumps({**self._tape.validate, "recording": True}, indent=2))
        return 0

    def _plan(self) -> int:
        self._stream.open()
        values = variables.given(self._order.folder, self._order.variable_files, self._environ)
        if not self._is_accepted(values):
            return 1
        run = self._begin(values)
        if run.state.prefix not in ("", run.session.prefix):
            raise NotRecorded(
                f"The state was made with the prefix {run.state.prefix}, and {run.session.prefix} is asked for now. "
                "Everything would have to be deleted and made anew."
            )
        made = planning.plan(run, values)
        run.wire.close()
        if made is None:
            return 1
        if self._order.out is not None:
            made.save(self._order.out)
        return 2 if self._order.detailed_exit_code and made.has_changes else 0

    def _show(self) -> int:
        if self._order.file is None:
            raise NotRecorded("`terraform show` without a plan file is not part of the recording.")
        print(json.dumps(planning.load(self._order.file).show))
        return 0

    def _apply(self) -> int:
        self._stream.open()
        if self._order.file is None:
            raise NotRecorded("`terraform apply` without a saved plan is not part of the recording.")
        self._tape.check(self._order.folder)
        plan = planning.load(self._order.file)
        run = self._begin(plan.variables)
        if run.state.serial != plan.serial or (plan.serial and run.state.lineage != plan.lineage):
            detail = "The given plan file can no longer be applied because the state was changed by another operation "
            self._stream.error("Saved plan is stale", detail + "after the plan was created.")
            return 1
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: run.interrupted.set())
        done = applying.apply(run, plan)
        run.wire.close()
        return 0 if done else 1

    def _output(self) -> int:
        outputs = statefile.load(self._order.folder, self._tape).outputs
        print(json.dumps({name: {"sensitive": False, **value} for name, value in outputs.items()}, indent=2))
        return 0

    def _is_accepted(self, values: Mapping[str, Json]) -> bool:
        """Whether the variables pass the module's own checks. Raises Stale, NotRecorded for what is unknown."""
        self._tape.check(self._order.folder)
        if unknown := variables.unknown_to(self._tape, values):
            raise NotRecorded(f"These variables have values that were not recorded: {', '.join(unknown)}.")
        problems = variables.invalid(values, self._order.folder)
        for problem in problems:
            rule = f"This was checked by the validation rule at variables.tf:{problem.line},3-13."
            place = Place("", f'variable "{problem.name}" {{')
            self._stream.error("Invalid value for variable", f"{problem.message}\n\n{rule}", place)
        return not problems

    def _begin(self, values: Mapping[str, Json]) -> Run:
        """Everything a plan or an apply needs. Raises NotOurs, CannotSend, CannotRead."""
        state = statefile.load(self._order.folder, self._tape)
        session = Session(variables.prefix(values), variables.workspaces(values), provider_host=_host(state))
        self._stream.session = session
        seconds = float(self._environ.get(SECONDS) or _SECONDS)
        wire = Wire.of(self._environ)
        return Run(self._order.folder, self._tape, session, state, wire, self._stream, seconds)


def _host(state: State) -> str:
    """Where the state says its provider comes from, so that new entries agree with the old."""
    for resource in state.resources.values():
        return str(resource["provider"]).split('"')[1].split("/")[0]
    return Session("").provider_host


def _say(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command line. Exit code 0 or 1; 2 for a plan with changes under -detailed-exitcode."""
    wanted = sys.argv[1:] if arguments is None else arguments
    try:
        return Program(order(wanted), tape(), os.environ if environ is None else environ).run()
    except (Stale, NotRecorded) as problem:
        print(f"This is a recording of Terraform. {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
