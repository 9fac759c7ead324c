"""Other ways through the journey, and what stands in the way: each is told apart, and nothing is half-done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wizard.core.event import Phase, ResourceRow, Table
from wizard.core.facts import Applied, AwsIdentity, VariablesWritten, WorkspaceProven
from wizard.core.finding import Finding, Verdict
from wizard.core.journey import Visit
from wizard.core.problem import Cancelled, Problem
from wizard.steps import FRONT

HOST = "dbc-a1b2c3d4-e5f6.cloud.databricks.com"
WORKSPACE = {
    "url": f"https://{HOST}/?o=7474654321098765",
    "auth": "profile:htd",
    "warehouse": "f6dd72df81d69f03",
}


def stopped(played: Any, visit: Visit) -> Problem:
    with pytest.raises(Problem) as problem:
        played.visit(visit)
    return problem.value


def test_pasted_keys_sign_in_and_stay_in_memory(play: Any) -> None:
    with play("fresh") as played:
        played.visit(Visit(FRONT.id))
        keys = played.world.aws.root
        pasted = f"export AWS_ACCESS_KEY_ID={keys.access_key_id}\n"
        pasted += f"export AWS_SECRET_ACCESS_KEY={keys.secret_access_key}\n"
        played.visit(Visit("credentials", {"source": "keys", "pasted": pasted, "region": "us-east-1"}))
        identity = played.flow.facts.need(AwsIdentity)
        assert identity.source == "pasted access keys"
        assert identity.account == "123456789012"
        played.visit(Visit("permissions"))
        for file in played.home.rglob("*"):
            if file.is_file():
                assert keys.secret_access_key.encode() not in file.read_bytes(), file


def test_another_portal_offers_accounts_and_roles(play: Any) -> None:
    with play("fresh") as played:
        portal = played.world.aws.portal
        portal.assign(played.world.aws.account_id, "htd-sandbox", "ReadOnly", [])
        played.visit(Visit(FRONT.id))
        answers = {
            "source": "portal",
            "start_url": portal.start_url,
            "sso_region": "us-east-1",
            "role": "AdministratorAccess",
        }
        played.visit(Visit("credentials", answers))
        assert "AdministratorAccess" in played.flow.facts.need(AwsIdentity).arn
        played.visit(Visit("permissions"))


def test_a_weak_user_gets_a_letter_for_whoever_can_help(play: Any) -> None:
    with play() as played:
        played.visit(Visit(FRONT.id))
        played.visit(Visit("credentials", {"source": "profile:htd-user"}))
        problem = stopped(played, Visit("permissions"))
        assert problem.code == "permissions.missing"
        assert "arn:aws:iam::123456789012:user/htd-user" in problem.message
        assert problem.copy.splitlines()[-1].strip() in problem.message
        assert "iam:GetRole on role/htd-role" in problem.message


def test_a_refused_code_says_so(play: Any) -> None:
    with play("fresh") as played:
        portal = played.world.aws.portal
        portal.auto_approve_after = None
        played.visit(Visit(FRONT.id))

        from wizard.core.event import DeviceCode

        seen: list[str] = []
        original = played.events.append

        def deny(entry: Any) -> None:
            original(entry)
            if isinstance(entry[1], DeviceCode) and not seen:
                seen.append(entry[1].user_code)
                portal.deny(entry[1].user_code)

        played.events = _Calling(deny)
        problem = stopped(played, Visit("credentials", {"source": "profile:htd-admin"}))
        assert problem.code == "aws.sso.denied"
        assert seen


class _Calling(list[Any]):
    """A list whose `append` is somebody else's."""

    def __init__(self, append: Any) -> None:
        super().__init__()
        self.append = append  # type: ignore[method-assign]  # the point of this class


def test_the_state_of_another_account_is_caught_at_the_door(play: Any) -> None:
    with play() as played:
        file = played.world.module / "terraform.tfstate"
        file.write_text(file.read_text().replace("123456789012", "210987654321"))
        played.visit(Visit(FRONT.id))
        problem = stopped(played, Visit("credentials", {"source": "profile:htd-admin"}))
        assert problem.code == "aws.account.other"
        assert "123456789012" in problem.what
        assert "210987654321" in problem.what


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"url": f"https://{HOST}/?o=1111111111111111"}, "workspace.id_conflict"),
        ({"auth": "token", "token": "dapi00000000000000000000000000000000"}, "databricks.token"),
    ],
)
def test_a_workspace_that_is_not_the_one_meant(play: Any, answers: dict[str, str], code: str) -> None:
    with play() as played:
        played.visit(Visit(FRONT.id))
        problem = stopped(played, Visit("workspace", WORKSPACE | answers))
        assert problem.code == code
        assert WorkspaceProven not in played.flow.facts


