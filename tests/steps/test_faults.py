"""The workspace is busy, slow, broken or gone: nothing of that is a broken joint, and nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.steps.conftest import Chained

CALLS = {
    "GET /api/2.0/instance-profiles/list": {6},
    "GET /api/2.0/sql/config/warehouses": {7},
    "GET /api/2.0/sql/warehouses/*": {8, 9, 10, 11},
    "POST /api/2.0/sql/statements": {10, 11},
    "GET /api/2.0/sql/statements/*": {10, 11},
}
HTML = "<html><title>502</title></html>"
PASSING: dict[str, dict[str, Any]] = {
    "busy once": {"status": 429, "body": {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "wait"}},
    "away once": {"status": 503, "body": {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "soon"}},
    "slow once": {"delay": 0.3},
}
LASTING: dict[str, dict[str, Any]] = {
    "broken": {"status": 500, "body": {"error_code": "INTERNAL_ERROR", "message": "oops"}, "times": -1},
    "away": {"status": 503, "body": HTML, "times": -1},
    "token": {"status": 403, "body": {"error_code": 403, "message": "Invalid access token."}, "times": -1},
    "web page": {"status": 200, "body": HTML, "times": -1},
}


@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_fault_of_every_call_is_waited_out(chained: Chained, fault: str) -> None:
    for call in CALLS:
        chained.workspace.faults.add(call, **PASSING[fault])
    chain = chained.look()
    assert chain.first_broken is None, chain.verdict()
    assert chained.changes() == []


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        *((call, "broken") for call in CALLS),
        *(("POST /api/2.0/sql/statements", fault) for fault in LASTING if fault != "broken"),
        *(("GET /api/2.0/sql/warehouses/*", fault) for fault in LASTING if fault != "broken"),
    ],
)
def test_a_lasting_fault_is_not_known_never_broken(chained: Chained, call: str, fault: str) -> None:
    chained.workspace.faults.add(call, **LASTING[fault])
    chain = chained.look()
    assert chain.first_broken is None, chain.verdict()
    assert chain.status == 10
    assert {joint.number for joint in chain.unknown} & CALLS[call]
    assert all(link.finding.problem for link in chain.links if link.joint in chain.unknown[:1])
    assert chained.changes() == []
