"""A module's variables as things to be asked: what is shown for a value, and what an answer is written as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wizard.core.problem import Problem
from wizard.core.text import clean, one_line
from wizard.services.hcl import checks, expressions, given, syntax, types
from wizard.services.hcl.checks import Checked
from wizard.services.hcl.document import Document
from wizard.services.hcl.expressions import Failed, Undecided
from wizard.services.hcl.operators import PLAIN
from wizard.services.hcl.placeholders import placeholder, unfilled
from wizard.services.hcl.scanner import Malformed
from wizard.services.hcl.values import MAIN, Setting
from wizard.services.hcl.variables import Variable


@dataclass(frozen=True)
class Entry:
    """One variable, with the value that Terraform would use now."""

    variable: Variable
    literal: str
    """As it is written; empty when nothing sets it and it has no default."""
    origin: str
    """Where it comes from: `terraform.tfvars line 4`, `default`."""
    others: Mapping[str, object] = field(default_factory=dict, repr=False)
    """Values of the module's variables, for rules that compare."""
    _last: dict[str, Checked] = field(default_factory=dict, repr=False, compare=False)
    """The answer that was checked last: it is asked about more than once."""

    @property
    def shown(self) -> str:
        """The value as a person types it: a text without its quotes when it needs none."""
        if not self.text or not self.literal:
            return self.literal.strip()
        try:
            value = syntax.value(self.literal).value
        except Malformed:
            return self.literal.strip()
        plain = (
            isinstance(value, str)
            and value == clean(value).strip()
            and self.spelled(value) == syntax.quoted(value)
        )
        return str(value) if plain else self.literal.strip()

    @property
    def text(self) -> bool:
        """It holds one text."""
        return self.variable.type == "string"

    @property
    def optional(self) -> bool:
        """An empty answer means an empty text, and will do."""
        return self.text and not self.check("").fault

    @property
    def label(self) -> str:
        """`aws_region · string`."""
        kind = self.variable.type or "any"
        return f"{self.variable.name} · {one_line(kind, 60)}"

    @property
    def about(self) -> str:
        """What it is, its default, its rules."""
        default = one_line(self.variable.default_text, 200)
        parts = [self.variable.description, f"Default: {default}." if default else "It has no default."]
        parts += [f"Rule: {rule.message}" for rule in self.variable.validations]
        return " ".join(part for part in parts if part)

    def spelled(self, answer: str) -> str:
        """The answer as a value of Terraform's language. Raises Problem when it is cut short."""
        if not self.text:
            return given.literal(answer, Document())
        if answer == "null" and self.variable.nullable:
            return answer
        return given.literal(answer, Document()) if answer.startswith('"') else syntax.quoted(answer)

    def check(self, answer: str) -> Checked:
        """What Terraform would say to the answer."""
        if answer not in self._last:
            self._last.clear()
            self._last[answer] = checks.check(self.variable, self._literal(answer), self.others)
        return self._last[answer]

    def fault(self, answer: str) -> str | None:
        """One sentence saying what to change, or None."""
        try:
            self.spelled(answer)
        except Problem as problem:
            return f"{problem.what} {problem.why}"
        checked = self.check(answer)
        gap = next((placeholder(one_line(each, 80)) for each in _texts(checked.value) if unfilled(each)), "")
        return gap or checked.fault or None

    def preview(self, answer: str) -> tuple[str, ...]:
        """What is worth knowing beside the answer."""
        lines = [one_line(self.variable.description, 110)]
        if answer == self.shown and not self.origin.startswith(("default", MAIN)):
            lines.append(f"Set by {self.origin[:1].lower()}{self.origin[1:]}.")
        checked = self.check(answer)
        lines += [sentence for each in _texts(checked.value) if (sentence := placeholder(one_line(each, 80)))]
        return tuple(line for line in (*lines, *checked.undecided) if line)

    def _literal(self, answer: str) -> str:
        try:
            return self.spelled(answer)
        except Problem:
            return answer


def entries(declared: Sequence[Variable], settings: Mapping[str, Sequence[Setting]]) -> list[Entry]:
    """An entry for every variable, in the module's order."""
    found = []
    for variable in declared:
        held = settings.get(variable.name, ())
        literal = _literal(variable, held[-1]) if held else variable.default_text
        found.append((variable, literal, held[-1].origin if held else "default"))
    others = {variable.name: _value(variable, literal) for variable, literal, _ in found}
    return [Entry(variable, literal, origin, others) for variable, literal, origin in found]


def _literal(variable: Variable, setting: Setting) -> str:
    """What is set as it would be written in a file.

    Outside of files Terraform takes the text as it is for a variable that holds a single value.
    Source: https://developer.hashicorp.com/terraform/language/values/variables#complex-typed-values
    """
    single = variable.type in ("string", "number", "bool", "")
    return syntax.quoted(setting.spelled) if single and not setting.file else setting.spelled


def _value(variable: Variable, literal: str) -> object:
    try:
        value = expressions.parse(literal)({PLAIN: True})
        return types.convert(value, types.parse(variable.type))
    except (Malformed, Failed, Undecided):
        return None


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | dict):
        return [
            text for each in (value.values() if isinstance(value, dict) else value) for text in _texts(each)
        ]
    return []