def test_an_address_that_cannot_be_used_is_refused_as_it_is_typed(play: Any) -> None:
    with play() as played:
        played.visit(Visit(FRONT.id))
        problem = stopped(
            played, Visit("workspace", WORKSPACE | {"url": "https://accounts.cloud.databricks.com"})
        )
        assert problem.code == "answers.invalid"
        assert "account console" in " ".join(problem.evidence)


def test_somebody_who_is_no_administrator_is_told_who_can(play: Any) -> None:
    with play() as played:
        played.walk(until="workspace")
        token = played.world.workspace.user_token
        played.visit(Visit("workspace", WORKSPACE | {"auth": "token", "token": token}))
        admin = [e for step, e in played.events if isinstance(e, Finding) and e.id == "workspace.admin"]
        assert [finding.verdict for finding in admin] == [Verdict.GAP]
        played.visit(Visit("variables", {"write": "yes"}))
        played.visit(Visit("apply", {"apply": "yes"}))
        problem = stopped(played, Visit("connect", {"change": "yes"}))
        assert problem.who == "a Databricks workspace administrator"
        assert "databricks api put /api/2.0/sql/config/warehouses" in problem.copy
        assert [call for call in played.world.workspace.calls if call.mutating and call.status < 400] == []


def test_a_second_workspace_is_added_and_the_first_stays(play: Any) -> None:
    with play() as played:
        file = played.world.module / "terraform.tfvars"
        text = (
            file.read_text() + 'databricks_serverless_workspace_ids = ["databricks-serverless-42"] # ours\n'
        )
        file.write_text(text)
        played.walk(until="variables")
        played.visit(Visit("variables", {"write": "yes"}))
        ids = played.flow.facts.need(VariablesWritten).external_ids
        assert ids == ("databricks-serverless-42", "databricks-serverless-7474654321098765")
        assert file.read_text().endswith("] # ours\n")


def test_the_rest_of_the_sql_configuration_survives(play: Any) -> None:
    with play() as played:
        before = json.loads(json.dumps(played.world.workspace.config))
        played.walk(until="warehouse")
        after = played.world.workspace.config
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert "instance_profile_arn" in changed
        assert changed <= {"instance_profile_arn", "enable_serverless_compute"}
        backups = list((played.flow.services.paths.state / "backups").glob("*.json"))
        assert [json.loads(file.read_text()) for file in backups] == [before]


def test_a_busy_aws_does_not_make_a_gap(play: Any) -> None:
    with play() as played:
        faults = played.world.aws.faults
        for action in ("s3:GetBucketPolicy", "iam:GetRole", "glue:GetTags"):
            faults.add(
                action, status=503, code="SlowDown", message="Please reduce your request rate.", times=2
            )
        played.visit(Visit(FRONT.id))
        played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        played.visit(Visit("permissions"))


def test_a_refusal_in_the_middle_of_an_apply_is_explained_and_mended(play: Any) -> None:
    with play() as played:
        played.walk(until="apply")
        aws = played.world.aws
        aws.restrict(
            "*",
            ["iam:UpdateAssumeRolePolicy"],
            layer="service_control_policy",
            policy_arn="arn:aws:organizations::1:policy/o-1/p-1",
        )
        problem = stopped(played, Visit("apply", {"apply": "yes"}))
        assert "iam:UpdateAssumeRolePolicy" in " ".join((problem.what, problem.why, *problem.evidence))
        assert problem.who == "an administrator of the AWS organisation"
        (stands,) = [e for _, e in played.events if isinstance(e, Table) and e.title == "How it stands now"]
        assert stands.rows[0] == ("aws_iam_role.this", "as before", "changes it")
        assert stands.note in problem.why
        aws.lift()
        before = len(played.events)
        played.visit(Visit("apply", {"apply": "yes"}))
        phases = [event.title for _, event in played.events[before:] if isinstance(event, Phase)]
        assert phases[0].startswith("Planning"), "nothing is got twice"


def test_an_apply_that_was_left_running_is_found_again(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTD_RECORDING_SECONDS", "4")
    with play() as played:
        played.walk(until="apply")
        with pytest.raises(Cancelled):
            played.visit(
                Visit("apply", {"apply": "yes"}),
                leave_at=lambda event: isinstance(event, ResourceRow) and event.state == "running",
            )
        assert Applied not in played.flow.facts
        before = len(played.events)
        played.visit(Visit("apply", {"apply": "no"}))
        phases = [event.title for _, event in played.events[before:] if isinstance(event, Phase)]
        assert phases[0] == "Following an apply that was running already"
        rows = {
            e.address for _, e in played.events[before:] if isinstance(e, ResourceRow) and e.state == "done"
        }
        assert rows == {"aws_iam_role.this", "aws_iam_instance_profile.this"}
        assert played.flow.facts.need(Applied).added == 0, "nothing was left for a second apply"
        assert played.flow.facts.need(Applied).output("role_arn").endswith(":role/htd-role")
