"""What a module declares, read for a form."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.hcl import variables

MODULE = Path(__file__).parents[3] / "terraform"


def test_the_modules_own_variables() -> None:
    found = {variable.name: variable for variable in variables.declared(MODULE)}
    ids = found["databricks_serverless_workspace_ids"]
    assert ids.type == "list(string)"
    assert ids.default == []
    assert not ids.required
    assert not ids.nullable
    assert ids.validations[0].condition.startswith("alltrue([")
    assert ids.validations[0].message.startswith("Each entry must be databricks-serverless-")
    assert found["project_prefix"].default == "htd"
    assert found["project_prefix"].type == "string"
    assert len(found["project_prefix"].validations) == 2
    assert found["tags"].default == {}
    assert [found[name].default_text for name in ("project_prefix", "tags", ids.name)] == [
        '"htd"',
        "{}",
        "[]",
    ]


def test_defaults_are_plain_data(tmp_path: Path) -> None:
    (tmp_path / "v.tf").write_text(
        '\ufeffvariable "x" {\n  type = object({ a = string, b = optional(number, 3) })\n'
        '  default = { a = "x\\"y", b = 1, "c d" = [true, null, 1.5] }\n  sensitive = true\n'
        "  description = <<-EOT\n    hi\n    there\n  EOT\n}\nvariable y {}\n"
    )
    (tmp_path / "other.tf").write_text("this is not read, because it declares nothing")
    x, y = variables.declared(tmp_path)
    assert x.default == {"a": 'x"y', "b": 1, "c d": [True, None, 1.5]}
    assert x.default_text == '{ a = "x\\"y", b = 1, "c d" = [true, null, 1.5] }'
    assert y.default_text == ""
    assert x.type == "object({ a = string, b = optional(number, 3) })"
    assert x.description == "hi\nthere"
    assert x.sensitive
    assert (y.name, y.required, y.type, y.nullable) == ("y", True, "", True)


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "v.tf").write_text('variable "x" {\n')
    with pytest.raises(Problem, match=r"v\.tf could not be read"):
        variables.declared(tmp_path)
