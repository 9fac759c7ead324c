"""The pretend operator's earlier apply."""

import json
import shutil
from pathlib import Path

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.demo.recording.engine import engine
from wizard.demo.recording.record import module_folder
from wizard.demo.recording.seed import CannotSeed, seed

WORKSPACE = "databricks-serverless-42"


def test_the_account_holds_what_the_state_says(tmp_path: Path) -> None:
    with EmbeddedAws() as aws:
        seeded = seed(aws, tmp_path / "deployment", prefix="acme-x")
        state = json.loads(seeded.state.read_text())
        iam = aws.client("iam")
        role = iam.get_role(RoleName="acme-x-role")["Role"]
        services = [statement["Principal"] for statement in role["AssumeRolePolicyDocument"]["Statement"]]
        assert services == [{"Service": "ec2.amazonaws.com"}]
        assert iam.list_instance_profiles()["InstanceProfiles"] == []
        remembered = {entry["type"]: entry["instances"][0]["attributes"] for entry in state["resources"]}
        assert remembered["aws_iam_role"]["unique_id"] == role["RoleId"]
        grants = aws.client("lakeformation").list_permissions()["PrincipalResourcePermissions"]
        assert {grant["Principal"]["DataLakePrincipalIdentifier"] for grant in grants} == {role["Arn"]}
    assert sorted(seeded.outputs) == [
        "bucket_names",
        "glue_database",
        "proof_location",
        "role_arn",
        "role_name",
        "user_name",
    ]


def test_another_registry_may_be_named_in_the_state(tmp_path: Path) -> None:
    with EmbeddedAws() as aws:
        seeded = seed(aws, tmp_path, provider_host="registry.opentofu.org")
    state = json.loads(seeded.state.read_text())
    providers = {entry["provider"].partition(".second")[0] for entry in state["resources"]}
    assert providers == {'provider["registry.opentofu.org/hashicorp/aws"]'}


def test_a_second_seed_is_refused_with_the_reason(tmp_path: Path) -> None:
    with EmbeddedAws() as aws:
        seed(aws, tmp_path / "one")
        with pytest.raises(CannotSeed, match=r"[Aa]lready ?[Ee]xists"):
            seed(aws, tmp_path / "two")
        assert not (tmp_path / "two" / "terraform.tfstate").exists()


@pytest.mark.terraform
def test_real_terraform_finds_one_to_add_and_one_to_change(tmp_path: Path) -> None:
    folder = tmp_path / "deployment"
    shutil.copytree(module_folder(), folder)
    with EmbeddedAws() as aws:
        seed(aws, folder, prefix="acme-x")
        real = engine(
            aws_url=aws.url,
            access_key_id=aws.root.access_key_id,
            secret_access_key=aws.root.secret_access_key,
            home=tmp_path / "engine",
        )
        values = {"project_prefix": "acme-x", "databricks_serverless_workspace_ids": [WORKSPACE]}
        (folder / "test.auto.tfvars.json").write_text(json.dumps(values))
        real.run(folder, "init", "-input=false")
        real.run(folder, "plan", "-input=false", "-out=saved.plan")
        shown = json.loads(real.run(folder, "show", "-json", "saved.plan"))
    actions = {entry["address"]: entry["change"]["actions"] for entry in shown["resource_changes"]}
    changing = {address: words for address, words in actions.items() if words != ["no-op"]}
    assert changing == {"aws_iam_instance_profile.this": ["create"], "aws_iam_role.this": ["update"]}
    # Only what real AWS and other resources fill in later may have drifted, never what the module sets.
    assert not [
        entry for entry in shown.get("resource_drift", ()) if entry["change"]["actions"] == ["delete"]
    ]
