"""The journey's outcome as plain data, for `--json`."""

from __future__ import annotations

from typing import Any

from wizard.core.facts import Applied, DataProven, Machine, WarehouseRunning
from wizard.core.flow import Flow
from wizard.core.problem import Problem
from wizard.core.taken import TakenBack, WhatStays


def summary(flow: Flow, problem: Problem | None = None) -> dict[str, Any]:
    """`steps`, `warehouse`, `terraform` and `proof`; a part that was not reached is null.

    Of the way back: `steps`, `done` and `stays`.
    """
    facts = flow.facts
    if any(step.fact is WhatStays for step in flow.steps):
        parts = [fact for fact in facts if isinstance(fact, TakenBack) and not isinstance(fact, WhatStays)]
        return {
            "steps": _steps(flow),
            "done": [line for part in parts for line in part.done],
            "stays": [
                {"what": what, "remove": way} for what, way in (facts.get(WhatStays) or WhatStays()).stays
            ],
            "problem": problem.as_dict() if problem else None,
        }
    machine, applied = facts.get(Machine), facts.get(Applied)
    warehouse, proof = facts.get(WarehouseRunning), facts.get(DataProven)
    return {
        "steps": _steps(flow),
        "warehouse": {"id": warehouse.id, "state": warehouse.state, "health": warehouse.health}
        if warehouse
        else None,
        "terraform": {
            "engine": machine.engine,
            "version": machine.engine_version,
            "added": applied.added if applied else None,
            "changed": applied.changed if applied else None,
            "destroyed": applied.destroyed if applied else None,
        }
        if machine
        else None,
        "proof": {
            "statement": proof.statement,
            "location": proof.location,
            "rows": proof.rows,
            "seconds": round(proof.seconds, 3),
        }
        if proof
        else None,
        "problem": problem.as_dict() if problem else None,
    }


def _steps(flow: Flow) -> list[dict[str, Any]]:
    return [
        {
            "id": step.id,
            "status": flow.status(step).word,
            "seconds": round(flow.seconds[step.id], 3) if step.id in flow.seconds else None,
        }
        for step in flow.steps
    ]
