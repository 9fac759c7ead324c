"""Which folder is the module, what it declares, and the wizard's own copy of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.terraform import module
from wizard.services.terraform.module import Declared

GOOD = (
    'variable "databricks_serverless_workspace_ids" {}\n'
    'output "instance_profile_arn" { value = 1 }\noutput "role_arn" { value = 1 }\n'
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A packaged module."""
    folder = tmp_path / "packaged"
    folder.mkdir()
    (folder / "main.tf").write_text(GOOD)
    (folder / "iam.tf").write_text('resource "aws_iam_role" "this" {}\n')
    (folder / "terraform.tfvars").write_text("# a placeholder\n")
    (folder / "README.md").write_text("not for the copy\n")
    return folder


def own_copy(tmp_path: Path, source: Path, deployment: str = "default") -> module.ModuleFolder:
    cwd = tmp_path / "elsewhere"
    cwd.mkdir(exist_ok=True)
    return module.locate(None, cwd, tmp_path / "data", deployment, source)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_folder_that_was_named_is_used_in_place(tmp_path: Path, source: Path) -> None:
    given = tmp_path / "mine"
    given.mkdir()
    (given / "main.tf").write_text(GOOD)
    before = names(given)
    found = module.locate(given, tmp_path, tmp_path / "data", "default", source)
    assert found.path == given
    assert "--terraform-dir" in found.origin
    assert names(given) == before
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("kind", ["missing", "empty", "file"])
def test_a_named_folder_without_a_module_is_refused(tmp_path: Path, source: Path, kind: str) -> None:
    given = tmp_path / "mine"
    if kind == "empty":
        given.mkdir()
    if kind == "file":
        given.write_text(GOOD)
    with pytest.raises(Problem) as caught:
        module.locate(given, tmp_path, tmp_path / "data", "default", source)
    assert caught.value.code == "module.none"
    assert str(given) in caught.value.what


def test_terraform_where_the_wizard_starts_comes_before_the_own_copy(tmp_path: Path, source: Path) -> None:
    here = tmp_path / "project" / "terraform"
    here.mkdir(parents=True)
    assert module.locate(None, here.parent, tmp_path / "data", "default", source).path != here
    (here / "main.tf").write_text(GOOD)
    found = module.locate(None, here.parent, tmp_path / "data", "default", source)
    assert found.path == here
    assert "started" in found.origin


def test_the_own_copy_holds_the_module_for_its_owner_only(tmp_path: Path, source: Path) -> None:
    folder = own_copy(tmp_path, source).path
    assert folder == tmp_path / "data" / "deployments" / "default"
    assert names(folder) == ["iam.tf", "main.tf", "terraform.tfvars"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_deployments_do_not_touch_each_other(tmp_path: Path, source: Path) -> None:
    assert own_copy(tmp_path, source, "prod").path != own_copy(tmp_path, source, "test-1.b").path


@pytest.mark.parametrize("name", ["", "..", "a/b", "../up", ".hidden", "a b", "a\x1b[31m", "x" * 65, "ü"])
def test_a_deployments_name_cannot_lead_elsewhere(tmp_path: Path, source: Path, name: str) -> None:
    with pytest.raises(Problem) as caught:
        own_copy(tmp_path, source, name)
    assert caught.value.code == "module.deployment"
    assert "\x1b" not in str(caught.value)


def test_a_newer_module_replaces_the_copy_and_leaves_values_and_state(tmp_path: Path, source: Path) -> None:
    folder = own_copy(tmp_path, source).path
    kept = {
        "terraform.tfvars": "x = 1\n",
        "terraform.tfstate": "{}",
        "mine.tf": "# mine\n",
        ".terraform.lock.hcl": "",
    }
    for name, text in kept.items():
        (folder / name).write_text(text)
    (source / "main.tf").write_text(GOOD + "# newer\n")
    (source / "iam.tf").rename(source / "identity.tf")
    (source / "terraform.tfvars").write_text("# another placeholder\n")
    own_copy(tmp_path, source)
    assert (folder / "main.tf").read_text().endswith("# newer\n")
    assert names(folder) == ["identity.tf", "main.tf", "mine.tf", "terraform.tfstate", "terraform.tfvars"]
    assert {name: (folder / name).read_text() for name in kept} == kept


def test_the_same_module_is_not_written_again(tmp_path: Path, source: Path) -> None:
    folder = own_copy(tmp_path, source).path
    (folder / "main.tf").write_text(GOOD + "# mine\n")
    own_copy(tmp_path, source)
    assert (folder / "main.tf").read_text().endswith("# mine\n")


def test_a_copy_that_was_cut_short_is_made_whole(tmp_path: Path, source: Path) -> None:
    folder = own_copy(tmp_path, source).path
    (folder / "iam.tf").unlink()
    own_copy(tmp_path, source)
    assert (folder / "iam.tf").exists()


def test_a_state_that_could_not_be_saved_comes_first(tmp_path: Path, source: Path) -> None:
    folder = own_copy(tmp_path, source).path
    (folder / "errored.tfstate").write_text("{}")
    (source / "main.tf").write_text(GOOD + "# newer\n")
    assert own_copy(tmp_path, source).path == folder
    with pytest.raises(Problem) as caught:
        module.refuse_unsaved_state(folder)
    assert caught.value.code == "terraform.errored_state"
    assert "state push -force errored.tfstate" in caught.value.copy
    assert str(folder) in caught.value.copy
    assert "# newer" not in (folder / "main.tf").read_text(), "nothing is changed before it is mended"


def test_the_command_that_mends_it_can_be_pasted(tmp_path: Path, source: Path) -> None:
    given = tmp_path / "my module"
    given.mkdir()
    (given / "main.tf").write_text(GOOD)
    (given / "errored.tfstate").write_text("{}")
    with pytest.raises(Problem) as caught:
        module.refuse_unsaved_state(module.locate(given, tmp_path, tmp_path / "data", "default", source).path)
    import shlex

    assert f"-chdir={given}" in shlex.split(caught.value.copy)


def test_the_packaged_module_is_what_the_journey_works_with() -> None:
    folder = module.packaged()
    module.check(folder)
    found = {each.address for each in module.declared(folder)}
    assert {"aws_iam_role.this", "data.aws_partition.current", "project_prefix", "role_name"} <= found


def test_another_module_is_told_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "databricks_serverless_workspace_ids" {}\noutput "role_arn" {}\n'
    )
    with pytest.raises(Problem) as caught:
        module.check(tmp_path)
    assert caught.value.code == "module.other"
    assert "instance_profile_arn" in caught.value.what
    assert VARIABLE not in caught.value.what
    assert "role_arn" not in caught.value.what


