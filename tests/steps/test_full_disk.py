"""A disk without room, in a mount namespace of its own: what AWS holds stays known, and the state is put back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(180)]
MOUNT = 'mount -t tmpfs -o size=1m tmpfs "$0"'


def namespace(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, *words],  # noqa: S607  # wherever the system keeps it
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env=dict(os.environ),
        timeout=150,
    )


def on_a_small_disk(disk: Path, *words: str) -> dict[str, Any]:
    """What `full_disk` tells when `disk` is one."""
    disk.mkdir(parents=True)
    if shutil.which("unshare") is None or namespace(MOUNT, str(disk)).returncode != 0:
        pytest.skip("this system lets nobody mount a small disk of his own (unshare -rm)")
    script = f'{MOUNT} && exec "$1" -m tests.steps.full_disk "$2" $3'
    done = namespace(script, str(disk), sys.executable, *words, "")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_state_that_finds_no_room_is_kept_and_put_back(tmp_path: Path) -> None:
    told = on_a_small_disk(tmp_path / "module" / "terraform.tfstate.d", str(tmp_path))
    assert told["nothing_free"] == "terraform.disk_full", "where not even a lock finds room, nobody holds one"
    assert told["code"] == "terraform.state_unsaved"
    assert told["copy"].endswith("state push -force errored.tfstate")
    assert told["also"] == ["terraform.disk_full"]
    assert told["kept"] == ["a", "b"], "Terraform left the whole state beside the module"
    assert told["refused"] == "terraform.errored_state", "nothing is planned without it"
    (reason,) = told["asked"]
    assert "with 2 resources" in reason
    assert told["state"] == ["a", "b"]
    assert told["aside"] == 1, "the state that was cut off is kept too"
    assert told["changes"] is False


def test_a_state_that_could_only_be_printed_is_taken_out_of_the_output(tmp_path: Path) -> None:
    told = on_a_small_disk(tmp_path / "module", str(tmp_path), "printed")
    assert told["code"] == "terraform.state_printed"
    assert "Error" in told["left"][0], "what Terraform left is no state"
    (reason,) = told["asked"]
    assert "with 2 resources" in reason
    assert told["state"] == ["a", "b"], "in the file that the backend names"
    assert (told["changes"], told["again"]) == (False, False)
