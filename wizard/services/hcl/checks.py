"""Whether Terraform would take a value for a variable, found out while it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wizard.core.text import one_line
from wizard.services.hcl import expressions, types
from wizard.services.hcl.expressions import Failed, Undecided
from wizard.services.hcl.operators import PLAIN, truth
from wizard.services.hcl.scanner import Malformed
from wizard.services.hcl.variables import Validation, Variable

_PLAIN: Mapping[str, object] = {PLAIN: True}


@dataclass(frozen=True)
class Checked:
    """What was found out about one value."""

    fault: str = ""
    """One sentence saying why Terraform would refuse it; the module's own where it has one."""
    undecided: tuple[str, ...] = ()
    """Sentences about rules that only Terraform can work out; its plan decides."""
    value: object = None
    """As Python data, when it has no fault."""


def check(variable: Variable, literal: str, others: Mapping[str, object] | None = None) -> Checked:
    """Check what `literal`, a value in Terraform's language, means for `variable`.

    `others` are the values of other variables, for rules that compare.
    """
    try:
        value = expressions.parse(literal)(_PLAIN)
    except Malformed as fault:
        return Checked(f"Terraform would not read it: {fault}.")
    except Failed as failed:
        return Checked(f"Terraform would refuse it: {failed}.")
    except Undecided as undecided:
        return Checked(undecided=(_left(str(undecided)),))
    if value is None and not variable.nullable:
        if variable.required:
            return Checked("This variable must have a value; null is none.")
        value = variable.default
    try:
        value = types.convert(value, types.parse(variable.type))
    except Malformed:
        return Checked(undecided=(_left(f"the type {variable.type}"),), value=value)
    except Failed as failed:
        return Checked(f"Terraform would refuse it: {failed}.")
    except Undecided as undecided:
        return Checked(undecided=(_left(str(undecided)),), value=value)
    return _by_rules(variable, value, others or {})


def _by_rules(variable: Variable, value: object, others: Mapping[str, object]) -> Checked:
    scope = {"var": {**others, variable.name: value}}
    undecided: list[str] = []
    for rule in variable.validations:
        try:
            if not truth(expressions.parse(rule.condition)(scope)):
                return Checked(_message(rule, scope), value=value)
        except (Malformed, Failed, Undecided) as unknown:
            undecided.append(_left(f"{one_line(rule.condition, 120)} ({unknown})"))
    return Checked(undecided=tuple(undecided), value=value)


def _message(rule: Validation, scope: Mapping[str, object]) -> str:
    try:
        said = expressions.parse(rule.spelled)(scope)
    except (Malformed, Failed, Undecided):
        said = rule.message
    return one_line(said, 2_000)


def _left(what: str) -> str:
    return f"The wizard cannot tell here: {what}. Terraform's plan decides."
