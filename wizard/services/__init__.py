"""Everything that touches the outside world, and the bundle of it that steps are given.

The bundle is built in `wizard.wiring` and nowhere else. Sibling packages never import each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.core.chain import Chain
from wizard.core.paths import Paths
from wizard.core.redact import Redactor
from wizard.core.stopping import Stopping

if TYPE_CHECKING:
    from wizard.core.facts import AwsIdentity, Machine
    from wizard.services.aws.permissions import Proven
    from wizard.services.aws.session import AwsPlaces, AwsSession
    from wizard.services.databricks.cli import Program
    from wizard.services.databricks.client import Workspace
    from wizard.services.process.runner import DetachedRun
    from wizard.services.terraform.ahead import PlanAhead
    from wizard.services.terraform.engine import Engine


@dataclass
class Services:
    """What steps reach the outside with. Real or pretend is already decided."""

    environ: Mapping[str, str]
    """The environment that defaults are read from and children inherit."""
    paths: Paths
    cwd: Path
    """Where the wizard was started."""
    aws_places: AwsPlaces
    workspace_url: Callable[[str], str]
    """Host of a workspace -> address to call, `https://HOST` for a real one."""
    find_engine: Callable[[], Engine]
    """The Terraform to use. Raises Problem when there is none."""
    open_browser: Callable[[str], bool]
    """Opens an address in a browser on this machine; False when there is none."""
    local_browser: bool = False
    """A browser can open on this machine, and somebody is there to use it."""
    databricks_program: Callable[[], Program | None] = lambda: None
    """The Databricks command line, when it is installed."""
    terraform_dir: Path | None = None
    """The module's folder, when the operator named one."""
    deployment: str = "default"
    """Name of the folder below the data folder that holds the module's copy."""
    warehouse_id: str = ""
    """Given on the command line."""
    redact: Redactor = field(default_factory=Redactor)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    stopping: Stopping = field(default_factory=Stopping)
    """Knows what is under way that changes something; front ends stop it there."""
    ahead: list[DetachedRun] = field(default_factory=list)
    """Work that was begun before its turn, because it needs no answer."""
    plan_ahead: PlanAhead | None = None
    """A plan that was begun before its turn."""
    last_time: AwsIdentity | None = None
    """Who signed in to AWS last time: a memory of where to look, not a proof."""
    aws: AwsSession | None = None
    """Set by the credentials step: keys live here, in memory, and nowhere else."""
    proven: Proven | None = None
    """Set by the permissions step while something is missing, so that checking again asks for that alone."""
    workspace: Workspace | None = None
    """Set by the workspace step; holds its token in memory."""
    chain: Chain = field(default_factory=Chain)
    """What was last seen of the chain, in this session or before, so that since when is known."""
    proving: str = ""
    """What the last query was asked to read."""
    engine: Engine | None = None
    """Set by the front page; one engine and version a session."""
    prepared: set[Machine] = field(default_factory=set)
    """Where `terraform init` was run by this program, and with what engine."""

    def close(self) -> None:
        """Give up what was begun for a step that nobody will come to. What changes something goes on by itself."""
        if self.plan_ahead is not None:
            self.plan_ahead.stop(2.0)
