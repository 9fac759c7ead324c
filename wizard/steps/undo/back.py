"""What the steps of the way back share."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, TypeVar

from wizard.core.event import Line, Run
from wizard.core.facts import Applied, Connected, Facts, Registered
from wizard.core.finding import Finding
from wizard.core.problem import Problem
from wizard.core.taken import TakenBack, WasDone
from wizard.services import Services
from wizard.steps.step import Step

F = TypeVar("F", bound=TakenBack)

FRONT = "undo"
"""Id of the first page of the way back, where signing in is."""
_SIGNING_IN = ("credentials", "workspace")
_SIGNED_OUT = ("aws.signed_out", "databricks.signed_out")
UNDO = "htd-wizard undo"


class Back(Step[F]):
    """A step that takes back one change, or leaves it when the operator says no: both are an end to go on from."""

    needs: ClassVar = (WasDone,)
    skippable: ClassVar = True
    leaves: ClassVar[str] = ""
    """What stays when it is left."""

    @abstractmethod
    def take(self, facts: Facts, services: Services) -> Run[F]:
        """Take it back: show the change, ask, do it. Raises Problem."""

    def run(self, facts: Facts, services: Services) -> Run[F]:
        try:
            fact = yield from self.take(facts, services)
        except Problem as problem:
            if problem.code not in _SIGNED_OUT:
                # The steps of the journey forth are not here.
                problem.step = FRONT if problem.step in _SIGNING_IN else ""
                raise
            told = "You chose not to sign in there, so it is left. “The way back” asks again."
            fact = self.fact(stays=((self.leaves, UNDO),), declined=True, told=told)
        if fact.told:
            yield Line(fact.told)
        return fact

    def prove(self, facts: Facts, services: Services) -> list[Finding]:  # noqa: ARG002  # nothing is to last
        return []


def profile_of(facts: Facts) -> tuple[str, str]:
    """The ARNs of the instance profile and its role that the wizard used; empty where it got that far never."""
    connected, registered, applied = facts.get(Connected), facts.get(Registered), facts.get(Applied)
    if connected is not None:
        return connected.instance_profile_arn, connected.role_arn
    if registered is not None:
        return registered.instance_profile_arn, registered.role_arn
    if applied is not None:
        return applied.output("instance_profile_arn"), applied.output("role_arn")
    return "", ""
