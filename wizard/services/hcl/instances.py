"""What a block stands for: one thing, or with count or for_each several, as far as its text tells how many."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from wizard.services.hcl import operators
from wizard.services.hcl.configuration import Part
from wizard.services.hcl.expressions import Failed, Scope, Undecided

_MOST = 200
"""Instances of one block; beyond, they are not told apart."""


class Lazy(dict[str, object]):
    """Members that are worked out when they are asked for; nobody knows all their names."""

    def __init__(self, find: Callable[[str], object]) -> None:
        super().__init__()
        self._find = find

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> object:
        return self._find(name)

    def _unknown(self, *_: object) -> Undecided:
        raise Undecided("all that is in it is known to Terraform only")

    __iter__ = __len__ = keys = items = values = __eq__ = __ne__ = __bool__ = _unknown  # type: ignore[assignment]
    __hash__ = None


@dataclass
class Instance:
    """One of the things that a block with count or for_each stands for."""

    suffix: str
    more: Mapping[str, object] = field(default_factory=dict)
    """What its expressions may use beside the rest: `count`, `each`."""
    key: str = ""


def instances(part: Part, scope: Scope) -> tuple[list[Instance], bool]:
    """The instances of a block, and whether they are certain: if not, one stands for all of them."""
    try:
        if "count" in part.arguments:
            many = int(operators.number(part.arguments["count"](scope)))
            if many <= _MOST:
                return [_counted(n) for n in range(many)], True
            return [Instance("")], False
        if "for_each" in part.arguments:
            pairs = list(operators.pairs(part.arguments["for_each"](scope)))
            if len(pairs) <= _MOST:
                return [_named(key, value) for key, value in pairs], True
            return [Instance("")], False
    except (Failed, Undecided, RecursionError, ValueError, TypeError):
        return [Instance("")], False
    return [Instance("")], True


def _counted(number: int) -> Instance:
    return Instance(f"[{number}]", {"count": {"index": Decimal(number)}})


def _named(key: object, value: object) -> Instance:
    return Instance(f"[{json.dumps(key)}]", {"each": {"key": key, "value": value}}, str(key))


def each(part: Part, scope: Scope, make: Callable[[Instance], object]) -> object:
    """What a reference to the block gives: what `make` makes of it, a list of that, or a map. Raises Undecided."""
    found, certain = instances(part, scope)
    if not certain:
        raise Undecided("how many there are")
    if "count" in part.arguments:
        return [make(one) for one in found]
    if "for_each" in part.arguments:
        return {one.key: make(one) for one in found}
    return make(found[0])
