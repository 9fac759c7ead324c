"""Three sources of the id are compared, and the administrator's rights looked at without a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem
from wizard.services.databricks import identity
from wizard.services.databricks.address import Address, read
from wizard.services.databricks.client import WELL_KNOWN, Workspace
from wizard.services.databricks.warehouse_config import CONFIG

if TYPE_CHECKING:
    from tests.services.databricks.conftest import Drive
    from wizard.demo.workspace import EmbeddedWorkspace

GOOD = read("https://dbc-a1b2c3d4-e5f6.cloud.databricks.com/?o=1234567890123456")


def test_agreement_is_evidence(world: EmbeddedWorkspace, admin: Workspace, drive: Drive) -> None:
    proven, events = drive(identity.prove(admin, GOOD))
    assert (proven.workspace_id, proven.user, proven.admin) == ("1234567890123456", "admin@example.com", True)
    assert proven.pasted == proven.announced == proven.answered
    found = [event for event in events if isinstance(event, Finding)]
    assert [(f.id, f.verdict) for f in found] == [
        ("workspace.sign_in", Verdict.PROVEN),
        ("workspace.id", Verdict.PROVEN),
        ("workspace.admin", Verdict.PROVEN),
    ]
    assert not [call for call in world.calls if call.mutating]


def test_a_user_is_told_but_the_id_counts(analyst: Workspace, drive: Drive) -> None:
    proven, events = drive(identity.prove(analyst, GOOD))
    assert (proven.workspace_id, proven.admin) == ("1234567890123456", False)
    last = events[-1]
    assert isinstance(last, Finding)
    assert (last.verdict, last.problem and last.problem.code) == (Verdict.GAP, "databricks.not_admin")


@pytest.mark.parametrize(
    "paste", [Address(host="h", workspace_id="7"), read("https://x.cloud.databricks.com/?o=99")]
)
def test_a_pasted_id_that_is_another_stops_with_all_values(
    admin: Workspace, drive: Drive, paste: Address
) -> None:
    with pytest.raises(Problem) as caught:
        drive(identity.prove(admin, paste))
    assert caught.value.code == "workspace.id_conflict"
    assert caught.value.evidence == (
        f"the pasted address: {paste.workspace_id}",
        "the host's public document: 1234567890123456",
        "the workspace's answer: 1234567890123456",
    )


def test_without_a_pasted_id_the_workspace_is_asked(admin: Workspace, drive: Drive) -> None:
    proven, _ = drive(identity.prove(admin, Address(host="h")))
    assert proven.workspace_id == "1234567890123456"


def test_a_host_that_announces_another_id_stops(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    world.faults.add(f"GET {WELL_KNOWN}", status=200, body={"workspace_id": "111", "cloud": "AWS"}, times=-1)
    with pytest.raises(Problem, match="disagree"):
        drive(identity.prove(admin, GOOD))


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ({"cloud": "AZURE"}, "databricks.cloud"),
        ({"cloud": "gcp"}, "databricks.cloud"),
        ({"cloud": "AWS", "host_type": "ACCOUNT_HOST"}, "databricks.account_host"),
    ],
)
def test_what_is_elsewhere_is_refused_before_the_token_is_sent(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, word: dict[str, str], code: str
) -> None:
    world.faults.add(f"GET {WELL_KNOWN}", status=200, body=word)
    with pytest.raises(Problem) as caught:
        drive(identity.prove(admin, GOOD))
    assert caught.value.code == code
    assert [call.path for call in world.calls] == [WELL_KNOWN]


@pytest.mark.parametrize("header", [None, "my-space"])
def test_no_number_anywhere_stops(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive, header: str | None
) -> None:
    world.faults.add(f"GET {WELL_KNOWN}", status=404, body={}, times=-1)
    headers = {"X-Databricks-Org-Id": header} if header else {}
    world.faults.add("GET */scim/v2/Me", status=200, body={"userName": "a"}, headers=headers)
    with pytest.raises(Problem) as caught:
        drive(identity.prove(admin, Address(host="h")))
    assert caught.value.code == "workspace.id_unknown"


def test_a_probe_that_fails_is_neither_yes_nor_no(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    world.faults.add(f"GET {CONFIG}", status=500, body={"error_code": "INTERNAL_ERROR", "message": "x"})
    _, events = drive(identity.prove(admin, GOOD))
    last = events[-1]
    assert isinstance(last, Finding)
    assert last.verdict is Verdict.UNKNOWN


def test_an_admin_of_another_group_is_predicted(
    world: EmbeddedWorkspace, admin: Workspace, drive: Drive
) -> None:
    me = {"userName": "a\x1b[31m", "groups": None}
    world.faults.add(
        "GET */scim/v2/Me", status=200, body=me, headers={"X-Databricks-Org-Id": "1234567890123456"}
    )
    proven, events = drive(identity.prove(admin, GOOD))
    assert (proven.user, proven.admin) == ("a", True)
    last = events[-1]
    assert isinstance(last, Finding)
    assert last.verdict is Verdict.PREDICTED
