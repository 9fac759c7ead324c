"""Who holds a lock: read from Terraform's words, and asked of the system."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.services.terraform.conftest import Site, Told, recorded
from wizard.core.problem import Problem
from wizard.services.terraform import stream
from wizard.services.terraform.lock import Lock, holder

HOLD = """
import fcntl, sys
with open(sys.argv[1], "rb+") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


def lock() -> Lock:
    messages = [stream.parse(line) for line in recorded("state_lock_error")]
    (found,) = [stream.diagnostic(each) for each in messages if each.type == "diagnostic"]
    read = Lock.read(found.detail)
    assert read is not None
    return read


def test_a_lock_is_read_from_a_diagnostic() -> None:
    found = lock()
    assert (found.id, found.who) == ("8d15a297-76a9-4147-c480-dd9b225dc0bc", "operator@vm")
    assert found.local
    assert found.unlock == ""
    assert found.age(datetime(2026, 11, 24, 0, 44, 34, tzinfo=UTC)) == 3600
    assert "for an apply, by version 1.11.4, since 2026-11-23 23:44 UTC" in found.words


def test_what_tells_of_no_lock_is_none_and_a_hostile_id_is_no_command() -> None:
    assert Lock.read("something else") is None
    found = Lock.read("Lock Info:\n  ID:        x; rm -rf /\n  Who:       me")
    assert found is not None
    assert (found.id, found.unlock, found.age(datetime.now(UTC))) == ("", "", None)


def test_the_system_tells_which_process_holds_it(tmp_path: Path) -> None:
    state = tmp_path / "terraform.tfstate"
    assert holder(state) is None
    state.write_text("{}")
    assert holder(state) is None
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        assert holder(state) == child.pid
        child.stdin.close()
    assert holder(state) is None


@pytest.mark.terraform
def test_a_real_lock_is_told_with_the_process_that_holds_it(initialised: Site) -> None:
    tool = initialised.tool()
    Told().listen(tool.apply(Told().listen(tool.plan())))
    state = initialised.folder / "terraform.tfstate"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        with pytest.raises(Problem) as caught:
            Told().listen(tool.plan())
        assert caught.value.code == "terraform.lock"
        assert holder(state) == child.pid
        child.stdin.close()
    assert not Told().listen(tool.plan()).has_changes
