"""The module itself, with real Terraform: what it makes, what it changes, what it refuses, what it leaves."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from wizard.demo.aws import EmbeddedAws
from wizard.demo.recording.engine import Engine, engine
from wizard.demo.recording.record import module_folder

WORKSPACE = "databricks-serverless-1234567890123456"
FILES = sorted(module_folder().glob("*.tf"))


@dataclass
class Site:
    """A copy of the module, Terraform, and an empty AWS."""

    aws: EmbeddedAws
    real: Engine
    folder: Path

    def variables(self, **values: object) -> None:
        (self.folder / "test.auto.tfvars.json").write_text(json.dumps(values))

    def plan(self, code: int) -> dict[str, list[str]]:
        """Planned actions of every resource that changes. `code` is that of -detailed-exitcode."""
        arguments = ("plan", "-input=false", "-detailed-exitcode", "-out=saved.plan")
        self.real.run(self.folder, *arguments, accept=(code,))
        document = json.loads(self.real.run(self.folder, "show", "-json", "saved.plan"))
        changes = {entry["address"]: entry["change"]["actions"] for entry in document["resource_changes"]}
        return {address: actions for address, actions in changes.items() if actions != ["no-op"]}

    def apply(self) -> None:
        self.real.run(self.folder, "apply", "-input=false", "saved.plan")

    def refused(self, *calls: Mapping[str, object]) -> list[list[str]]:
        """Details of the diagnostics of one plan that calls the module with each of these values."""
        names = [f"call{number}" for number in range(len(calls))]
        caller = self.folder / "caller"
        caller.mkdir()
        modules = {name: {"source": "../", **values} for name, values in zip(names, calls, strict=True)}
        (caller / "main.tf.json").write_text(json.dumps({"module": modules}))
        self.real.run(caller, "init", "-input=false")
        stream = self.real.run(caller, "plan", "-json", "-input=false", accept=(1,))
        lines = [json.loads(line) for line in stream.splitlines()]
        told = [line["diagnostic"] for line in lines if line["type"] == "diagnostic"]
        by_call = {
            name: [each["detail"] for each in told if each["snippet"]["context"] == f"module.{name}"]
            for name in names
        }
        assert sum(map(len, by_call.values())) == len(told)
        return list(by_call.values())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "module"
    shutil.copytree(module_folder(), folder)
    with EmbeddedAws() as aws:
        keys = aws.root
        real = engine(
            aws_url=aws.url,
            access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key,
            home=tmp_path / "engine",
        )
        real.run(folder, "init", "-input=false")
        yield Site(aws, real, folder)


def code_of(refusal: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refusal.value.response["Error"]["Code"])


@pytest.mark.terraform
@pytest.mark.timeout(300)
@pytest.mark.soak
def test_from_nothing_to_nothing(site: Site) -> None:
    made = site.plan(code=2)
    assert len(made) == 23
    assert set(map(tuple, made.values())) == {("create",)}
    site.apply()
    assert site.plan(code=0) == {}
    the_user_reads_data_and_nothing_else(site)
    nobody_from_databricks_gets_in(site)

    site.variables(databricks_serverless_workspace_ids=[WORKSPACE])
    assert site.plan(code=2) == {"aws_iam_role.this": ["update"]}
    site.apply()
    assert site.plan(code=0) == {}
    this_workspace_reads_the_proof(site)

    site.real.run(site.folder, "apply", "-destroy", "-auto-approve", "-input=false")
    nothing_is_left(site)


def the_user_reads_data_and_nothing_else(site: Site) -> None:
    keys = site.aws.keys_for_user("htd-user")
    bucket = f"htd-data-a-{site.aws.account_id}"
    rows = site.aws.client("s3", keys).get_object(Bucket=bucket, Key="htd-wizard/proof.csv")["Body"].read()
    assert rows.splitlines()[0] == b"id,joint,meaning"
    assert (
        site.aws.client("glue", keys)
        .get_database(Name="htd_db")["Database"]["LocationUri"]
        .startswith("s3://htd-")
    )
    denied: list[Any] = [
        lambda: site.aws.client("iam", keys).get_role(RoleName="htd-role"),
        lambda: site.aws.client("iam", keys).get_user(UserName="htd-user"),
        lambda: site.aws.client("s3", keys).get_bucket_policy(Bucket=bucket),
        lambda: site.aws.client("lakeformation", keys).list_permissions(),
        lambda: site.aws.client("glue", keys).delete_database(Name="htd_db"),
    ]
    for call in denied:
        with pytest.raises(ClientError) as refusal:
            call()
        assert code_of(refusal) in ("AccessDenied", "AccessDeniedException")


def assume(site: Site, external_id: str) -> Any:
    sts = site.aws.client("sts", site.aws.databricks)
    role = f"arn:aws:iam::{site.aws.account_id}:role/htd-role"
    return sts.assume_role(RoleArn=role, RoleSessionName="warehouse", ExternalId=external_id)


def nobody_from_databricks_gets_in(site: Site) -> None:
    with pytest.raises(ClientError) as refusal:
        assume(site, WORKSPACE)
    assert code_of(refusal) == "AccessDenied"


def this_workspace_reads_the_proof(site: Site) -> None:
    import boto3

    keys = assume(site, WORKSPACE)["Credentials"]
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=site.aws.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    outputs = json.loads(site.real.run(site.folder, "output", "-json"))
    bucket, _, key = outputs["proof_location"]["value"].removeprefix("s3://").partition("/")
    assert len(s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()) == 5
    with pytest.raises(ClientError) as refusal:
        assume(site, WORKSPACE + "0")
    assert code_of(refusal) == "AccessDenied"


def nothing_is_left(site: Site) -> None:
    iam = site.aws.client("iam")
    assert [role for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("htd")] == []
    assert [user for user in iam.list_users()["Users"] if user["UserName"].startswith("htd")] == []
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    assert site.aws.client("s3").list_buckets()["Buckets"] == []
    assert site.aws.client("glue").get_databases()["DatabaseList"] == []
    assert json.loads((site.folder / "terraform.tfstate").read_text())["resources"] == []


@pytest.mark.terraform
def test_what_is_not_acceptable_is_refused_with_a_way_out(site: Site) -> None:
    """The module is called several times, so that one plan meets every refusal."""
    ids = ("1234567890123456", "databricks-serverless-<workspace id>", "databricks-serverless-0")
    told = site.refused(
        *({"databricks_serverless_workspace_ids": [entry]} for entry in ids),
        {
            "project_prefix": "Htd_",
            "aws_region": "Virginia",
            "aws_second_region": "Oregon",
            "aws_profile": " prod",
            "uc_external_id": "two words",
            "uc_master_role_arn": "UCMasterRole",
            "tags": {"aws:team": "data"},
        },
        {"project_prefix": "sthree-data"},
    )
    assert [len(details) for details in told] == [1, 1, 1, 7, 1]
    for (detail,) in told[:3]:
        assert detail.startswith("Each entry must be databricks-serverless- followed by the workspace id")
        assert "number after o=" in detail


@pytest.mark.terraform
def test_unity_catalog_may_share_the_role(site: Site) -> None:
    site.variables(databricks_serverless_workspace_ids=[WORKSPACE], uc_external_id="0a1b-2c3d")
    assert "aws_iam_role_policy.unity_catalog[0]" in site.plan(code=2)
    document = json.loads(site.real.run(site.folder, "show", "-json", "saved.plan"))
    role = next(entry for entry in document["resource_changes"] if entry["address"] == "aws_iam_role.this")
    trust = json.loads(role["change"]["after"]["assume_role_policy"])
    sids = [statement["Sid"] for statement in trust["Statement"]]
    assert sids == ["ClassicClusters", "DatabricksServerless", "UnityCatalog", "UnityCatalogSelf"]


@pytest.mark.terraform
def test_the_files_are_formatted(site: Site) -> None:
    assert site.real.run(site.folder, "fmt", "-check", "-recursive", "-list=true") == ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_holds_what_makes_a_plan_lie_or_an_apply_slow(file: Path) -> None:
    code = "\n".join(line.partition("#")[0] for line in file.read_text().splitlines())
    assert "aws_iam_policy_document" not in code  # deferred: turns one change into four
    assert "lifecycle_configuration" not in code  # 50 seconds of waiting
    assert "default_tags" not in code  # makes s3:PutBucketTagging a right that every apply needs
    assert "arn:aws:" not in re.sub(r'"arn:aws:iam::414351767826:[^"]*"|as arn:aws:iam::\S+', "", code)


def test_every_variable_is_typed_described_and_checked() -> None:
    text = (module_folder() / "variables.tf").read_text()
    blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.M | re.S)
    assert {"project_prefix", "databricks_serverless_workspace_ids"} <= {name for name, _ in blocks}
    for name, block in blocks:
        for part in ("description = ", "type        = ", "validation {", "error_message = "):
            assert part in block, f"{name}: {part}"


def test_no_lock_file_and_no_state_is_shipped() -> None:
    shipped = {path.name for path in module_folder().iterdir()}
    assert not {".terraform.lock.hcl", ".terraform", "terraform.tfstate"} & shipped
    assert "terraform.tfvars" in shipped


def test_the_placeholder_is_a_comment_with_a_way_to_find_the_id() -> None:
    text = (module_folder() / "terraform.tfvars").read_text()
    placeholder = '# databricks_serverless_workspace_ids = ["databricks-serverless-<workspace id>"]'
    assert placeholder in text.splitlines()
    assert "number after o=" in text
