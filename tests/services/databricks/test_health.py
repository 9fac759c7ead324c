"""Every failure code the SDK knows has a cause, a remedy and somebody who can act."""

from __future__ import annotations

import pytest
from databricks.sdk.service.sql import State, Status, TerminationReasonCode, TerminationReasonType

from wizard.core.problem import Who
from wizard.services.databricks import health
from wizard.services.databricks.warehouse import failure, read
from wizard.steps import STEPS

CODES = [code.value for code in TerminationReasonCode]
TYPES = [kind.value for kind in TerminationReasonType]


def test_every_code_of_the_installed_sdk_stands_in_the_table() -> None:
    assert [code for code in CODES if code not in health.known()] == []
    by_type = [code for code, meaning in health.known().items() if meaning is None]
    assert by_type == ["UNKNOWN", "IN_PENALTY_BOX"]


@pytest.mark.parametrize("meaning", list(dict.fromkeys(filter(None, health.known().values()))))
def test_every_meaning_has_cause_remedy_and_somebody_to_act(meaning: health.Explanation) -> None:
    assert meaning.cause.endswith(".")
    assert meaning.remedy.endswith(".")
    assert isinstance(meaning.who, Who)
    assert meaning.step in ("", *(step.id for step in STEPS))
    assert not meaning.classic or meaning.step == "workspace"


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained_for_every_type(code: str) -> None:
    for kind in (*TYPES, "", "NEW_TYPE"):
        for serverless in (True, False):
            assert health.explain(code, kind, serverless=serverless).cause


@pytest.mark.parametrize("code", [c for c in CODES if c.startswith(("AZURE_", "GCP_"))] + ["GCP_BRAND_NEW"])
@pytest.mark.parametrize("kind", TYPES)
def test_another_cloud_is_named_whatever_the_code_speaks_of(code: str, kind: str) -> None:
    assert "another cloud" in health.explain(code, kind).cause


def test_a_serverless_warehouse_is_not_sent_after_instances() -> None:
    code = "CLOUD_PROVIDER_LAUNCH_FAILURE"
    assert "not serverless" in health.explain(code, "CLOUD_FAILURE").cause
    assert health.explain(code, "CLOUD_FAILURE", serverless=True).who is Who.DATABRICKS


@pytest.mark.parametrize("kind", [*TYPES, "", "NEW_TYPE"])
def test_an_unknown_code_falls_back_to_its_type(kind: str) -> None:
    assert health.explain("BRAND_NEW_CODE", kind).cause


@pytest.mark.parametrize(
    ("code", "kind", "step", "who"),
    [
        ("AWS_AUTHORIZATION_FAILURE", "CLIENT_ERROR", "variables", Who.AWS_ADMIN),
        ("AWS_INSTANCE_PROFILE_UPDATE_FAILURE", "CLIENT_ERROR", "connect", Who.WORKSPACE_ADMIN),
        ("UPDATE_INSTANCE_PROFILE_FAILURE", "CLIENT_ERROR", "connect", Who.WORKSPACE_ADMIN),
        ("INVALID_ARGUMENT", "CLIENT_ERROR", "connect", Who.WORKSPACE_ADMIN),
        ("DATA_ACCESS_CONFIG_CHANGED", "SUCCESS", "warehouse", Who.YOU),
        ("AWS_INACCESSIBLE_KMS_KEY_FAILURE", "CLIENT_ERROR", "", Who.AWS_ADMIN),
        ("CLOUD_PROVIDER_LAUNCH_FAILURE", "CLOUD_FAILURE", "workspace", Who.WORKSPACE_ADMIN),
        ("NO_MATCHED_K8S", "SERVICE_FAULT", "", Who.DATABRICKS),
        ("K8S_ACTIVE_POD_QUOTA_EXCEEDED", "CLIENT_ERROR", "", Who.WORKSPACE_ADMIN),
        ("STS_CLIENT_SETUP_FAILURE", "CLOUD_FAILURE", "", Who.DATABRICKS),
        ("GCP_FORBIDDEN", "CLIENT_ERROR", "workspace", Who.WORKSPACE_ADMIN),
    ],
)
def test_the_codes_of_this_journey_lead_where_they_can_be_mended(
    code: str, kind: str, step: str, who: Who
) -> None:
    meaning = health.explain(code, kind)
    assert (meaning.step, meaning.who) == (step, who)


def test_only_a_client_error_is_final() -> None:
    assert [kind for kind in (*TYPES, "") if health.is_final(kind)] == ["CLIENT_ERROR"]


def test_states_and_health_have_words() -> None:
    for state in State:
        assert "unknown" not in health.words(state.value, "")
    for status in Status:
        assert health.words("RUNNING", status.value).startswith("runs, ")
    assert health.words("NEW", "ODD") == "is in the state NEW, odd"


def test_a_failure_carries_what_was_said() -> None:
    raw = {
        "id": "a",
        "name": "W",
        "health": {
            "status": "FAILED",
            "summary": "Clusters are failing.",
            "details": "Because.",
            "failure_reason": {
                "code": "AWS_AUTHORIZATION_FAILURE",
                "type": "CLIENT_ERROR",
                "parameters": {"databricks_error_message": "not authorized\x1b]52;c;x\x07"},
            },
        },
    }
    problem = failure(read(raw))
    assert problem.code == "warehouse.aws_authorization_failure"
    assert problem.evidence == (
        "AWS_AUTHORIZATION_FAILURE (CLIENT_ERROR)",
        "not authorized",
        "Clusters are failing. Because.",
    )


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"health": None, "num_clusters": "3", "name": 5},
        {"health": {"failure_reason": []}, "state": None},
        {"health": {"failure_reason": {"parameters": {}}}, "auto_stop_mins": True},
    ],
)
def test_an_odd_answer_is_read_all_the_same(raw: dict[str, object]) -> None:
    seen = read(raw)
    assert not seen.healthy
    assert seen.clusters == 0
    assert seen.auto_stop_minutes == 0
