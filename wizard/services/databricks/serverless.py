"""Whether a warehouse is of the kind that takes its AWS role from the workspace's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.core.finding import Finding, Verdict
from wizard.core.problem import Problem, Who

if TYPE_CHECKING:
    from wizard.services.databricks.warehouse import Warehouse


def finding(seen: Warehouse) -> Finding:
    """`chain.serverless`. Source: `enable_serverless_compute` at https://docs.databricks.com/api/workspace/warehouses/create"""
    title = "The warehouse is serverless and PRO"
    kind = seen.type or "type not reported"
    said = f"{seen.name}: {'serverless' if seen.serverless else 'not serverless'}, {kind}, {seen.size}"
    if seen.serverless:
        return Finding("chain.serverless", title, Verdict.PROVEN, said)
    problem = Problem(
        code="warehouse.unfit",
        what=f"The warehouse {seen.name} is not a serverless warehouse of type PRO.",
        why="Other warehouses run in your own AWS account and need a role that trusts EC2.",
        remedy=seen.unfit or "Choose a serverless warehouse.",
        who=Who.WORKSPACE_ADMIN,
        step="workspace",
    )
    return Finding("chain.serverless", title, Verdict.GAP, said, problem)
