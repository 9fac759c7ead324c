"""`htd-wizard explain`: one JSON object a refusal, and an exit status that tells whether there was one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

KEYS = ["reason", "principal", "action", "resource", "policy_arn", "code", "who", "remedy", "statement"]
DENIED = (
    "An error occurred (AccessDenied) when calling the GetRole operation: User: arn:aws:iam::123456789012:user/ann is "
    "not authorized to perform: iam:GetRole on resource: role r because no identity-based policy allows the "
    "iam:GetRole action"
)


def ran(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wizard", "explain", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_message_on_standard_input_is_one_object_with_these_keys() -> None:
    done = ran("--json", given=DENIED)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert list(said) == KEYS
    assert said["statement"]["Resource"] == ["arn:aws:iam::123456789012:role/r"]
    assert said["who"] == "an AWS administrator"


def test_several_refusals_in_a_file_are_one_object_a_line(tmp_path: Path) -> None:
    file = tmp_path / "apply.log"
    file.write_text(
        f"{DENIED}\n\n{DENIED.replace('GetRole', 'GetUser').replace('role r', 'user u')}\n", "utf-8"
    )
    done = ran(str(file), "--json")
    assert [json.loads(line)["action"] for line in done.stdout.splitlines()] == ["iam:GetRole", "iam:GetUser"]


def test_people_read_what_why_what_to_do_and_who() -> None:
    done = ran("-", given=DENIED)
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("Why:", "What to do:", "Who can do it:", "To copy:"))


def test_a_text_without_a_refusal_is_said_so() -> None:
    done = ran("--json", given="Apply complete! Resources: 1 added, 0 changed, 0 destroyed.")
    assert (done.returncode, done.stdout) == (1, "")
    assert "What to do:" in done.stderr


def test_a_file_that_is_not_there_has_a_way_out() -> None:
    done = ran("not-there.log")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be read" in done.stderr
