"""What the state of the real module tells, and states that tell nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from wizard.core.problem import Problem
from wizard.demo.recording.tape import tape
from wizard.services.aws import requirements
from wizard.services.aws.requirements import ResourceRef
from wizard.services.terraform import module, state
from wizard.steps import needed

ACCOUNT = "123456789012"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The real module, with the state of a real apply: two regions, a workspace named."""
    for file in module.packaged().glob("*.tf"):
        shutil.copy(file, tmp_path)
    keep(tmp_path, tape().upgrade.state)
    return tmp_path


def keep(folder: Path, document: object) -> None:
    (folder / "terraform.tfstate").write_text(json.dumps(document))


def entry(**more: Any) -> dict[str, Any]:
    """One resource of a state."""
    common = {"mode": "managed", "provider": 'provider["registry.terraform.io/hashicorp/aws"]'}
    return {**common, **more}


def by_address(folder: Path) -> dict[str, ResourceRef]:
    return {each.address: each for each in needed.resources(folder, {})}


def test_the_account_and_the_outputs(folder: Path) -> None:
    held = state.read(folder)
    assert held is not None
    assert held.account == ACCOUNT
    assert held.outputs["role_name"] == "htdrecprefix-role"
    assert {"instance_profile_arn", "role_arn", "bucket_names"} <= set(held.outputs)


def test_regions_follow_the_bucket_and_its_provider(folder: Path) -> None:
    regions = {each.address: each.region for each in needed.resources(folder, {}) if each.exists}
    remote = {address for address, region in regions.items() if region == "us-west-2"}
    assert remote == {address for address in regions if address.endswith(".remote")}
    assert len(remote) == 4
    assert set(regions.values()) == {"us-east-1", "us-west-2"}


def test_options_ask_for_more_rights(folder: Path) -> None:
    found = {address: each.options for address, each in by_address(folder).items()}
    assert found["aws_iam_user.this"] == {"tags", "force_destroy"}
    assert found["aws_s3_bucket.data_a"] == frozenset()
    assert found["aws_lakeformation_permissions.tables"] == {"table"}
    document = tape().upgrade.state
    half = [
        {**each, "instances": [{**each["instances"][0], "status": "tainted"}]}
        for each in document["resources"]
        if each["type"] == "aws_iam_instance_profile"
    ]
    keep(folder, {**document, "resources": half})
    assert by_address(folder)["aws_iam_instance_profile.this"].options == {"tags", "tainted"}


def test_options_of_what_is_only_declared(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_s3_bucket" "a" {\n  bucket = "a"\n  tags = merge(local.x, {})\n  force_destroy = false\n}\n'
        'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n  tags = {}\n  force_destroy = var.x\n}\n'
    )
    options = {address: each.options for address, each in by_address(tmp_path).items()}
    assert options == {"aws_s3_bucket.a": {"tags"}, "aws_s3_bucket.b": {"force_destroy"}}
    (tmp_path / "provider.tf").write_text(
        'provider "aws" {\n  default_tags {\n    tags = { a = "b" }\n  }\n}\n'
    )
    assert by_address(tmp_path)["aws_s3_bucket.b"].options == {"force_destroy", "tags"}


def test_names_and_parents(folder: Path) -> None:
    found = by_address(folder)
    told = {
        address: (found[address].name, found[address].parent)
        for address in (
            "aws_iam_role.this",
            "aws_iam_role_policy.s3",
            "aws_iam_instance_profile.this",
            "aws_iam_user_policy.integration_tests",
            "aws_s3_bucket_policy.remote",
            "aws_s3_object.proof",
            "aws_glue_catalog_database.this",
            "aws_lakeformation_permissions.tables",
        )
    }
    assert told == {
        "aws_iam_role.this": ("htdrecprefix-role", ""),
        "aws_iam_role_policy.s3": ("s3", "htdrecprefix-role"),
        "aws_iam_instance_profile.this": ("htdrecprefix-instance-profile", "htdrecprefix-role"),
        "aws_iam_user_policy.integration_tests": ("integration-tests", "htdrecprefix-user"),
        "aws_s3_bucket_policy.remote": (f"htdrecprefix-data-remote-{ACCOUNT}", ""),
        "aws_s3_object.proof": ("htd-wizard/proof.csv", f"htdrecprefix-data-a-{ACCOUNT}"),
        "aws_glue_catalog_database.this": ("htdrecprefix_db", ""),
        "aws_lakeformation_permissions.tables": (
            "htdrecprefix_db",
            f"arn:aws:iam::{ACCOUNT}:role/htdrecprefix-role",
        ),
    }


