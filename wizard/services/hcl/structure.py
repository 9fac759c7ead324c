"""What a file says, apart from how it is spelled: to tell whether two spellings mean the same."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from wizard.services.hcl import expressions, operators, syntax
from wizard.services.hcl.expressions import Failed, Undecided
from wizard.services.hcl.operators import PLAIN
from wizard.services.hcl.path import Path
from wizard.services.hcl.scanner import Malformed
from wizard.services.hcl.syntax import Node, Tree


@dataclass(frozen=True)
class Number:
    """Exact, and never equal to true or false."""

    value: Decimal


@dataclass(frozen=True)
class Calculated:
    """An expression, known by its text alone."""

    text: str


def of(node: Node, text: str) -> object:
    """Texts, true, false, null and Number; lists and dicts of them; Calculated for all else."""
    match node.kind:
        case "number":
            return Number(Decimal(text[node.start : node.end]))
        case "list":
            return [of(item, text) for item in node.items]
        case "object":
            return {
                text[key.start : key.end] if key.name is None else syntax.quoted(key.name): of(item, text)
                for key, item in zip(node.keys, node.items, strict=True)
            }
        case "expression":
            return Calculated(text[node.start : node.end])
        case _:
            return node.value


def of_file(tree: Tree) -> dict[str, object]:
    """Every variable that the file sets."""
    return {syntax.quoted(argument.name): of(argument.node, tree.text) for argument in tree.arguments}


def with_value(whole: object, path: Path, value: object) -> object:
    """`whole` with `value` at `path`, whose names are quoted; members on the way are made."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(whole, list) and isinstance(first, int):
        return [with_value(item, rest, value) if n == first else item for n, item in enumerate(whole)]
    members = whole if isinstance(whole, dict) else {}
    key = syntax.quoted(str(first)) if isinstance(first, int) else first
    return {**members, key: with_value(members.get(key), rest, value)}


def without(whole: object, path: Path) -> object:
    """`whole` without what stands at `path`, whose names are quoted."""
    first, rest = path[0], path[1:]
    if isinstance(whole, list):
        return [
            without(item, rest) if n == first else item for n, item in enumerate(whole) if n != first or rest
        ]
    if not isinstance(whole, dict):
        return whole
    key = syntax.quoted(str(first)) if isinstance(first, int) else first
    return {k: without(v, rest) if k == key else v for k, v in whole.items() if k != key or rest}


def text(value: object) -> str | None:
    """A text, number or truth value as the text that Terraform makes of it, None for anything else.

    Source: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Calculated):
        return _calculated(value)
    return syntax.plain_number(str(value.value)) if isinstance(value, Number) else None


def objection(spelled: str) -> str:
    """Why Terraform would refuse the expression `spelled` in a .tfvars file; empty when it would not."""
    try:
        expressions.parse(spelled)({PLAIN: True})
    except (Malformed, Failed) as fault:
        return str(fault)
    except Undecided:
        return ""
    return ""


def _calculated(value: Calculated) -> str | None:
    try:
        found = expressions.parse(value.text)({PLAIN: True})
        return None if found is None else operators.text(found)
    except (Malformed, Failed, Undecided):
        return None
