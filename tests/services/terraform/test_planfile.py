"""Plans hold values in clear: they go when they were applied, or were not for a day."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from wizard.services.process import runner
from wizard.services.terraform import planfile

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_a_plan_is_its_owners_alone_and_leaves_nothing(tmp_path: Path) -> None:
    plan = planfile.make(tmp_path / "runs", "one")
    assert (plan.stat().st_mode & 0o077, plan.parent.stat().st_mode & 0o077) == (0, 0)
    planfile.discard(plan, tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_file_elsewhere_is_no_plan_of_ours(tmp_path: Path) -> None:
    plan = planfile.make(tmp_path / "others", "one")
    planfile.discard(plan, tmp_path / "runs")
    assert plan.exists()


def test_plans_that_were_applied_or_grew_old_are_removed(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    old, new, applied = (planfile.make(runs, name) for name in ("old", "new", "applied"))
    os.utime(old.parent, (time.time() - 100_000,) * 2)
    run = runner.start(["true", "apply", str(applied)], {"PATH": os.environ["PATH"]}, runs / "run", NOW)
    for _ in run.tail():
        time.sleep(0.01)
    for _ in range(500):
        if runner.ended(runs):
            break
        time.sleep(0.01)
    planfile.prune(runs)
    assert sorted(path.name for path in runs.iterdir()) == ["new.tfplan", "run"]
    assert new.exists()


def test_a_plan_of_a_wizard_that_was_killed_is_removed_at_the_next_start(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    ours = planfile.make(runs, "ours")
    killed = (
        "import os, signal, sys; from pathlib import Path; from wizard.services.terraform import planfile\n"
        "for name in ('left', 'used'): planfile.make(Path(sys.argv[1]), name)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", killed, str(runs)], check=False)
    assert done.returncode == -signal.SIGKILL
    used = f"-out={runs / 'used.tfplan' / 'plan'}"
    working = runner.start(["sleep", "60", used], {"PATH": os.environ["PATH"]}, runs / "run", NOW)
    try:
        planfile.prune(runs)
        assert sorted(path.name for path in runs.glob("*.tfplan")) == ["ours.tfplan", "used.tfplan"]
        assert ours.exists()
    finally:
        working.kill()
    planfile.discard(ours, runs)
    assert not ours.parent.exists()
