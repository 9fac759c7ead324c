"""The stored recording: still of this module, free of secrets and machine paths, and repeatable."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.demo.recording import tape as tapes
from wizard.demo.recording.record import module_folder, record
from wizard.demo.recording.tape import DATA, PROFILE, ROLE, Stale, fingerprint, tape

TRANSITIONS = ("seed", "upgrade", "fresh", "again")


def test_the_module_is_the_one_that_was_recorded() -> None:
    assert fingerprint(module_folder()) == tape().about["module"], (
        "terraform/ has changed: `make record` and commit"
    )


def test_another_module_is_refused_by_file_name(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("# another\n")
    with pytest.raises(Stale, match=r"main\.tf"):
        tape().check(tmp_path)


def test_line_ends_do_not_make_another_module(tmp_path: Path) -> None:
    for path in module_folder().glob("*.tf"):
        (tmp_path / path.name).write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    tape().check(tmp_path)


def test_a_missing_recording_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Stale, match="make record"):
        tapes.tape(tmp_path)


@pytest.mark.parametrize("name", TRANSITIONS)
def test_every_call_belongs_to_a_resource_or_to_the_check_of_the_credentials(name: str) -> None:
    calls = getattr(tape(), name).calls
    known = {*tape().addresses, "provider", "data.aws_caller_identity.current"}
    assert {call.address for call in calls} <= known
    strays = [call for call in calls if call.address == "provider" and call.operation != "GetCallerIdentity"]
    assert strays == []


def test_the_transitions_are_those_of_the_story() -> None:
    def actions(name: str) -> dict[str, str]:
        entries = getattr(tape(), name).show["resource_changes"]
        words = {entry["address"]: entry["change"]["actions"][0] for entry in entries}
        return {address: word for address, word in words.items() if word != "no-op"}

    assert set(actions("fresh").values()) == {"create"}
    assert set(actions("fresh")) == set(tape().addresses)
    assert set(actions("seed")) == set(tape().addresses) - {PROFILE}
    assert actions("upgrade") == {ROLE: "update", PROFILE: "create"}
    assert actions("again") == {}


def test_no_secret_and_no_path_of_a_machine_is_stored() -> None:
    for path in DATA.rglob("*.json*"):
        text = path.read_text()
        assert not re.search(
            r"AKIA[A-Z0-9]{12}|ASIA[A-Z0-9]{12}|aws4_request|Signature=|x-amz-security-token", text
        )
        assert not re.search(r'["= ](/tmp|/opt|/home|/root|/work|/Users|/private)/', text), path
        assert "@timestamp" not in text, path


def test_the_recording_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*.json*")) < 600_000


def facts(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """What a recording says, without the ids, dates and durations of one run, and without order."""
    for path in sorted(folder.rglob("*.json*")):
        text = path.read_text()
        rows: list[Any] = (
            [json.loads(text)] if path.suffix == ".json" else list(map(json.loads, text.splitlines()))
        )
        yield (
            str(path.relative_to(folder)),
            sorted(_plain(json.dumps(_bare(row), sort_keys=True)) for row in rows),
        )


def _bare(part: Any) -> Any:
    gone = (
        "made",
        "lineage",
        "serial",
        "unique_id",
        "user_id",
        "elapsed_seconds",
        "create_date",
        "last_modified",
    )
    if isinstance(part, dict) and "Tags.member.1.Key" in part:
        tags = {name: value for name, value in part.items() if name.startswith("Tags.")}
        return {"Tags": sorted(tags.values()), **_bare({name: part[name] for name in part.keys() - tags})}
    if isinstance(part, dict):
        return {key: _bare(value) for key, value in part.items() if key not in gone}
    if isinstance(part, list):
        return sorted((_bare(value) for value in part), key=lambda value: json.dumps(value, sort_keys=True))
    return part


def _plain(text: str) -> str:
    return re.sub(r"after \d+s|\d{4}-\d\d-\d\dT[\d:.]+Z", "", text)


@pytest.mark.terraform
@pytest.mark.timeout(400)
@pytest.mark.skipif(not os.environ.get("HTD_SOAK"), reason="a minute and a half of Terraform; set HTD_SOAK=1")
def test_recording_again_gives_the_same(tmp_path: Path) -> None:
    with EmbeddedAws() as aws:
        record(
            aws.url, aws.root.access_key_id, aws.root.secret_access_key, tmp_path / "data", module_folder()
        )
    now, then = dict(facts(tmp_path / "data")), dict(facts(DATA))
    assert now.keys() == then.keys()
    for name, rows in now.items():
        assert rows == then[name], f"{name} differs: `make record` and commit"
