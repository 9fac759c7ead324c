"""The journey: the one list of its steps. Rail, numbering, answers, pictures and tests iterate it."""

from __future__ import annotations

from typing import Any

from wizard.steps.apply import Apply
from wizard.steps.connect import Connect
from wizard.steps.credentials import Credentials
from wizard.steps.permissions import Permissions
from wizard.steps.proof import Proof
from wizard.steps.start import Start
from wizard.steps.step import Step
from wizard.steps.variables import Variables
from wizard.steps.warehouse import Warehouse
from wizard.steps.workspace import WorkspaceStep

FRONT: Step[Any] = Start()
"""The page before the first step."""

STEPS: tuple[Step[Any], ...] = (
    Credentials(),
    Permissions(),
    WorkspaceStep(),
    Variables(),
    Apply(),
    Connect(),
    Warehouse(),
    Proof(),
)
