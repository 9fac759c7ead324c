"""A value is judged as Terraform would judge it, in its words."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from wizard.services.hcl import checks, types, variables
from wizard.services.hcl.scanner import Malformed
from wizard.services.hcl.variables import Validation, Variable

MODULE = Path(__file__).parents[3] / "terraform"
TERRAFORM = shutil.which("terraform") or "terraform"
OBJECT = "object({ a = string, b = optional(number, 3) })"
JUDGED = [
    ("number", '"abc"', "a number is required"),
    ("number", "[1]", "number required"),
    ("number", '"1.50"', ""),
    ("number", '"1e3"', ""),
    ("number", '" 1"', "a number is required"),
    ("number", '"0x10"', "a number is required"),
    ("number", '""', "a number is required"),
    ("bool", '"x"', "a bool is required"),
    ("bool", "1", "bool required"),
    ("bool", '"1"', ""),
    ("bool", '"true"', ""),
    ("string", "[1]", "string required"),
    ("string", "{}", "string required"),
    ("string", "1.50", ""),
    ("string", "null", ""),
    ("list(string)", '"a"', "list of string required"),
    ("list(string)", "[[1]]", "element 0: string required"),
    ("list(string)", "[1, true, null]", ""),
    ("list(string)", "{}", "list of string required"),
    ("list(number)", '["1", "b"]', "a number is required"),
    ("list(list(string))", '[["a"], "b"]', "element 1: list of string required"),
    ("list(any)", '[1, "a"]', ""),
    ("list(any)", "[1, []]", "all list elements must have the same type"),
    ("list(any)", '"a"', "list of any single type required"),
    ("list", '["a"]', ""),
    ("set(string)", "[{}]", "element 0: string required"),
    ("set(number)", '[1, "1"]', ""),
    ("map(string)", '["a"]', "map of string required"),
    ("map(string)", "{ a = [1] }", 'element "a": string required'),
    ("map(number)", '{ a = "x" }', "a number is required"),
    ("map(list(string))", '{ x = "a" }', 'element "x": list of string required'),
    ("map(map(string))", "{ a = { b = [] } }", 'element "a": element "b": string required'),
    ("map(any)", '{ a = 1, b = "x" }', ""),
    (OBJECT, "{}", 'attribute "a" is required'),
    (OBJECT, "{ a = [] }", 'attribute "a": string required'),
    (OBJECT, '{ a = "x", b = "y" }', "a number is required"),
    (OBJECT, "{ a = 1, c = 2 }", ""),
    (OBJECT, '"x"', "object required"),
    (OBJECT, "[]", "object required"),
    ("object({ a = string, b = string })", "{}", 'attributes "a" and "b" are required'),
    ("object({ a = string, b = string, c = bool })", "{}", 'attributes "a", "b", and "c" are required'),
    ("object({ a = object({ b = string }) })", "{ a = {} }", 'attribute "a": attribute "b" is required'),
    ("list(object({ a = string }))", "[{}]", 'element 0: attribute "a" is required'),
    ("map(object({ a = string }))", "{ x = {} }", 'element "x": attribute "a" is required'),
    ("tuple([string, number])", '["a"]', "tuple required"),
    ("tuple([string, number])", '["a", "b"]', "a number is required"),
    ("tuple([string, number])", '["a", "1"]', ""),
    ("tuple([string])", "{}", "tuple required"),
    ("any", "{ a = [1] }", ""),
]
RULES = [
    ('can(regex("^[a-z]+$", var.{}))', "string", '"A1"', True),
    ('can(regex("^[a-z]+$", var.{}))', "string", '"abc"', False),
    ("length(var.{}) > 0", "list(string)", "[]", True),
    ("alltrue([for x in var.{} : x > 2])", "list(number)", "[3, 2]", True),
    ("alltrue([for x in var.{} : x > 2])", "list(number)", '["3", 4]', False),
    ('contains(["dev", "prod"], var.{})', "string", '"test"', True),
    ('var.{} == "" || startswith(var.{}, "arn:")', "string", '"x"', True),
    ("var.{} >= 1 && var.{} <= 10 && floor(var.{}) == var.{}", "number", "1.5", True),
    ("can(cidrhost(var.{}, 0))", "string", '"10.0.0.0/33"', True),
    ("can(cidrhost(var.{}, 0))", "string", '"10.0.0.0/8"', False),
    ("length(distinct(var.{})) == length(var.{})", "list(string)", '["a", "a"]', True),
    ("alltrue([for k, v in var.{} : v.n > 9])", "map(object({ n = number }))", "{ abc = { n = 1 } }", True),
    ("try(length(var.{}.a), 0) > 0", "object({ a = optional(list(string)) })", "{}", True),
    ("var.{}.b == 3", OBJECT, "{ a = 1 }", False),
    ('var.{} != null ? var.{} != "" : true', "string", "null", False),
]  # fmt: skip


@pytest.mark.parametrize(("spelled", "literal", "clause"), JUDGED)
def test_types(spelled: str, literal: str, clause: str) -> None:
    found = checks.check(Variable("v", spelled), literal)
    assert found.fault == (f"Terraform would refuse it: {clause}." if clause else "")
    assert found.undecided == ()


@pytest.mark.terraform
def test_terraform_says_the_same_of_types(tmp_path: Path) -> None:
    kinds = enumerate(JUDGED)
    (tmp_path / "main.tf").write_text(
        "".join(f'variable "v{n}" {{\n  type = {kind}\n}}\n' for n, (kind, _, _) in kinds)
    )
    (tmp_path / "terraform.tfvars").write_text(
        "".join(f"v{n} = {value}\n" for n, (_, value, _) in enumerate(JUDGED))
    )
    said = _plan(tmp_path)
    found = re.findall(
        r"not suitable for var\.v(\d+) declared at main\.tf:[\d,-]+: ([^│╵]+?)\.(?: [│╵]|$| Error)", said
    )
    assert {int(n): clause for n, clause in found} == {n: c for n, (_, _, c) in enumerate(JUDGED) if c}


@pytest.mark.parametrize(("condition", "kind", "literal", "refused"), RULES)
def test_rules(condition: str, kind: str, literal: str, refused: bool) -> None:
    rule = Validation(condition.replace("{}", "v"), "", '"Not ${upper("so")}."')
    found = checks.check(Variable("v", kind, validations=(rule,)), literal)
    assert (found.fault, found.undecided) == ("Not SO." if refused else "", ())


@pytest.mark.terraform
def test_terraform_says_the_same_of_rules(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        "".join(
            f'variable "v{n}" {{\n  type = {kind}\n  validation {{\n    condition = {rule.replace("{}", f"v{n}")}\n'
            f'    error_message = "Refused {n}."\n  }}\n}}\n'
            for n, (rule, kind, _, _) in enumerate(RULES)
        )
    )
    (tmp_path / "terraform.tfvars").write_text(
        "".join(f"v{n} = {value}\n" for n, (_, _, value, _) in enumerate(RULES))
    )
    refused = {int(n) for n in re.findall(r"Refused (\d+)\.", _plan(tmp_path))}
    assert refused == {n for n, rule in enumerate(RULES) if rule[3]}


OURS = [
    ("project_prefix", '"Htd"', "The project prefix becomes part of S3 bucket names"),
    ("project_prefix", '"xn--a"', "S3 keeps names that begin with xn--"),
    ("project_prefix", '"acme"', ""),
    ("aws_region", '"eu-central-1"', ""),
    ("aws_region", '"Frankfurt"', "This does not look like an AWS region"),
    ("aws_profile", '" prod"', "has a space before or after it"),
    ("databricks_serverless_workspace_ids", '["databricks-serverless-42"]', ""),
    ("databricks_serverless_workspace_ids", '["databricks-serverless-XXXXX"]', "Each entry must be"),
    ("databricks_serverless_workspace_ids", '"x"', "list of string required"),
    ("tags", '{ "aws:x" = "y" }', "AWS keeps tag names"),
    ("tags", '{ Team = "y" }', ""),
    ("uc_external_id", '"a b"', "characters that AWS does not allow"),
    ("uc_master_role_arn", '"arn:aws:iam::1:role/x"', "must be the ARN of an IAM role"),
]


@pytest.mark.parametrize(("name", "literal", "said"), OURS)
def test_the_modules_own_variables_are_decided_here(name: str, literal: str, said: str) -> None:
    (variable,) = (each for each in variables.declared(MODULE) if each.name == name)
    found = checks.check(variable, literal)
    assert found.undecided == ()
    assert said in found.fault
    assert bool(said) is bool(found.fault)


def test_every_default_of_the_module_passes() -> None:
    for variable in variables.declared(MODULE):
        assert checks.check(variable, variable.default_text) == checks.Checked(value=variable.default)


def test_what_cannot_be_decided_says_so() -> None:
    rule = Validation("provider::x::y(var.v) == local.z", "No.")
    found = checks.check(Variable("v", "string", validations=(rule,)), '"a"')
    assert found.fault == ""
    assert "provider::x::y" in found.undecided[0]
    assert found.undecided[0].endswith("Terraform's plan decides.")
    assert checks.check(Variable("v", "strung"), "1").undecided


def test_null_and_what_a_file_may_not_say() -> None:
    assert "must have a value" in checks.check(Variable("v", nullable=False, required=True), "null").fault
    assert checks.check(Variable("v", "string", nullable=False, default="x"), "null").value == "x"
    assert "variables are not allowed here" in checks.check(Variable("v"), "foo").fault
    assert "would not read it" in checks.check(Variable("v"), "[1").fault


@pytest.mark.parametrize(
    "text", ["strung", "list(", "object({ a })", "list(string) x", "tuple([string)", "map(x)"]
)
def test_what_is_no_type(text: str) -> None:
    with pytest.raises(Malformed):
        types.parse(text)


def _plan(folder: Path) -> str:
    done = subprocess.run(
        [TERRAFORM, f"-chdir={folder}", "plan", "-no-color", "-input=false"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return " ".join((done.stdout + done.stderr).replace("│", " ").split())
