"""The composition root: what is real and what is pretend is decided here, in one function each."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.core.facts import AwsIdentity, DataProven, Registered
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.journey import Visit
from wizard.core.memory import Memory
from wizard.core.paths import Paths
from wizard.core.record import Record
from wizard.core.redact import Redactor
from wizard.services import Services
from wizard.steps import FRONT, STEPS
from wizard.steps.step import Step

if TYPE_CHECKING:
    from wizard.demo.world import World


@dataclass(frozen=True)
class Options:
    """What the command line decides."""

    terraform_dir: Path | None = None
    deployment: str = "default"
    warehouse_id: str = ""
    engine: str = ""
    """Preferred engine; empty for the best that is there."""
    attended: bool = True
    """Somebody is there to look, and to approve a sign-in in a browser."""
    pace: float = 1.0
    """Multiplies every wait."""
    aws_profile: str = ""
    databricks_profile: str = ""
    """Profiles for the way back; empty for those of last time."""


@dataclass(frozen=True)
class Opening:
    """A session, ready to be handed to a front end."""

    flow: Flow
    front: Step[Any]
    open_browser: Callable[[str], bool]
    redact: Redactor
    badge: str = ""
    """Marks everything on screen as pretend; empty when it is real."""
    visits: tuple[Visit, ...] = ()
    """The journey of a scenario."""
    undoable: Callable[[], bool] = lambda: False
    """The wizard did something that can be taken back."""
    back: Callable[[], Opening] | None = None
    """Opens the way back over the same world, with the same sign-ins."""


@contextmanager
def real(options: Options) -> Iterator[Opening]:
    """The operator's own accounts."""
    paths = Paths.of(os.environ)
    redact = Redactor()
    record = Record.at(paths.state, options.deployment, redact)
    with ExitStack() as stack:

        def open_services() -> Services:
            made = services(options, paths, redact)
            made.last_time = record.facts.get(AwsIdentity)
            made.chain = record.chain
            stack.callback(made.close)
            return made

        flow = _flow(open_services, paths, redact, options.pace, record=record)
        stack.callback(flow.close)
        yield with_way_back(Opening(flow, FRONT, _browse, redact), options, paths, record, stack)


def with_way_back(
    forth: Opening, options: Options, paths: Paths, record: Record, stack: ExitStack
) -> Opening:
    """The same opening, which can also open the way back; that is closed with `stack`."""

    def back() -> Opening:
        from wizard.steps.undo import BACK, ENDING
        from wizard.steps.undo.front import Before

        front = Before(options.aws_profile, options.databricks_profile)
        flow = Flow(
            BACK,
            lambda: forth.flow.services,
            memory=Memory(None),
            journal=_journal(paths, forth.redact, "-undo"),
            pace=options.pace,
            forget=record.forget,
            known=[fact for fact in record.facts if not isinstance(fact, DataProven)],
            ending=ENDING,
        )
        stack.callback(flow.close)
        return Opening(flow, front, forth.open_browser, forth.redact, forth.badge)

    def undoable() -> bool:
        from wizard.steps.undo.front import done

        return bool(done(record.facts))

    return replace(forth, undoable=undoable, back=back)


def services(options: Options, paths: Paths | None = None, redact: Redactor | None = None) -> Services:
    """What reaches the operator's own accounts, for the journey and for commands that look at one thing."""
    from wizard.services.aws.session import AwsPlaces
    from wizard.services.databricks import cli
    from wizard.services.terraform import engine

    environ = dict(os.environ)
    paths = paths or Paths.of(environ)
    return Services(
        environ=environ,
        paths=paths,
        cwd=Path.cwd(),
        aws_places=AwsPlaces.of(environ, paths.home, Path("/sys")),
        workspace_url=lambda host: f"https://{host}",
        find_engine=lambda: engine.find(environ, options.engine),
        open_browser=_browse,
        local_browser=options.attended and _local_browser(),
        databricks_program=lambda: cli.find(environ),
        terraform_dir=options.terraform_dir,
        deployment=options.deployment,
        warehouse_id=options.warehouse_id,
        redact=redact or Redactor(),
    )


