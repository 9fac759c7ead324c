"""Terraform's operators: how values are compared, added, indexed and gone through.

Source: https://developer.hashicorp.com/terraform/language/expressions/operators
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation, localcontext

from wizard.services.hcl.syntax import plain_number

Scope = Mapping[str, object]
Expression = Callable[[Scope], object]

EACH = "*"
"""The name under which a splat keeps the item it is at; no operator could write it."""
PLAIN = "="
"""In a scope: no function and no variable may be used, as in a .tfvars file."""
_DIGITS = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class Failed(Exception):
    """Terraform would refuse this. Its text is a clause in Terraform's words."""


class Undecided(Exception):
    """Only Terraform can tell. Its text says what is not known here."""


class Set(list[object]):
    """Values without order or doubles; kept sorted as Terraform shows them."""


def number(value: object) -> Decimal:
    """Terraform's automatic conversion to a number. Raises Failed."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        if _DIGITS.fullmatch(value):
            return Decimal(value)
        raise Failed("a number is required")
    raise Failed("number required")


def truth(value: object) -> bool:
    """Terraform's automatic conversion to true or false. Raises Failed."""
    if isinstance(value, bool):
        return value
    if value in ("true", "1"):
        return True
    if value in ("false", "0"):
        return False
    if isinstance(value, str):
        raise Failed("a bool is required")
    raise Failed("bool required")


def text(value: object) -> str:
    """Terraform's automatic conversion to a text. Raises Failed."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return plain_number(str(value))
    raise Failed("string required")


def key(value: object) -> str:
    """A member's name."""
    if value is None:
        raise Failed("a member's name cannot be null")
    return text(value)


def same(one: object, other: object) -> bool:
    """`==`: equal and of the same kind; 1 and true are different."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return type(one) is type(other) and one == other


def choose(condition: object, yes: Expression, no: Expression, scope: Scope) -> object:
    """`condition ? yes : no`: both sides must be of kinds that go together; a text makes the other one a text."""
    if condition is None:
        raise Failed("the condition is null")
    taken, left = (yes, no) if truth(condition) else (no, yes)
    value = taken(scope)
    try:
        other = left(scope)
    except (Failed, Undecided):
        return value
    kinds = {_kind(value), _kind(other)} - {"null"}
    if len(kinds) < 2:
        return value
    if "text" in kinds and kinds <= {"text", "number", "truth"}:
        return None if value is None else text(value)
    raise Failed("inconsistent conditional result types")


def _kind(value: object) -> str:
    kinds = {str: "text", bool: "truth", Decimal: "number", dict: "members", type(None): "null"}
    return kinds.get(type(value), "items")


def reference(name: str) -> Expression:
    """A name that the scope knows."""

    def value(scope: Scope) -> object:
        if name in scope:
            return scope[name]
        if PLAIN in scope:
            raise Failed("variables are not allowed here")
        raise Undecided(f"{name} is known to Terraform only")

    return value


def unary(sign: str, operand: Expression) -> Expression:
    if sign == "!":
        return lambda scope: not truth(operand(scope))
    return lambda scope: -number(operand(scope))


def binary(sign: str, left: Expression, right: Expression) -> Expression:
    if sign == "&&":
        return lambda scope: _both(truth(left(scope)), truth(right(scope)))
    if sign == "||":
        return lambda scope: truth(left(scope)) | truth(right(scope))
    if sign in ("==", "!="):
        return lambda scope: same(left(scope), right(scope)) is (sign == "==")
    return lambda scope: _calculated(sign, number(left(scope)), number(right(scope)))


def _both(one: bool, other: bool) -> bool:
    return one and other


def _calculated(sign: str, one: Decimal, other: Decimal) -> object:
    compared: dict[str, Callable[[], bool]] = {
        "<": lambda: one < other,
        ">": lambda: one > other,
        "<=": lambda: one <= other,
        ">=": lambda: one >= other,
    }
    if sign in compared:
        return compared[sign]()
    with localcontext() as context:
        context.prec = 150
        try:
            match sign:
                case "+":
                    return one + other
                case "-":
                    return one - other
                case "*":
                    return one * other
                case "/":
                    return one / other
                case _:
                    return one % other
        except (InvalidOperation, ZeroDivisionError):
            raise Undecided("a division by zero") from None


def index(value: Expression, at: Expression) -> Expression:
    return lambda scope: indexed(value(scope), at(scope))


def indexed(whole: object, at: object) -> object:
    """`whole[at]`. Raises Failed."""
    if isinstance(whole, Set):
        raise Failed("a set has no items by number or name")
    if isinstance(whole, list):
        place = number(at)
        if place != int(place) or not 0 <= place < len(whole):
            raise Failed("there is no such item")
        return whole[int(place)]
    if isinstance(whole, dict):
        name = key(at)
        if name not in whole:
            raise Failed(f"there is no member {name}")
        return whole[name]
    raise Failed("this value has no members")


def splat(value: Expression, each: Expression) -> Expression:
    """`value[*].each`: of a list every item, of a single value just itself, of null nothing."""

    def taken(scope: Scope) -> object:
        whole = value(scope)
        if whole is None:
            return []
        items = whole if isinstance(whole, list) else [whole]
        return [each({**scope, EACH: item}) for item in items]

    return taken


def pairs(whole: object) -> Iterator[tuple[object, object]]:
    """Key and value of everything in a collection, in Terraform's order. Raises Failed."""
    if isinstance(whole, Set):
        yield from zip(whole, whole, strict=True)
    elif isinstance(whole, list):
        for place, item in enumerate(whole):
            yield Decimal(place), item
    elif isinstance(whole, dict):
        yield from sorted(whole.items())
    else:
        raise Failed("a for expression needs a list, a set, a map or an object")


def each_of(
    names: list[str], over: Expression, key_of: Expression | None, result: Expression, condition: Expression,
    *, grouped: bool,
) -> Expression:  # fmt: skip
    """`[for … in over : result if condition]`, or with `key_of` the same in braces."""

    def gone_through(scope: Scope) -> object:
        items: list[object] = []
        members: dict[str, object] = {}
        for name, item in pairs(over(scope)):
            inner = {**scope, **dict(zip(names, (name, item) if len(names) > 1 else (item,), strict=True))}
            if not truth(condition(inner)):
                continue
            if key_of is None:
                items.append(result(inner))
                continue
            member = key(key_of(inner))
            if grouped:
                held = members.setdefault(member, [])
                if isinstance(held, list):
                    held.append(result(inner))
            elif member in members:
                raise Failed(f"two items have the name {member}")
            else:
                members[member] = result(inner)
        return items if key_of is None else members

    return gone_through
