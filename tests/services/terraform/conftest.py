"""Terraform in folders of its own: stand-in programs, tiny configurations without a provider, recorded streams."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from wizard.core.event import Event, Wait, Work
from wizard.core.paths import Paths
from wizard.services.terraform import engine
from wizard.services.terraform.commands import Terraform
from wizard.services.terraform.diagnostics import Explain

F = TypeVar("F")
Program = Callable[[str, str], Path]

STREAMS = Path(__file__).parents[2] / "data" / "terraform-json"
SCALAR = """
variable "value" {
  type    = string
  default = "one"
}
resource "terraform_data" "first" { input = var.value }
resource "terraform_data" "second" { input = terraform_data.first.output }
output "instance_profile_arn" { value = terraform_data.second.output }
"""
"""Two resources, one after the other, and an output; Terraform carries their provider inside."""


def recorded(name: str) -> list[str]:
    """The lines of a real stream."""
    return (STREAMS / f"{name}.jsonl").read_text("utf-8").splitlines()


@dataclass
class Told:
    """What a stretch of work said, without its waits."""

    events: list[Event] = field(default_factory=list)

    def of(self, kind: type[F]) -> list[F]:
        return [event for event in self.events if isinstance(event, kind)]

    def listen(self, work: Work[F], seconds: float = 60.0) -> F:
        """Run `work` to its end, really waiting, and return what it returns."""
        until = time.monotonic() + seconds
        try:
            while True:
                event = next(work)
                if isinstance(event, Wait):
                    assert time.monotonic() < until, "it takes too long"
                    time.sleep(min(event.seconds, 0.02))
                else:
                    self.events.append(event)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a generator's return value is untyped here


@dataclass
class Site:
    """A configuration, and where its Terraform keeps things."""

    folder: Path
    paths: Paths
    environ: dict[str, str]

    @property
    def runs(self) -> Path:
        return self.paths.state / "runs"

    def write(self, text: str, name: str = "main.tf") -> None:
        (self.folder / name).write_text(text)

    def tool(self, explain: Explain = lambda text: None, **environ: str) -> Terraform:
        """The real Terraform here, with `environ` besides its environment."""
        return Terraform(
            engine=engine.find(self.environ),
            folder=self.folder,
            environ={**self.environ, **environ},
            runs=self.runs,
            explain=explain,
        )

    def left(self, pattern: str) -> list[str]:
        """Names of what lies below the runs and fits `pattern`."""
        return sorted(str(path.relative_to(self.runs)) for path in self.runs.rglob(pattern))


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "home", tmp_path / "data", tmp_path / "state", tmp_path / "cache")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """program(name, body): an executable of that name in a folder of its own; `body` is Python."""

    def make(name: str, body: str) -> Path:
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!{sys.executable} -I\n{body}\n")
        file.chmod(0o755)
        return file

    return make


@pytest.fixture
def site(tmp_path: Path, paths: Paths) -> Site:
    folder = tmp_path / "a module"
    folder.mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(paths.home)}
    return Site(folder, paths, environ)


@pytest.fixture
def initialised(site: Site) -> Site:
    """The site with the small configuration, ready to plan."""
    site.write(SCALAR)
    Told().listen(site.tool().init())
    return site


def processes() -> Mapping[int, str]:
    """Command lines of the processes that run, by number; empty where there is no /proc."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        found[int(entry.parent.name)] = text
    return found
