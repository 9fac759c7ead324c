"""Names foreseen from the module's text are the names that a real apply gave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import wizard.demo.recording
from wizard.services.hcl import foresight
from wizard.services.hcl.foresight import Foreseen, Place
from wizard.services.terraform import module, state
from wizard.steps import needed

RECORDED = Path(wizard.demo.recording.__file__).parent / "data" / "fresh" / "state.json"
ACCOUNT = "123456789012"
HERE = Place(ACCOUNT, "aws", "eu-west-1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The packaged module, with the prefix of the recorded apply and no state."""
    for file in module.packaged().glob("*.tf"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "terraform.tfvars").write_text(
        '# aws_region = "eu-west-1"\nproject_prefix = "htdrecprefix"\n'
    )
    return tmp_path


def told(folder: Path, environ: dict[str, str] | None = None) -> dict[str, Foreseen]:
    return {each.address: each for each in foresight.foresee(folder, HERE, environ).resources}


def names(folder: Path, environ: dict[str, str] | None = None) -> dict[str, object]:
    return {address: each.values.get("name") for address, each in told(folder, environ).items()}


def test_every_name_is_what_the_real_apply_made(folder: Path, tmp_path: Path) -> None:
    applied = tmp_path / "applied"
    applied.mkdir()
    (applied / "terraform.tfstate").write_bytes(RECORDED.read_bytes())
    found = state.read(applied)
    assert found is not None
    real = {each.address: (each.name, each.parent, each.arn, each.region) for each in found.resources}
    foreseen = {
        each.address: (each.name, each.parent, each.arn, each.region)
        for each in needed.resources(folder, {}, ACCOUNT)
        if not each.address.startswith("data.")
    }
    assert foreseen == real
    assert len(real) == 23


def test_what_holds_the_account_stays_unknown_without_it(folder: Path) -> None:
    found = {each.address: each for each in needed.resources(folder, {})}
    assert found["aws_iam_role.this"].name == "htdrecprefix-role"
    assert found["aws_s3_bucket.data_a"].name == ""
    assert (found["aws_s3_object.proof"].name, found["aws_s3_object.proof"].parent) == ("", "")
    assert {each.arn for each in found.values()} == {""}


@pytest.mark.parametrize(
    ("expression", "known"),
    [
        ('"a"', "a"),
        ('"${var.p}-x"', "htd-x"),
        ('"${replace(var.p, "t", "_")}/$"', "h_d/$"),
        ('upper(lower(trimspace(" a ")))', "A"),
        ("local.a", "htd!"),
        ("local.m.k", "htd!"),
        ('local.m["j-k"]', "1"),
        ("aws_x.other.name", "o"),
        ('var.p == "" ? "empty" : "${var.p}"', "htd"),
        ('var.on ? "yes" : local.missing', "yes"),
        ("local.loop", None),
        ("local.missing", None),
        ("var.unset", None),
        ("aws_x.counted.name", None),
        ("aws_x.counted[1].name", "c1"),
        ('aws_x.named["k"].name', "k-v"),
        ("aws_x.counted[2].name", None),
        ('join(",", aws_x.counted[*].name)', "c0,c1"),
        ("aws_x.other.arn", None),
        ("length(aws_x.other)", None),
        ('join("-", [for k, v in aws_x.other : k])', None),
        ("each.key", None),
        ('join("-", ["a"])', "a"),
        ('replace("a", "/x/", "y")', None),
        ('"%{ if true }a%{ endif }"', "a"),
        ('"\\u0041"', "A"),
        ("aws_iam_role.r.arn", f"arn:aws:iam::{ACCOUNT}:role/p/r"),
        ("aws_iam_role.made.arn", None),
        ("aws_iam_policy.p.id", f"arn:aws:iam::{ACCOUNT}:policy/p"),
        ("aws_kms_alias.a.arn", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/a"),
        ("aws_kms_key.k.arn", None),
        ("aws_s3_bucket_versioning.v.id", "b"),
        ("data.aws_region.r.name", "eu-west-1"),
        ("data.aws_iam_role.far.arn", None),
        ('"ec2.${data.aws_partition.p.dns_suffix}"', "ec2.amazonaws.com"),
        ("data.aws_caller_identity.c.account_id", ACCOUNT),
    ],
)
def test_only_what_is_certain_is_told(tmp_path: Path, expression: str, known: object) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "p" { default = "htd" }\nvariable "unset" {}\n'
        'variable "on" {\n  type = bool\n  default = "true"\n}\n'
        'locals {\n  a = "${var.p}!" # c\n  loop = local.loop\n  m = { k = local.a, "j-k" = "1" }\n}\n'
        'resource "aws_x" "other" { name = "o" }\n'
        'resource "aws_x" "counted" {\n  count = 2\n  name = "c${count.index}"\n}\n'
        'resource "aws_x" "named" {\n  for_each = { k = "v" }\n  name = "${each.key}-${each.value}"\n}\n'
        'resource "aws_iam_role" "r" {\n  name = "r"\n  path = "/p/"\n}\n'
        'resource "aws_iam_role" "made" { name_prefix = "r" }\n'
        'resource "aws_iam_policy" "p" { name = "p" }\n'
        'resource "aws_kms_key" "k" {}\nresource "aws_kms_alias" "a" { name = "alias/a" }\n'
        'resource "aws_s3_bucket_versioning" "v" { bucket = "b" }\n'
        'data "aws_region" "r" {}\ndata "aws_partition" "p" {}\ndata "aws_caller_identity" "c" {}\n'
        'data "aws_iam_role" "far" { name = "far" }\n'
        f'resource "aws_x" "this" {{\n  tags = {{ a = "}}" }}\n  name = {expression}\n}}\n'
    )
    assert names(tmp_path)["aws_x.this"] == known


