"""The stand-in for `terraform`, run as the wizard runs it, against a living embedded AWS."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws, Keys
from wizard.demo.recording.engine import engine
from wizard.demo.recording.program import SECONDS, install
from wizard.demo.recording.record import module_folder
from wizard.demo.recording.seed import seed

WORKSPACE = "databricks-serverless-1234567890123456"
ROLE, PROFILE = "aws_iam_role.this", "aws_iam_instance_profile.this"


@dataclass
class Stage:
    """A deployment folder, the stand-in, and the AWS it changes."""

    aws: EmbeddedAws
    folder: Path
    program: Path
    keys: Keys
    seconds: str = "0"

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder.parent / "home"),
            "AWS_ENDPOINT_URL": self.aws.url,
            "AWS_ACCESS_KEY_ID": self.keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.keys.secret_access_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            SECONDS: self.seconds,
        }

    def terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        line = [str(self.program), f"-chdir={self.folder}", *arguments]
        return subprocess.run(line, env=self.environ, capture_output=True, text=True, timeout=60, check=False)

    def stream(self, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
        done = self.terraform(*arguments)
        assert done.returncode == code, done.stdout[-2000:] + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def plan(self, code: int = 2) -> list[dict[str, Any]]:
        return self.stream(
            "plan", "-json", "-input=false", "-detailed-exitcode", "-out=saved.plan", code=code
        )

    def apply(self, code: int = 0) -> list[dict[str, Any]]:
        return self.stream("apply", "-json", "-input=false", "saved.plan", code=code)

    def show(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.terraform("show", "-json", "saved.plan").stdout)
        return document

    def variables(self, **values: object) -> None:
        (self.folder / "wizard.auto.tfvars.json").write_text(json.dumps(values))

    def want(self, *workspaces: str, prefix: str = "htd") -> None:
        self.variables(project_prefix=prefix, databricks_serverless_workspace_ids=list(workspaces))

    @property
    def state(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "terraform.tfstate").read_text())
        return document

    def trusted(self, role: str = "htd-role") -> list[str]:
        document = self.aws.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        ids: list[str] = []
        for statement in document["Statement"]:
            ids += statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId", [])
        return ids


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    folder = tmp_path / "deployment"
    shutil.copytree(module_folder(), folder)
    with EmbeddedAws() as aws:
        yield Stage(aws, folder, install(tmp_path / "bin"), aws.root)


def planned(lines: list[dict[str, Any]]) -> dict[str, str]:
    changes = [line["change"] for line in lines if line["type"] == "planned_change"]
    return {change["resource"]["addr"]: change["action"] for change in changes}


def diagnostics(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line["diagnostic"] for line in lines if line["type"] == "diagnostic"]


def counts(lines: list[dict[str, Any]]) -> tuple[int, int]:
    changes = next(line["changes"] for line in reversed(lines) if line["type"] == "change_summary")
    return changes["add"], changes["change"]


def test_it_says_recording_wherever_it_speaks(stage: Stage) -> None:
    version = json.loads(stage.terraform("version", "-json").stdout)
    assert version["recording"] is True
    assert version["platform"] == "recording"
    assert "not Terraform" in stage.terraform("version").stdout
    for command in (("init", "-json", "-input=false"), ("plan", "-json")):
        first = stage.stream(*command)[0]
        assert (first["type"], first["recording"]) == ("version", True)
        assert first["@message"].startswith("Recording")
    assert json.loads(stage.terraform("validate", "-json").stdout)["valid"] is True


def test_an_empty_account_gets_everything(stage: Stage) -> None:
    stage.want(WORKSPACE, "databricks-serverless-7", prefix="acme-x")
    lines = stage.plan()
    assert counts(lines) == (23, 0)
    assert len(planned(lines)) == 23
    applied = stage.apply()
    assert counts(applied) == (23, 0)
    assert stage.trusted("acme-x-role") == [WORKSPACE, "databricks-serverless-7"]
    profile = stage.aws.client("iam").get_instance_profile(InstanceProfileName="acme-x-instance-profile")
    assert profile["InstanceProfile"]["Roles"][0]["RoleName"] == "acme-x-role"
    assert stage.aws.client("glue").get_database(Name="acme_x_db")["Database"]["Name"] == "acme_x_db"
    remote = f"acme-x-data-remote-{stage.aws.account_id}"
    assert stage.aws.client("s3").get_bucket_location(Bucket=remote)["LocationConstraint"] == "us-west-2"
    outputs = json.loads(stage.terraform("output", "-json").stdout)
    assert (
        outputs["proof_location"]["value"]
        == f"s3://acme-x-data-a-{stage.aws.account_id}/htd-wizard/proof.csv"
    )
    assert "acme-x-instance-profile" in applied[-1]["outputs"]["next_steps"]["value"]
    again = stage.plan(code=0)
    assert planned(again) == {}
    assert stage.show()["applyable"] is False


def test_the_ids_that_aws_chose_are_in_the_state(stage: Stage) -> None:
    stage.want(WORKSPACE)
    stage.plan()
    stage.apply()
    role = stage.aws.client("iam").get_role(RoleName="htd-role")["Role"]
    user = stage.aws.client("iam").get_user(UserName="htd-user")["User"]
    remembered = {entry["type"]: entry["instances"][0]["attributes"] for entry in stage.state["resources"]}
    assert remembered["aws_iam_role"]["unique_id"] == role["RoleId"]
    assert remembered["aws_iam_role"]["create_date"] == role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert remembered["aws_iam_user"]["unique_id"] == user["UserId"]
    assert remembered["aws_caller_identity"]["account_id"] == stage.aws.account_id


def test_the_stuck_operator_gets_one_profile_and_one_changed_role(stage: Stage) -> None:
    seeded = seed(stage.aws, stage.folder)
    assert PROFILE not in seeded.addresses
    assert len(seeded.addresses) == 22
    stage.want(WORKSPACE)
    assert planned(stage.plan()) == {ROLE: "update", PROFILE: "create"}
    changes = {entry["address"]: entry["change"] for entry in stage.show()["resource_changes"]}
    assert changes[ROLE]["actions"] == ["update"]
    assert WORKSPACE not in changes[ROLE]["before"]["assume_role_policy"]
    assert WORKSPACE in changes[ROLE]["after"]["assume_role_policy"]
    assert changes["aws_s3_bucket.remote"]["actions"] == ["no-op"]
    assert stage.show()["resource_drift"] == []
    assert stage.trusted() == []
    lines = stage.apply()
    assert counts(lines) == (1, 1)
    assert stage.trusted() == [WORKSPACE]
    assert stage.plan(code=0)


def test_workspaces_are_added_and_taken_away(stage: Stage) -> None:
    stage.want(WORKSPACE)
    stage.plan()
    stage.apply()
    for wanted in ([WORKSPACE, "databricks-serverless-7"], ["databricks-serverless-7"], []):
        stage.want(*wanted)
        assert planned(stage.plan()) == {ROLE: "update"}
        assert counts(stage.apply()) == (0, 1)
        assert stage.trusted() == wanted
        stage.plan(code=0)


def test_a_trust_policy_changed_by_hand_is_seen(stage: Stage) -> None:
    stage.want(WORKSPACE)
    stage.plan()
    stage.apply()
    nobody = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}],
    }
    stage.aws.client("iam").update_assume_role_policy(RoleName="htd-role", PolicyDocument=json.dumps(nobody))
    assert planned(stage.plan()) == {ROLE: "update"}
    stage.apply()
    assert stage.trusted() == [WORKSPACE]


def test_an_instance_profile_deleted_outside_is_made_again(stage: Stage) -> None:
    stage.want(WORKSPACE)
    stage.plan()
    stage.apply()
    iam = stage.aws.client("iam")
    iam.remove_role_from_instance_profile(InstanceProfileName="htd-instance-profile", RoleName="htd-role")
    iam.delete_instance_profile(InstanceProfileName="htd-instance-profile")
    lines = stage.plan()
    drift = [line["change"] for line in lines if line["type"] == "resource_drift"]
    assert [(change["resource"]["addr"], change["action"]) for change in drift] == [(PROFILE, "delete")]
    assert planned(lines) == {PROFILE: "create"}
    (shown,) = stage.show()["resource_drift"]
    assert (shown["address"], shown["change"]["actions"]) == (PROFILE, ["delete"])
    assert shown["change"]["before"]["role"] == "htd-role"
    assert counts(stage.apply()) == (1, 0)


def test_a_deleted_bucket_is_more_than_a_recording_can_mend(stage: Stage) -> None:
    seed(stage.aws, stage.folder)
    stage.aws.restrict("*", ["s3:ListBucket"], layer="service_control_policy")
    stage.keys = stage.aws.keys_for_user("htd-admin")
    stage.aws.client("iam").put_user_policy(UserName="htd-admin", PolicyName="all", PolicyDocument=ALL)
    lines = stage.plan(code=1)
    assert any(line["type"] == "resource_drift" and line["change"]["action"] == "delete" for line in lines)
    assert "was not recorded" in diagnostics(lines)[0]["summary"]


ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


def test_the_users_keys_are_refused_in_the_providers_own_words(stage: Stage) -> None:
    seed(stage.aws, stage.folder)
    stage.keys = stage.aws.keys_for_user("htd-user")
    stage.want(WORKSPACE)
    found = {entry["address"]: entry for entry in diagnostics(stage.plan(code=1))}
    role = found[ROLE]
    assert role["summary"].startswith(
        "reading IAM Role (htd-role): operation error IAM: GetRole, https response error"
    )
    assert "StatusCode: 403" in role["summary"]
    assert (
        "api error AccessDenied: User: arn:aws:iam::123456789012:user/htd-user is not authorized"
        in role["summary"]
    )
    assert "iam:GetRole" in role["summary"]
    assert role["range"]["filename"] == "iam.tf"
    assert role["snippet"]["code"] == 'resource "aws_iam_role" "this" {'
    assert "S3: GetBucketPolicy" in found["aws_s3_bucket_policy.data_a"]["summary"]


def test_a_refusal_in_the_middle_keeps_what_was_made(stage: Stage) -> None:
    stage.want(WORKSPACE)
    stage.plan()
    stage.aws.faults.add(
        action="iam:CreateInstanceProfile", status=403, code="AccessDenied", message="Not today."
    )
    lines = stage.apply(code=1)
    assert [line["hook"]["resource"]["addr"] for line in lines if line["type"] == "apply_errored"] == [
        PROFILE
    ]
    (only,) = diagnostics(lines)
    assert only["address"] == PROFILE
    assert only["summary"].endswith("api error AccessDenied: Not today.")
    assert len([entry for entry in stage.state["resources"] if entry["mode"] == "managed"]) == 22
    assert "instance_profile_arn" not in stage.state["outputs"]
    assert planned(stage.plan()) == {PROFILE: "create"}
    stage.apply()
    assert "instance_profile_arn" in stage.state["outputs"]


def test_a_plan_is_stale_once_the_state_moved_on(stage: Stage) -> None:
    stage.want(WORKSPACE)
    stage.plan()
    stage.apply()
    assert diagnostics(stage.apply(code=1))[0]["summary"] == "Saved plan is stale"


def test_keys_that_aws_does_not_know(stage: Stage) -> None:
    stage.keys = Keys("AKIAUNKNOWNUNKNOWN00", "secret")
    found = diagnostics(stage.plan(code=1))
    assert [entry["address"].rpartition('"]')[2] for entry in found] == ["", ".second"]
    assert "InvalidClientTokenId" in found[0]["summary"]


@pytest.mark.parametrize(
    "entry", ["1234567890123456", "databricks-serverless-<workspace id>", "databricks-serverless-0"]
)
def test_a_bad_workspace_id_is_refused_with_the_modules_sentence(stage: Stage, entry: str) -> None:
    stage.want(entry)
    (only,) = diagnostics(stage.plan(code=1))
    assert only["summary"] == "Invalid value for variable"
    assert only["detail"].startswith("Each entry must be databricks-serverless- followed by the workspace id")
    assert "number after o=" in only["detail"]


def test_other_variables_and_other_files_end_with_an_honest_word(stage: Stage) -> None:
    stage.variables(aws_region="eu-central-1")
    (only,) = diagnostics(stage.plan(code=1))
    assert "aws_region" in only["detail"]
    stage.want(WORKSPACE)
    with (stage.folder / "glue.tf").open("a") as file:
        file.write("# mine\n")
    (only,) = diagnostics(stage.plan(code=1))
    assert "glue.tf" in only["detail"]


def test_it_never_talks_to_a_real_account(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {**stage.environ, "AWS_ENDPOINT_URL": "https://iam.amazonaws.com:443"}
    line = [str(stage.program), f"-chdir={stage.folder}", "plan", "-json"]
    done = subprocess.run(line, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "to nothing else" in done.stdout
    assert stage.terraform("destroy").returncode == 1


def test_an_interrupt_lets_the_resource_in_hand_finish(stage: Stage) -> None:
    stage.want(WORKSPACE)
    stage.plan()
    stage.seconds = "30"
    line = [str(stage.program), f"-chdir={stage.folder}", "apply", "-json", "-input=false", "saved.plan"]
    child = subprocess.Popen(line, env=stage.environ, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said: list[dict[str, Any]] = []
    for text in child.stdout:
        said.append(json.loads(text))
        if said[-1]["type"] == "apply_start":
            child.send_signal(signal.SIGINT)
            break
    begun = time.monotonic()
    said += [json.loads(text) for text in child.stdout]
    assert child.wait(timeout=10) == 1
    assert time.monotonic() - begun < 8
    started = [line["hook"]["resource"]["addr"] for line in said if line["type"] == "apply_start"]
    finished = [line["hook"]["resource"]["addr"] for line in said if line["type"] == "apply_complete"]
    assert started == finished
    assert len(started) == 1
    assert len(planned(stage.plan())) == 22


@pytest.mark.terraform
def test_real_terraform_carries_on_where_the_recording_ended(stage: Stage) -> None:
    stage.want(WORKSPACE)
    stage.plan()
    stage.apply()
    real = engine(
        aws_url=stage.aws.url,
        access_key_id=stage.aws.root.access_key_id,
        secret_access_key=stage.aws.root.secret_access_key,
        home=stage.folder.parent / "home",
    )
    real.run(stage.folder, "init", "-input=false")
    real.run(stage.folder, "plan", "-input=false", "-detailed-exitcode", accept=(0,))


def test_installed_program_is_two_lines(tmp_path: Path) -> None:
    text = install(tmp_path).read_text()
    assert len(text.splitlines()) == 2
    assert sys.executable in text
