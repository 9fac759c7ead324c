"""Reading .tfvars files, and the module's own checks."""

import json
from pathlib import Path

import pytest

from wizard.demo.recording import variables
from wizard.demo.recording.record import module_folder
from wizard.demo.recording.session import WORKSPACE, Json, Session
from wizard.demo.recording.variables import CannotRead


def read(tmp_path: Path, text: str) -> dict[str, object]:
    path = tmp_path / "terraform.tfvars"
    path.write_text(text)
    return dict(variables.read(path))


def test_the_shipped_file_gives_the_defaults() -> None:
    values = variables.read(module_folder() / "terraform.tfvars")
    assert values == {"project_prefix": "htd", "aws_region": "us-east-1", "aws_second_region": "us-west-2"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('a = "x"', "x"),
        ('a="x # not a comment" # a comment', "x # not a comment"),
        ('a = ["x", "y",]', ["x", "y"]),
        ('a = [\n  # one\n  "x",\n  "y"\n]', ["x", "y"]),
        ("a = []", []),
        ('a = { team = "data", "cost centre" : 7 }', {"team": "data", "cost centre": 7}),
        ("a = true // yes", True),
        ("/* long\ncomment */ a = -1.5", -1.5),
        ("a = null", None),
        ('a = "say \\"hi\\" for $${money}"', 'say "hi" for ${money}'),
    ],
)
def test_plain_values_are_read(tmp_path: Path, text: str, value: object) -> None:
    assert read(tmp_path, text) == {"a": value}


@pytest.mark.parametrize("text", ['a = "${var.b}"', "a = [", "a = upper(1)", 'a "x"', "a = <<EOT\nx\nEOT\n"])
def test_anything_else_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(CannotRead, match=r"terraform\.tfvars"):
        read(tmp_path, text)


def test_later_sources_win(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text('a = "file"\nb = "file"\nc = "file"\n')
    (tmp_path / "x.auto.tfvars.json").write_text(json.dumps({"b": "automatic", "c": "automatic"}))
    named = tmp_path / "named.tfvars"
    named.write_text('c = "named"')
    environ = {"TF_VAR_a": "environment", "TF_VAR_d": '["x"]', "OTHER": "no"}
    values = variables.given(tmp_path, [named], environ)
    assert values == {"a": "file", "b": "automatic", "c": "named", "d": ["x"]}
    with pytest.raises(CannotRead, match="missing"):
        variables.given(tmp_path, [tmp_path / "missing.tfvars"], {})


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, []),
        ({"project_prefix": "htd-2", "databricks_serverless_workspace_ids": ["databricks-serverless-1"]}, []),
        ({"project_prefix": "H"}, ["project_prefix"]),
        ({"project_prefix": "sthree-x"}, ["project_prefix"]),
        ({"databricks_serverless_workspace_ids": ["1"]}, ["databricks_serverless_workspace_ids"]),
    ],
)
def test_the_modules_rules_hold_here_too(values: dict[str, Json], names: list[str]) -> None:
    found = variables.invalid(values, module_folder())
    assert [problem.name for problem in found] == names
    lines = (module_folder() / "variables.tf").read_text().splitlines()
    for problem in found:
        assert lines[problem.line - 1] == "  validation {"


def test_a_session_puts_its_names_into_policies_lists_and_keys() -> None:
    session = Session(
        "acme-x", ("databricks-serverless-1", "databricks-serverless-2"), account="210987654321"
    )
    policy = f'{{"sts:ExternalId":["{WORKSPACE}"],"r":"arn:aws:iam::123456789012:role/htdrecprefix-role"}}'
    assert json.loads(session.text(policy)) == {
        "sts:ExternalId": ["databricks-serverless-1", "databricks-serverless-2"],
        "r": "arn:aws:iam::210987654321:role/acme-x-role",
    }
    assert session.json([WORKSPACE]) == ["databricks-serverless-1", "databricks-serverless-2"]
    assert session.json({"htdrecprefix_db": 1}) == {"acme_x_db": 1}
    assert session.text("9123456789012") == "9123456789012"
