"""An apply whose state finds no room, on a disk that is mounted small; run in a mount namespace of its own.

Prints one JSON object: what the wizard said and did, and what is there afterwards. With `printed` there is no room
beside the module either, so that Terraform can only print the state.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.steps.test_recovery import Person, Place
from wizard.core.problem import Problem
from wizard.services.terraform.commands import PlannedRun
from wizard.steps import recovery

BIG = 150_000
"""Bytes of the second state: more than the disk has left."""
ROOM = 32_768
"""Bytes that are left, enough for a lock."""


def _grown(place: Place) -> PlannedRun:
    """One resource is made; the plan that is returned makes another, too big for the disk."""
    first = 'resource "terraform_data" "a" {}\n'
    place.write(first)
    place.do(place.tool.init())
    place.do(place.tool.apply(place.do(place.tool.plan())[0]))
    place.write(first + f'resource "terraform_data" "b" {{\n  input = "{"x" * BIG}"\n}}\n')
    planned: PlannedRun = place.do(place.tool.plan())[0]
    return planned


def main(folder: Path) -> dict[str, object]:
    """`folder/module/terraform.tfstate.d` is the small disk; Terraform keeps the states of its workspaces there."""
    place = Place(folder, {"TF_WORKSPACE": "small"})
    disk = place.folder / "terraform.tfstate.d"
    held = disk / "small" / "terraform.tfstate"
    held.parent.mkdir()
    planned = _grown(place)
    told: dict[str, object] = {}
    _fill(disk / "filler", 0)
    try:
        place.do(place.tool.plan())
    except Problem as problem:
        told["nothing_free"] = problem.code
    _fill(disk / "filler", ROOM)
    try:
        place.do(place.tool.apply(planned))
    except Problem as problem:
        told |= {"code": problem.code, "remedy": problem.remedy, "also": [each.code for each in problem.also]}
        told["copy"] = problem.copy
    told["kept"] = _names(place.folder / "errored.tfstate")
    try:
        place.do(place.tool.plan())
    except Problem as problem:
        told["refused"] = problem.code
    (disk / "filler").unlink()
    person = Person(put_back="yes")
    place.do(recovery.put_back(place.tool), person)
    told["asked"] = [ask.reason for ask in person.asked]
    told["state"] = _names(held)
    told["aside"] = len(list(held.parent.glob("terraform.tfstate.*.damaged")))
    told["changes"] = place.do(place.tool.plan())[0].has_changes
    return told


def printed(folder: Path) -> dict[str, object]:
    """The whole `folder/module` is the small disk, and the state has a name of its own."""
    place = Place(folder)
    place.write('terraform {\n  backend "local" {\n    path = "kept/mine.tfstate"\n  }\n}\n', "backend.tf")
    planned = _grown(place)
    told: dict[str, object] = {}
    _fill(place.folder / "filler", ROOM)
    try:
        place.do(place.tool.apply(planned))
    except Problem as problem:
        told |= {"code": problem.code, "remedy": problem.remedy}
    told["left"] = _names(place.folder / "errored.tfstate")
    (place.folder / "filler").unlink()
    person = Person(put_back="yes")
    place.do(recovery.put_back(place.tool), person)
    told["asked"] = [ask.reason for ask in person.asked]
    told["state"] = _names(place.folder / "kept" / "mine.tfstate")
    told["changes"] = place.do(place.tool.plan())[0].has_changes
    told["again"] = place.tool.unsaved() is not None
    return told


def _fill(file: Path, leave: int) -> None:
    """Everything but `leave` bytes is taken."""
    with file.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(4096))
        except OSError:
            out.truncate(max(out.tell() - leave, 0))


def _names(file: Path) -> list[str]:
    try:
        return sorted(each["name"] for each in json.loads(file.read_text())["resources"])
    except (OSError, ValueError) as error:
        return [f"{type(error).__name__}: {error}"]


if __name__ == "__main__":
    json.dump((printed if "printed" in sys.argv else main)(Path(sys.argv[1])), sys.stdout)