def test_a_file_that_is_not_valid_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_bytes(b'resource "aws_x" "y" {\n name = "\xff\n} } ] "\nlocals { = }\n')
    (tmp_path / "x.tf.json").write_text('{"resource": [')
    (tmp_path / "good.tf").write_text('resource "aws_x" "good" {}\n')
    (tmp_path / "terraform.tfvars").write_text("a = [\n")
    outlook = foresight.foresee(tmp_path)
    assert [each.address for each in outlook.resources] == ["aws_x.good"]
    assert outlook.unread == (("main.tf", "file"), ("x.tf.json", "file"))
    assert foresight.foresee(tmp_path / "nowhere").resources == ()


def test_count_and_for_each_give_every_instance_its_address(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "keys" { type = set(string) }\nvariable "unset" {}\n'
        'resource "aws_x" "none" { count = 0 }\n'
        'resource "aws_x" "two" {\n  count = 2\n  name = "t${count.index}"\n}\n'
        'resource "aws_x" "set" {\n  for_each = var.keys\n  name = each.value\n}\n'
        'resource "aws_x" "unknown" {\n  count = var.unset\n  name = "u${count.index}"\n}\n'
    )
    (tmp_path / "a.auto.tfvars.json").write_text('{"keys": ["b", "a\\"q", "b"]}')
    assert names(tmp_path) == {
        "aws_x.two[0]": "t0",
        "aws_x.two[1]": "t1",
        'aws_x.set["a\\"q"]': 'a"q',
        'aws_x.set["b"]': "b",
        "aws_x.unknown": None,
    }
    assert {a for a, each in told(tmp_path).items() if not each.certain} == {"aws_x.unknown"}


def test_values_of_variables_have_terraforms_order(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "a" { default = "default" }\n'
        'variable "n" {\n  type = number\n  default = 1\n}\n'
        'variable "l" { type = list(string) }\n'
        'resource "aws_x" "y" { name = "${var.a} ${var.n} ${var.l[0]}" }\n'
    )
    environ = {"TF_VAR_a": "environment", "TF_VAR_n": "2", "TF_VAR_l": '["one"]'}
    assert names(tmp_path) == {"aws_x.y": None}
    assert names(tmp_path, environ) == {"aws_x.y": "environment 2 one"}
    for file, value in (
        ("terraform.tfvars", 'a = "plain"'),
        ("terraform.tfvars.json", '{"a": "${json}"}'),
        ("a.auto.tfvars", 'a = "a"'),
        ("b.auto.tfvars.json", '{"a": "b"}'),
    ):
        (tmp_path / file).write_text(value)
        expected = str(json.loads(value)["a"] if file.endswith("json") else value.split('"')[1])
        assert names(tmp_path, environ) == {"aws_x.y": f"{expected} 2 one"}


CHILD = """
variable "name" { type = string }
variable "suffix" { default = "x" }
resource "aws_iam_role" "this" { name = "${var.name}-${var.suffix}" }
resource "aws_s3_bucket" "far" {
  provider = aws.far
  bucket   = "b-${var.name}"
}
terraform { required_providers { aws = { source = "hashicorp/aws", configuration_aliases = [aws.far] } } }
output "role" { value = aws_iam_role.this }
output "role_name" { value = aws_iam_role.this.name }
"""
ROOT = """
provider "aws" { region = "us-east-1" }
provider "aws" {
  alias  = "there"
  region = "us-west-2"
  default_tags { tags = { a = "b" } }
}
variable "prefix" { default = "htd" }
module "one" {
  source    = "./modules/child"
  name      = var.prefix
  providers = {
    aws.far = aws.there
  }
}
module "many" {
  for_each  = toset(["a", "b"])
  source    = "./modules/child"
  name      = "${module.one.role_name}-${each.key}"
  suffix    = "z"
  providers = { aws.far = aws.there }
}
resource "aws_iam_instance_profile" "p" {
  name = "p"
  role = module.many["b"].role.name
}
"""