VARIABLE = module.VARIABLE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('resource "a_b" "c" {}', ["a_b.c"]),
        ('\ufeffresource "a_b" "c" {}', ["a_b.c"]),
        ('  data "a_b" "c"   {', ["data.a_b.c"]),
        ('resource "a_b" "c" {\r\n}\r\noutput "o" {\r\n', ["a_b.c", "o"]),
        ('# resource "a_b" "c" {}\n// data "a_b" "c" {}\n/* output "o" {} */', []),
        ('/*\nresource "a_b" "c" {}\n*/ \nvariable "v" {}', ["v"]),
        ('resource "a_b" "c" { x = "/*" }\nresource "a_b" "d" { y = "*/" }', ["a_b.c", "a_b.d"]),
        ('locals { x = "# no comment" }\noutput "o" {}', ["o"]),
        ('locals {\n x = <<-E\nresource "a_b" "c" {}\nE\n}\noutput "o" {}', ["o"]),
        ('locals { x = "${lookup({ a = "}" }, "a")}" }\nvariable "v" {}', ["v"]),
        ('provider "aws" {}\nmodule "m" {}\nmoved {}', []),
    ],
)
def test_blocks_are_found_where_terraform_finds_them(tmp_path: Path, text: str, found: list[str]) -> None:
    (tmp_path / "main.tf").write_bytes(text.encode())
    assert [each.address for each in module.declared(tmp_path)] == found


def test_files_are_read_in_order_and_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "b.tf").write_text('variable "b" {}')
    (tmp_path / "a.tf").write_bytes(b'# \xff\xfe\nvariable "a" {}')
    assert module.declared(tmp_path) == [Declared("variable", "a"), Declared("variable", "b")]


def test_blocks_in_json_are_found_too(tmp_path: Path) -> None:
    text = (
        '{"//": "x", "resource": {"a_b": {"//": "y", "c": {}}}, "data": [{"a_b": [{"d": {}}]}], '
        '"variable": {"v": {}}, "output": {"o": {"value": 1}}, "locals": {"l": 1}}'
    )
    (tmp_path / "main.tf.json").write_text(text)
    (tmp_path / "bad.tf.json").write_text('{"resource"')
    assert [each.address for each in module.declared(tmp_path)] == ["a_b.c", "data.a_b.d", "v", "o"]
    assert module.locate(tmp_path, tmp_path, tmp_path, "x", tmp_path).path == tmp_path.resolve()
