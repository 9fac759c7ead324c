"""The wizard dies while Terraform works, at any moment and in every way: nothing is lost and nothing stays locked.

HTD_SOAK=1 runs two hundred of the first kind, two hundred against the embedded AWS, and forty that were stopped.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.services.terraform.conftest import Site, Told
from tests.services.terraform.deaths import WAYS, Wizard, finished
from wizard.core.event import ResourceRow
from wizard.demo.aws import EmbeddedAws
from wizard.demo.recording.engine import surroundings

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(300)]

SOAK = os.environ.get("HTD_SOAK") == "1"
SEED = int(os.environ.get("HTD_SEED", "5"))
COUNT = 200 if SOAK else 5
SECONDS = """
resource "terraform_data" "step" {
  count = 6
  provisioner "local-exec" { command = "sleep 0.$((RANDOM % 4 + 1))" }
}
resource "terraform_data" "last" {
  input = join(",", terraform_data.step[*].id)
  provisioner "local-exec" { command = "sleep 0.5" }
}
output "role_arn" { value = "arn" }
"""
"""Takes about a second and a half, without a provider to start."""
AWS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
resource "aws_iam_role" "role" {
  count              = 5
  name               = "htd-role-${count.index}"
  assume_role_policy = local.trust
}
resource "aws_iam_user" "user" {
  name = "htd-user-${length(aws_iam_role.role[*].id)}"
}
"""


Until = Callable[[Callable[[], Any]], None]


def _moments(count: int, longest: float) -> list[tuple[str, float]]:
    """Ways and seconds, the same in every run of one seed; every way comes up."""
    chance = random.Random(SEED)
    return [(WAYS[number % len(WAYS)], chance.uniform(0.0, longest)) for number in range(count)]


def _in_state(site: Site) -> set[str]:
    document = json.loads((site.folder / "terraform.tfstate").read_text("utf-8"))
    return {
        f"{each['type']}.{each['name']}[{instance.get('index_key', '')}]"
        for each in document["resources"]
        for instance in each["instances"]
        if each["mode"] == "managed"
    }


def _rows(site: Site) -> dict[str, tuple[str, str]]:
    """What a new wizard shows of the apply."""
    told, tool = Told(), site.tool()
    run = tool.unfinished() or tool.untold()
    assert run is not None
    told.listen(tool.resume(run, outputs=False))
    return {row.address: (row.action, row.state) for row in told.of(ResourceRow)}


def _unlocked(site: Site) -> None:
    assert not list(site.folder.glob(".terraform.tfstate.lock.info"))
    assert not Told().listen(site.tool().plan()).has_changes, "and nothing is left to do"


@pytest.mark.parametrize(("way", "after"), _moments(COUNT, 2.0))
def test_the_apply_completes(site: Site, way: str, after: float) -> None:
    site.write(SECONDS)
    Told().listen(site.tool().init())
    planned = Told().listen(site.tool().plan())
    wizard = Wizard(site.folder, site.runs, planned.file, site.environ)
    wizard.until_applying()
    time.sleep(after)
    wizard.die(way)
    run = finished(site.runs)
    assert run.code == 0, run.output()[-2000:]
    steps = {f"terraform_data.step[{number}]" for number in range(6)}
    assert _in_state(site) == {*steps, "terraform_data.last[]"}
    if not run.is_noted:
        assert _rows(site) == {name.removesuffix("[]"): ("create", "done") for name in _in_state(site)}
    _unlocked(site)


@pytest.fixture
def cloud(site: Site) -> Iterator[tuple[Site, EmbeddedAws]]:
    """A site whose module makes things in the embedded AWS, each call a little slow."""
    with EmbeddedAws(latency=0.15) as aws:
        site.environ.update(
            surroundings(site.paths.home)
            | {
                "AWS_ENDPOINT_URL": aws.url,
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": aws.root.access_key_id,
                "AWS_SECRET_ACCESS_KEY": aws.root.secret_access_key,
            }
        )
        site.write(AWS)
        Told().listen(site.tool().init())
        yield site, aws


@pytest.mark.parametrize(("way", "after"), _moments(COUNT if SOAK else 1, 5.0))
def test_nothing_that_aws_made_is_lost(cloud: tuple[Site, EmbeddedAws], way: str, after: float) -> None:
    site, aws = cloud
    planned = Told().listen(site.tool().plan())
    wizard = Wizard(site.folder, site.runs, planned.file, site.environ)
    wizard.until_applying()
    time.sleep(after)
    wizard.die(way)
    run = finished(site.runs, 120.0)
    assert run.code == 0, run.output()[-2000:]
    iam = aws.client("iam")
    roles = {each["RoleName"] for each in iam.list_roles()["Roles"] if each["RoleName"].startswith("htd-")}
    assert roles == {f"htd-role-{number}" for number in range(5)}
    assert len(_in_state(site)) == 6
    _unlocked(site)


STOPPED = """
resource "terraform_data" "first" { input = "one" }
resource "terraform_data" "second" {
  input = terraform_data.first.output
  provisioner "local-exec" { command = "touch begun; sleep 60" }
}
"""


@pytest.mark.parametrize(("way", "after"), _moments(40, 0.3) if SOAK else [(way, 0.0) for way in WAYS[:2]])
def test_stopped_as_asked_it_stops_though_the_wizard_dies(
    site: Site, way: str, after: float, until: Until
) -> None:
    site.write(STOPPED)
    Told().listen(site.tool().init())
    planned = Told().listen(site.tool().plan())
    wizard = Wizard(site.folder, site.runs, planned.file, site.environ)
    wizard.until_applying()
    wizard.until_shown(b"second")
    wizard.press(b"s")
    wizard.until_shown(b"Let it finish")
    wizard.press(b"\x1b[C")
    time.sleep(0.5)
    wizard.press(b"\r")
    (said,) = site.runs.glob("*-apply/out")
    until(lambda: "Interrupt received" in said.read_text())
    time.sleep(after)
    wizard.die(way)
    run = finished(site.runs, 30.0)
    assert run.code == 1
    assert _in_state(site) == {"terraform_data.first[]", "terraform_data.second[]"}
    assert not list(site.folder.glob(".terraform.tfstate.lock.info"))
