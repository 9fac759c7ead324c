"""Who else sets a variable, and who wins."""

from __future__ import annotations

from pathlib import Path

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
        "an argument in TF_CLI_ARGS_plan",
    ]
    assert found["b"][0].origin == "terraform.tfvars line 3"


def test_only_what_overrules_the_line_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text("a = 1\n")
    assert values.warnings(tmp_path, "a", {"TF_VAR_a": "0"}, ["first"]) == ["first"]
    (tmp_path / "z.auto.tfvars").write_text("a = 4\n")
    (tmp_path / "broken.auto.tfvars").write_text("a = [\n")
    found = values.warnings(tmp_path, "a", {"TF_CLI_ARGS": "-var='a=5'"})
    assert found[0].startswith("z.auto.tfvars line 1 sets a too")
    assert found[1].startswith("an argument in TF_CLI_ARGS sets a too")
    assert found[2].startswith("broken.auto.tfvars cannot be read (line 1: a bracket is not closed)")
    assert len(found) == 3
    assert values.warnings(tmp_path, "b", {})[0].startswith("broken.auto.tfvars")


def test_placeholders_are_found_at_any_depth_but_not_in_comments(tmp_path: Path) -> None:
    (tmp_path / "terraform.tfvars").write_text(
        '# a = "<WORKSPACE_ID>"\nb = ["databricks-serverless-XXXXX"]\nc = { d = "<bucket>", e = "fine" }\n'
    )
    assert values.placeholders(tmp_path) == [
        "terraform.tfvars line 2: “databricks-serverless-XXXXX” is a placeholder: the real value was never filled in.",
        "terraform.tfvars line 3: “<bucket>” is a placeholder: the real value was never filled in.",
    ]


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
