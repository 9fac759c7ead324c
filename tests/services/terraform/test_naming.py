"""Names foreseen from the module's text are the names that a real apply gave."""

from __future__ import annotations

from pathlib import Path

import pytest

import wizard.demo.recording
from wizard.services.terraform import module, naming, state

RECORDED = Path(wizard.demo.recording.__file__).parent / "data" / "fresh" / "state.json"
ACCOUNT = "123456789012"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The packaged module, with the prefix of the recorded apply and no state."""
    for file in module.packaged().glob("*.tf"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "terraform.tfvars").write_text(
        '# aws_region = "eu-west-1"\nproject_prefix = "htdrecprefix"\n'
    )
    return tmp_path


def test_every_name_is_what_the_real_apply_made(folder: Path, tmp_path: Path) -> None:
    applied = tmp_path / "applied"
    applied.mkdir()
    (applied / "terraform.tfstate").write_bytes(RECORDED.read_bytes())
    found = state.read(applied)
    assert found is not None
    real = {each.address: (each.name, each.parent) for each in found.resources}
    foreseen = {
        each.address: (each.name, each.parent)
        for each in state.resources(folder, account=ACCOUNT)
        if not each.address.startswith("data.")
    }
    # Whom a grant is for is an ARN, which is known when its role is made.
    later = {
        address: (name, "") if address.startswith("aws_lakeformation_permissions.") else (name, parent)
        for address, (name, parent) in real.items()
    }
    assert foreseen == later
    assert len(real) == 23


def test_regions_of_other_providers_are_foreseen(folder: Path) -> None:
    regions = {each.address: each.region for each in state.resources(folder, account=ACCOUNT)}
    assert regions["aws_s3_bucket.remote"] == "us-west-2"
    assert regions["aws_s3_bucket.data_a"] == ""


def test_what_holds_the_account_stays_unknown_without_it(folder: Path) -> None:
    found = {each.address: each for each in state.resources(folder)}
    assert found["aws_iam_role.this"].name == "htdrecprefix-role"
    assert found["aws_s3_bucket.data_a"].name == ""
    assert (found["aws_s3_object.proof"].name, found["aws_s3_object.proof"].parent) == ("", "")


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
        ('var.p != "" ? 0 : 1', 0),
        ("local.loop", None),
        ("local.missing", None),
        ("var.unset", None),
        ("aws_x.counted.name", None),
        ("aws_x.other.arn", None),
        ("each.key", None),
        ('join("-", ["a"])', None),
        ('replace("a", "/x/", "y")', None),
        ('"%{ if true }a%{ endif }"', None),
        ('"${var.p == "a" ? "b" : "c"}"', "c"),
        ('"\\u0041"', None),
        ("jsonencode({})", None),
    ],
)
def test_only_what_is_certain_is_told(tmp_path: Path, expression: str, known: object) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "p" { default = "htd" }\nvariable "unset" {}\n'
        'locals {\n  a = "${var.p}!" # c\n  loop = local.loop\n  m = { k = local.a, "j-k" = "1" }\n}\n'
        'resource "aws_x" "other" { name = "o" }\n'
        'resource "aws_x" "counted" {\n  count = 2\n  name = "c"\n}\n'
        f'resource "aws_x" "this" {{\n  tags = {{ a = "}}" }}\n  name = {expression}\n}}\n'
    )
    assert naming.foresee(tmp_path)["aws_x.this"].values.get("name") == known


def test_a_module_full_of_oddities_is_read_in_peace(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_bytes(
        b'resource "aws_x" "y" {\n name = "\xff\n} } ] "\nlocals { = }\nfoo "bar\n'
    )
    (tmp_path / "terraform.tfvars").write_text("a = [\n")
    naming.foresee(tmp_path)
    assert naming.foresee(tmp_path / "nowhere") == {}