@contextmanager
def demo(scenario_name: str, options: Options) -> Iterator[Opening]:
    """A pretend world on loopback. It is built when the first step runs, so that the screen comes at once."""
    from wizard.demo.scenario import load

    scenario = load(scenario_name)
    redact = Redactor()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="htd-wizard-demo-")))
        paths = pretend_paths(folder)

        def open_services() -> Services:
            from wizard.demo.engine import choose
            from wizard.demo.world import World

            engine = choose(os.environ, options.engine, paths)
            world = stack.enter_context(World(scenario, folder, os.environ, engine, options.attended))
            return pretend(world, options, paths, redact, stack)

        record = Record.at(paths.state, options.deployment, redact)
        flow = _flow(open_services, paths, redact, options.pace, scenario.tips, record)
        stack.callback(flow.close)
        stack.callback(_end_runs, paths.state / "runs")
        visits = scenario.visits(tuple(step.id for step in STEPS))
        badge = "DEMO · nothing here is real"
        forth = Opening(flow, FRONT, _browse, redact, badge, visits)
        yield with_way_back(forth, options, paths, record, stack)


def _end_runs(runs: Path, patience: float = 5.0) -> None:
    """A run outlives the wizard, but not the pretend world it works in: stop it, and wait until it has gone."""
    from wizard.services.process import runner

    ends = time.monotonic() + patience
    for run in runner.unfinished(runs):
        run.interrupt()
        while run.alive and time.monotonic() < ends:
            time.sleep(0.05)


def pretend_paths(folder: Path) -> Paths:
    """The wizard's own folders in a demo; only the cache of providers is the operator's, to spare the download."""
    home = folder / "home"
    return Paths(home, home / ".local/share/wizard", home / ".local/state/wizard", Paths.of(os.environ).cache)


def pretend(world: World, options: Options, paths: Paths, redact: Redactor, stack: ExitStack) -> Services:
    """Services that reach `world` and nothing else, until `stack` is closed."""
    from wizard.demo.world import sealed
    from wizard.services.aws.session import AwsPlaces

    stack.enter_context(sealed(world.environ))
    made = Services(
        environ=world.environ,
        paths=paths,
        cwd=world.module.parent,
        aws_places=AwsPlaces.of(world.environ, world.home),
        workspace_url=world.workspace_url,
        find_engine=lambda: world.engine,
        open_browser=_browse,
        local_browser=options.attended and _local_browser(),
        warehouse_id=options.warehouse_id,
        redact=redact,
    )
    stack.callback(made.close)
    return made


def _flow(
    open_services: Callable[[], Services],
    paths: Paths,
    redact: Redactor,
    pace: float,
    tips: Mapping[str, str] | None = None,
    record: Record | None = None,
) -> Flow:
    return Flow(
        STEPS,
        open_services,
        memory=Memory(paths.state / "answers.json"),
        journal=_journal(paths, redact),
        pace=pace,
        tips=tips,
        keep=record.keep if record else lambda _: None,
        known=(added,) if record and (added := record.facts.get(Registered)) else (),
    )


def _journal(paths: Paths, redact: Redactor, suffix: str = "") -> Journal:
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}{suffix}.jsonl"
    return Journal(paths.state / "journals" / name, redact)


_TEXT_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m")
"""They would open over the screen."""


def _local_browser() -> bool:
    """Whether a browser can open here; over ssh or without a display there is none."""
    remote = os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY")
    graphical = (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.uname().sysname == "Darwin"
    )
    if remote or not graphical:
        return False
    import webbrowser

    try:
        return getattr(webbrowser.get(), "name", "") not in _TEXT_BROWSERS
    except webbrowser.Error:
        return False


def _browse(address: str) -> bool:
    """Open a browser on this machine."""
    if not _local_browser():
        return False
    import webbrowser

    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
