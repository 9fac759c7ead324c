"""`htd-wizard workspace`: one JSON object of a known form, and two exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HOST = "dbc-a1b2c3d4-e5f6.cloud.databricks.com"
WAREHOUSE = "f6dd72df81d69f03"


def ran(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wizard", "workspace", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_json_has_these_keys_and_no_others() -> None:
    done = ran(f"https://{HOST}/sql/warehouses/{WAREHOUSE}?o=7", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "host": HOST,
        "workspace_id": "7",
        "warehouse_id": WAREHOUSE,
        "cloud": "AWS",
        "problems": [],
    }


def test_a_refusal_is_2_and_says_the_way_out() -> None:
    done = ran("https://accounts.cloud.databricks.com/workspaces/7", "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 2
    assert [set(problem) for problem in said["problems"]] == [{"code", "message", "remedy"}]
    assert said["problems"][0]["code"] == "host.account"


def test_words_for_a_person() -> None:
    done = ran("-", given=f"Hello,\r\nuse https://{HOST}/?o=7 please\r\n")
    assert done.returncode == 0
    assert f"host          {HOST}  (from " in done.stdout
    assert "workspace id  7  (from o=7" in done.stdout
    assert "cloud         AWS" in done.stdout
    refused = ran("-", given="nothing here")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "What to do: " in refused.stderr


@pytest.mark.parametrize("arguments", [(), ("a", "b")])
def test_one_address_at_a_time(arguments: tuple[str, ...]) -> None:
    done = ran(*arguments)
    assert done.returncode == 2
    assert "usage: htd-wizard" in done.stderr


def test_bytes_that_are_no_text_are_no_crash() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wizard", "workspace", "-", "--json"],
        input=b"\xff\xfe https://" + HOST.encode() + b"/?o=7",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["workspace_id"] == "7"
