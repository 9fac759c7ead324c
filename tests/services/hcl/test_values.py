"""Who else sets a variable, and who wins."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from wizard.services.hcl import values
from wizard.services.hcl.placeholders import placeholder, unfilled


def test_the_last_setting_wins_as_in_terraform(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text('a = 1\n\nb = "x"\n')
    (tmp_path / "terraform.tfvars.json").write_text('{"a": 2}')
    (tmp_path / "z.auto.tfvars").write_text("a = 4\n")
    (tmp_path / "m.auto.tfvars.json").write_text('{"a": 3}')
    (tmp_path / "other.tfvars").write_text("a = 9\n")
    found = values.load_values(tmp_path, {"TF_VAR_a": "0", "TF_CLI_ARGS_plan": "-var a=5 -lock=false"})
    assert [setting.spelled for setting in found["a"]] == ["0", "1", "2", "3", "4", "5"]
    assert [setting.origin for setting in found["a"]] == [
        "The variable TF_VAR_a",
        "terraform.tfvars line 1",
        "terraform.tfvars.json",
        "m.auto.tfvars.json",
        "z.auto.tfvars line 1",
        "An argument in TF_CLI_ARGS_plan",
    ]
    assert found["b"][0].origin == "terraform.tfvars line 3"


def test_who_overrules_the_line_and_whom_it_overrules_is_told(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text("a = 1\n")
    assert values.warnings(tmp_path, "a", {"TF_VAR_a": "0", "TF_VAR_b": "1"}, ["first"]) == [
        "first",
        (
            "The variable TF_VAR_a sets a too, and Terraform listens to terraform.tfvars instead. "
            "What stands there has no effect."
        ),
    ]
    (tmp_path / "z.auto.tfvars").write_text("a = 4\n")
    (tmp_path / "broken.auto.tfvars").write_text("a = [\n")
    found = values.warnings(tmp_path, "a", {"TF_CLI_ARGS": "-var='a=5'"})
    assert found[0].startswith("z.auto.tfvars line 1 sets a too, and Terraform listens to it instead")
    assert found[1].startswith("An argument in TF_CLI_ARGS sets a too, and Terraform listens to it instead")
    assert found[2].startswith("broken.auto.tfvars cannot be read (line 1: a bracket is not closed)")
    assert len(found) == 3
    assert values.warnings(tmp_path, "b", {})[0].startswith("broken.auto.tfvars")


def test_the_file_to_be_written_need_not_exist(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars.json").write_text('{"a": 1}')
    (found,) = values.warnings(tmp_path, "a", {})
    assert "Terraform listens to it instead of terraform.tfvars" in found
    (tmp_path / "terraform.tfvars.json").unlink()
    assert values.warnings(tmp_path, "a", {}) == []


def test_placeholders_are_found_at_any_depth_but_not_in_comments() -> None:
    text = '# a = "<WORKSPACE_ID>"\nb = ["databricks-serverless-XXXXX"]\nc = { d = "<bucket>", e = "fine" }\n'
    assert values.placeholders(text) == [
        "Line 2, b: “databricks-serverless-XXXXX” is a placeholder: the real value was never filled in.",
        "Line 3, c: “<bucket>” is a placeholder: the real value was never filled in.",
    ]
    assert values.placeholders("a = [") == []


@pytest.mark.terraform
def test_terraform_lets_the_same_setting_win(tmp_path: Path) -> None:
    """Takes away the winner, one after the other, and asks Terraform who is next."""
    (tmp_path / "main.tf").write_text('variable "a" {}\n')
    (tmp_path / "terraform.tfvars").write_text("a = 1\n")
    (tmp_path / "terraform.tfvars.json").write_text('{"a": 2}')
    (tmp_path / "M.auto.tfvars").write_text("a = 3\n")
    (tmp_path / "m.auto.tfvars.json").write_text('{"a": 4}')
    (tmp_path / "z.auto.tfvars").write_text("a = 5\n")
    environ = {**os.environ, "TF_VAR_a": "0", "TF_CLI_CONFIG_FILE": os.devnull}
    for expected in range(5, -1, -1):
        done = subprocess.run(
            [shutil.which("terraform") or "terraform", f"-chdir={tmp_path}", "console"],
            input="tonumber(var.a)",
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        winner = values.load_values(tmp_path, {"TF_VAR_a": "0"})["a"][-1]
        assert (done.stdout.strip(), winner.spelled) == (str(expected), str(expected)), done.stderr
        if winner.file:
            (tmp_path / winner.file).unlink()


def test_real_values_are_no_placeholders() -> None:
    for text in (
        "databricks-serverless-7474654321098765",
        "htd",
        "us-east-1",
        "my-bucket",
        "",
        "Xerox",
        "example",
    ):
        assert placeholder(text) == ""
    for text in (
        "databricks-serverless-",
        "databricks-serverless-<workspace id>",
        "databricks-serverless-0",
        "XXXX",
    ):
        assert unfilled(text)
    assert placeholder("your-bucket-name")
    assert not unfilled("your-bucket-name")
