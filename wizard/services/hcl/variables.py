"""What variables a module declares, for a form: name, type, description, default, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wizard.core.problem import Problem
from wizard.core.text import clean, one_line
from wizard.services.hcl import expressions, syntax
from wizard.services.hcl.expressions import Failed, Undecided
from wizard.services.hcl.syntax import Block, Malformed, Tree


@dataclass(frozen=True)
class Validation:
    """One rule of a variable, as the module words it."""

    condition: str
    """An expression of Terraform's language."""
    message: str
    """What is said when it does not hold; with `${…}` in it when that must be worked out."""
    spelled: str = '""'
    """The message as an expression."""


@dataclass(frozen=True)
class Variable:
    """One `variable` block."""

    name: str
    type: str = ""
    """As written: `list(string)`; empty means anything."""
    description: str = ""
    required: bool = False
    """It has no default, so it must be given."""
    default: object = None
    """As Python data, numbers as Decimal; None also for `null`, and for what cannot be worked out."""
    default_text: str = ""
    """The default as it is written; empty when there is none."""
    sensitive: bool = False
    nullable: bool = True
    validations: tuple[Validation, ...] = ()
    file: str = ""


def declared(folder: Path) -> list[Variable]:
    """Every variable of the module in `folder`, in the order of its files. Raises Problem for a file that is not valid.

    Files of Terraform's JSON syntax are not read.
    """
    found: list[Variable] = []
    for path in sorted(folder.glob("*.tf")):
        found += _of_file(path)
    return found


def _of_file(path: Path) -> Iterator[Variable]:
    try:
        text = path.read_text("utf-8")
        if "variable" not in text:
            return
        for block in syntax.read(text).blocks:
            if block.name == "variable" and block.labels:
                yield _variable(block.labels[0], _inside(text, block), path.name)
    except Malformed as fault:
        raise _unreadable(path, f"line {fault.line}: {fault}") from fault
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error


def _inside(text: str, block: Block) -> Tree:
    return syntax.read(text[block.body[0] : block.body[1]] + "\n")


def _variable(name: str, body: Tree, file: str) -> Variable:
    return Variable(
        name=one_line(name, 200),
        type=one_line(_spelled(body, "type"), 2_000).removeprefix('"').removesuffix('"'),
        description=clean(_text(body, "description"), 10_000).strip(),
        required=not body.named("default"),
        default=_worked_out(_spelled(body, "default")),
        default_text=clean(_spelled(body, "default"), 10_000),
        sensitive=_spelled(body, "sensitive") == "true",
        nullable=_spelled(body, "nullable") != "false",
        validations=tuple(
            _validation(_inside(body.text, block)) for block in body.blocks if block.name == "validation"
        ),
        file=file,
    )


def _validation(body: Tree) -> Validation:
    return Validation(
        clean(_spelled(body, "condition"), 10_000),
        clean(_text(body, "error_message"), 10_000).strip(),
        _spelled(body, "error_message") or '""',
    )


def _spelled(body: Tree, name: str) -> str:
    """An argument as it is written, empty when it is not there."""
    found = body.named(name)
    if not found:
        return ""
    spelled = body.text[found[0].node.start : found[0].node.end]
    return f"{spelled}\n" if found[0].node.whole_line else spelled


def _text(body: Tree, name: str) -> str:
    """An argument as a text; what must be worked out stays as it is written."""
    spelled = _spelled(body, name)
    value = _worked_out(spelled)
    if isinstance(value, str):
        return value
    return spelled[1:-1] if spelled.startswith('"') else spelled


def _worked_out(spelled: str) -> object:
    try:
        return expressions.parse(spelled)({}) if spelled else None
    except (Malformed, Failed, Undecided):
        return None


def _unreadable(path: Path, why: str) -> Problem:
    return Problem(
        code="module.variables",
        what=f"The variables in {path.name} could not be read.",
        why=one_line(why, 300),
        remedy=f"Run terraform validate in {path.parent}. If it names a line, mend that; if it finds nothing wrong, "
        f"edit the .tfvars file by hand.",
    )