def test_modules_of_the_same_folder_are_read_with_what_they_are_given(tmp_path: Path) -> None:
    child = tmp_path / "modules" / "child"
    child.mkdir(parents=True)
    (child / "main.tf").write_text(CHILD)
    (tmp_path / "main.tf").write_text(ROOT)
    found = told(tmp_path)
    roles = {address: each.arn.rpartition("/")[2] for address, each in found.items() if "role" in address}
    assert roles == {
        "module.one.aws_iam_role.this": "htd-x",
        'module.many["a"].aws_iam_role.this': "htd-x-a-z",
        'module.many["b"].aws_iam_role.this': "htd-x-b-z",
    }
    assert found["aws_iam_instance_profile.p"].values["role"] == "htd-x-b-z"
    far = found["module.one.aws_s3_bucket.far"]
    assert (far.region, far.values["bucket"], "tags" in far.given) == ("us-west-2", "b-htd", True)
    near = found["module.one.aws_iam_role.this"]
    assert (near.region, "tags" in near.given) == ("us-east-1", False)


def test_fetched_modules_are_read_and_others_are_named(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'module "far" {\n  source = "example/child/aws"\n  version = "1.0.0"\n  name = "n"\n}\n'
        'module "gone" { source = "./nowhere" }\n'
    )
    unread = (("module.far", "module"), ("module.gone", "folder"))
    assert foresight.foresee(tmp_path, HERE).unread == unread
    place = tmp_path / ".terraform" / "modules" / "far"
    (place / "inner").mkdir(parents=True)
    (place / "main.tf").write_text(CHILD + 'module "deep" {\n  source = "./inner"\n}\n')
    (place / "inner" / "main.tf").write_text(
        'resource "aws_x" "deep" {}\nmodule "more" { source = "a/b/aws" }\n'
    )
    entries = [{"Key": "", "Dir": "."}, {"Key": "far", "Dir": ".terraform/modules/far", "Version": "1.0.0"}]
    (place.parent / "modules.json").write_text(json.dumps({"Modules": entries}))
    outlook = foresight.foresee(tmp_path, HERE)
    assert "module.far.module.deep.aws_x.deep" in {each.address for each in outlook.resources}
    assert outlook.unread == (("module.far.module.deep.module.more", "module"), ("module.gone", "folder"))


def test_a_module_that_calls_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_x" "y" {}\nmodule "again" { source = "./" }\n')
    outlook = foresight.foresee(tmp_path)
    assert [each.address for each in outlook.resources] == ["aws_x.y"]
    assert outlook.unread == (("module.again", "folder"),)


def test_json_configuration_says_the_same(tmp_path: Path) -> None:
    document = {
        "//": "a comment",
        "provider": {"aws": [{"region": "us-east-1"}, {"alias": "far", "region": "${var.far}"}]},
        "variable": {"p": {"default": "htd"}, "far": {"type": "string", "default": "us-west-2"}},
        "locals": {"name": '${upper("${var.p}")}', "brace": "a\\b{}"},
        "resource": {
            "aws_iam_role": {"r": {"//": "x", "name": "${local.name}-r", "tags": {"a": "b"}}},
            "aws_s3_bucket": {"b": [{"provider": "aws.far", "bucket": "${aws_iam_role.r.name}", "count": 1}]},
            "aws_lakeformation_permissions": {
                "g": {"principal": "${aws_iam_role.r.arn}", "database": {"name": "d${local.brace}"}}
            },
        },
        "data": {"aws_region": {"here": {}}},
        "module": {"m": {"source": "./m", "name": "${local.name}", "n": 2}},
        "output": {"o": {"value": 1}},
    }
    (tmp_path / "main.tf.json").write_text(json.dumps(document))
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(
        'variable "name" {}\nvariable "n" {}\nresource "aws_x" "y" {\n  count = var.n\n  name = var.name\n}\n'
    )
    found = told(tmp_path)
    assert {address: each.region for address, each in found.items()} == {
        "aws_iam_role.r": "us-east-1",
        "aws_s3_bucket.b[0]": "us-west-2",
        "aws_lakeformation_permissions.g": "us-east-1",
        "data.aws_region.here": "us-east-1",
        "module.m.aws_x.y[0]": "us-east-1",
        "module.m.aws_x.y[1]": "us-east-1",
    }
    assert found["aws_iam_role.r"].given >= {"tags"}
    assert found["aws_s3_bucket.b[0]"].values["bucket"] == "HTD-r"
    assert found["module.m.aws_x.y[1]"].values["name"] == "HTD"
    (grant,) = (
        each
        for each in needed.resources(tmp_path, {}, ACCOUNT)
        if "grant" in each.type or "lake" in each.type
    )
    assert (grant.name, grant.parent) == ("da\\b{}", f"arn:aws:iam::{ACCOUNT}:role/HTD-r")


@pytest.mark.parametrize(
    ("text", "required"),
    [
        (
            'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws", version = "~> 5.0" }\n  }\n}',
            "~> 5.0",
        ),
        ('terraform {\n  required_providers {\n    aws = ">= 4"\n  }\n}', ">= 4"),
        ("", ""),
    ],
)
def test_the_version_that_is_asked_for(tmp_path: Path, text: str, required: str) -> None:
    (tmp_path / "main.tf").write_text(text)
    assert foresight.required(tmp_path) == required