def test_every_resource_that_exists_can_be_asked_about_by_name(folder: Path) -> None:
    """The permission check must never fall back to `*` for what the state names."""
    refs = [each for each in needed.resources(folder, {}) if each.exists]
    needs = requirements.needs(refs, account=ACCOUNT)
    assert [need.address for need in needs if not need.known] == []
    vague = {n.action for n in needs if n.resource_arn == "*"}
    assert {action.split(":")[0] for action in vague} <= {"lakeformation", "sts"}
    arns = {need.address: need.resource_arn for need in needs if need.action != "iam:GetRole"}
    assert arns["aws_s3_object.proof"].endswith(f":::htdrecprefix-data-a-{ACCOUNT}/htd-wizard/proof.csv")
    assert arns["aws_iam_role_policy.s3"] == f"arn:aws:iam::{ACCOUNT}:role/htdrecprefix-role"
    assert {n.region for n in needs if n.address == "aws_s3_bucket.remote"} == {"us-west-2"}


def test_declared_and_not_there_yet(folder: Path) -> None:
    missing = [each for each in needed.resources(folder, {}) if not each.exists]
    assert [each.address for each in missing] == [
        "data.aws_caller_identity.current",
        "data.aws_partition.current",
    ]
    (folder / "terraform.tfvars").write_text('project_prefix = "htdrecprefix"\nuc_external_id = "a1"\n')
    missing = [each for each in needed.resources(folder, {}) if not each.exists]
    assert missing[0].address == "aws_iam_role_policy.unity_catalog[0]"
    assert (missing[0].name, missing[0].parent) == ("unity-catalog", "htdrecprefix-role")


def test_nothing_exists_before_the_first_apply(folder: Path) -> None:
    (folder / "terraform.tfstate").unlink()
    assert state.read(folder) is None
    found = needed.resources(folder, {})
    assert len(found) == 25, "without Unity Catalog its policy is not counted"
    assert not any(each.exists for each in found)


def test_what_is_not_of_aws_needs_no_permission(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "terraform_data" "x" {}\nresource "aws_iam_role" "y" {}\n')
    assert [each.address for each in needed.resources(tmp_path, {})] == ["aws_iam_role.y"]


def test_instances_and_modules_have_their_own_addresses(tmp_path: Path) -> None:
    keys: list[object] = [0, "a", 'we"ird]']
    instances = [{"index_key": key, "attributes": {"bucket": f"b{n}"}} for n, key in enumerate(keys)]
    each = entry(module="module.m[0]", type="aws_s3_bucket", name="b", instances=instances)
    keep(tmp_path, {"version": 4, "resources": [each]})
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "own" {}\n')
    assert [r.address for r in needed.resources(tmp_path, {})] == [
        "module.m[0].aws_s3_bucket.b[0]",
        'module.m[0].aws_s3_bucket.b["a"]',
        'module.m[0].aws_s3_bucket.b["we\\"ird]"]',
        "aws_s3_bucket.own",
    ]


@pytest.mark.parametrize("key", [0, "a", "x]y", 'q"]'])
def test_an_instance_stands_for_its_declaration(tmp_path: Path, key: object) -> None:
    instances = [{"index_key": key, "attributes": {"bucket": "b"}}]
    keep(tmp_path, {"version": 4, "resources": [entry(type="aws_s3_bucket", name="b", instances=instances)]})
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "b" {\n  for_each = var.x\n}\n')
    assert [each.exists for each in needed.resources(tmp_path, {})] == [True]


def test_what_is_not_declared_any_more_is_going_to_be_destroyed(tmp_path: Path) -> None:
    def bucket(name: str, *keys: object) -> dict[str, Any]:
        values: dict[str, object] = {"attributes": {"bucket": name}}
        instances = [{**values, "index_key": key} for key in keys] or [values]
        return entry(type="aws_s3_bucket", name=name, instances=instances)

    held = [bucket("gone"), bucket("kept"), bucket("each", "a", "b"), bucket("open", "x"), bucket("moved", 0)]
    keep(tmp_path, {"version": 4, "resources": held})

    def leaving() -> set[str]:
        refs = needed.resources(tmp_path, {}, ACCOUNT)
        deleted = {n.address for n in requirements.needs(refs, account=ACCOUNT) if n.phase == "delete"}
        assert deleted == {each.address for each in refs if "leaving" in each.options}
        return deleted

    text = (
        'resource "aws_s3_bucket" "kept" {}\nresource "aws_s3_bucket" "each" { for_each = toset(["b"]) }\n'
        'resource "aws_s3_bucket" "open" { for_each = var.x }\nresource "aws_s3_bucket" "moved" {}\n'
    )
    (tmp_path / "main.tf").write_text(text)
    assert leaving() == {"aws_s3_bucket.gone", 'aws_s3_bucket.each["a"]'}
    (tmp_path / "more.tf").write_text("moved {\n  from = aws_s3_bucket.gone\n  to = aws_s3_bucket.new\n}\n")
    assert leaving() == set(), "only Terraform tells what becomes of it"
    (tmp_path / "more.tf").write_text('module "far" { source = "a/b/aws" }\n')
    assert leaving() == set(), "it may be declared where the wizard cannot look"
    (tmp_path / "more.tf").unlink()
    (tmp_path / "main.tf").unlink()
    assert leaving() == set(), "Terraform refuses to run without any configuration"


def test_a_strangers_account_in_a_policy_or_an_output_is_not_ours(tmp_path: Path) -> None:
    policy = '{"AWS":"arn:aws:iam::790110701330:role/serverless-customer-resource-role"}'
    role = {"arn": f"arn:aws:iam::{ACCOUNT}:role/r", "assume_role_policy": policy, "name": "r"}
    keep(
        tmp_path,
        {
            "outputs": {"theirs": {"value": "arn:aws:iam::414351767826:role/unity"}},
            "resources": [entry(type="aws_iam_role", name="r", instances=[{"attributes": role}])],
        },
    )
    held = state.read(tmp_path)
    assert held is not None
    assert held.account == ACCOUNT


def test_sensitive_outputs_stay_in_the_state(tmp_path: Path) -> None:
    """Outputs become part of a fact, and facts are kept in the journal."""
    outputs = {
        "role_arn": {"value": "arn", "sensitive": True},
        "secret_key": {"value": "wJalrXUtnFEMI", "sensitive": True},
        "open": {"value": 1},
    }
    keep(tmp_path, {"outputs": outputs, "resources": []})
    held = state.read(tmp_path)
    assert held is not None
    assert dict(held.outputs) == {"role_arn": "arn", "open": 1}, "the journey itself needs the first"


def test_nothing_in_it_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    name = "r\x1b]0;owned\x07\x1b[31m\u202e"
    role = entry(
        type="aws_iam_role", name="r\x1b[2J", instances=[{"attributes": {"name": name, "arn": name}}]
    )
    keep(tmp_path, {"outputs": {"o\x1b[1m": {"value": [{"k": name}]}}, "resources": [role]})
    held = state.read(tmp_path)
    assert held is not None
    told = repr(held)
    assert "x1b" not in told
    assert "owned" not in told
    assert "u202e" not in told


@pytest.mark.parametrize("text", ["", "  \n", "{}", '{"resources": null, "outputs": null}'])
def test_an_empty_state_holds_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "terraform.tfstate").write_text(text)
    assert needed.resources(tmp_path, {}) == []


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe{}",
        b'{"resources": [1]}',
        b'{"outputs": [1]}',
        b'{"outputs": {"a": 1}}',
        b'{"a":' * 3000,
    ],
)
def test_a_state_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(content)
    with pytest.raises(Problem) as caught:
        state.read(tmp_path)
    assert caught.value.code == "terraform.state"
    assert "terraform.tfstate.backup" in caught.value.remedy


def test_the_chosen_workspace_has_its_own_state(tmp_path: Path) -> None:
    keep(tmp_path, {"outputs": {"which": {"value": "default"}}})
    other = tmp_path / "terraform.tfstate.d" / "prod"
    other.mkdir(parents=True)
    keep(other, {"outputs": {"which": {"value": "prod"}}})
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "environment").write_text("prod")
    held = state.read(tmp_path)
    assert held is not None
    assert held.outputs == {"which": "prod"}
    by_variable = state.read(tmp_path, {"TF_WORKSPACE": "default"})
    assert by_variable is not None
    assert by_variable.outputs == {"which": "default"}


def test_a_state_that_another_backend_keeps_is_not_guessed(tmp_path: Path) -> None:
    keep(tmp_path, {"outputs": {"stale": {"value": "from before the move"}}})
    (tmp_path / ".terraform").mkdir()
    backend = {"version": 3, "backend": {"type": "s3", "config": {"bucket": "b"}}}
    (tmp_path / ".terraform" / "terraform.tfstate").write_text(json.dumps(backend))
    assert state.read(tmp_path) is None


@pytest.mark.parametrize("noted", [True, False])
def test_a_local_backend_says_where_its_states_are(tmp_path: Path, noted: bool) -> None:
    """Said in the text only, or as `init` noted it with what -backend-config gave."""
    text = 'terraform {\n  backend "local" {\n    path = "kept/mine.tfstate"\n    workspace_dir = "others"\n  }\n}'
    (tmp_path / "main.tf").write_text(text)
    if noted:
        (tmp_path / ".terraform").mkdir()
        config = {"path": "/elsewhere/given.tfstate", "workspace_dir": None}
        said = {"version": 3, "backend": {"type": "local", "config": config}}
        (tmp_path / ".terraform" / "terraform.tfstate").write_text(json.dumps(said))
    folder = "terraform.tfstate.d" if noted else "others"
    default = Path("/elsewhere/given.tfstate") if noted else tmp_path / "kept" / "mine.tfstate"
    assert state.file(tmp_path, {}) == default
    assert state.file(tmp_path, {"TF_WORKSPACE": "prod"}) == tmp_path / folder / "prod" / "terraform.tfstate"


def test_a_state_that_opentofu_encrypted_is_left_to_opentofu(tmp_path: Path) -> None:
    sealed = {"serial": 3, "lineage": "x", "meta": {}, "encrypted_data": "AAAA", "encryption_version": "v0"}
    (tmp_path / "terraform.tfstate").write_text(json.dumps(sealed))
    assert state.read(tmp_path) is None
