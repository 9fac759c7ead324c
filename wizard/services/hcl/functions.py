"""The functions of Terraform that validation rules use, with Terraform's meaning.

Source: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import ipaddress
import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from wizard.services.hcl import patterns
from wizard.services.hcl.operators import (
    PLAIN,
    Expression,
    Failed,
    Scope,
    Set,
    Undecided,
    number,
    same,
    text,
    truth,
)

Function = Callable[..., object]


def call(name: str, arguments: Sequence[Expression], *, spread: bool) -> Expression:
    """`name(arguments)`; with `spread` the last argument is a list of them."""

    def called(scope: Scope) -> object:
        if PLAIN in scope:
            raise Failed("function calls are not allowed here")
        if name in ("can", "try"):
            return _can(arguments, scope) if name == "can" else _try(arguments, scope)
        function = FUNCTIONS.get(name.removeprefix("core::"))
        if function is None:
            raise Undecided(f"the function {name} is known to Terraform only")
        given = [argument(scope) for argument in arguments]
        if spread:
            given[-1:] = items(given[-1])
        try:
            return function(*given)
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise Failed(f"{name} does not take these values") from error

    return called


def items(value: object) -> list[object]:
    """The items of a list or set. Raises Failed."""
    if isinstance(value, list):
        return list(value)
    raise Failed("list required")


def members(value: object) -> dict[str, object]:
    """The members of a map or object. Raises Failed."""
    if isinstance(value, dict):
        return dict(value)
    raise Failed("map required")


def _can(arguments: Sequence[Expression], scope: Scope) -> bool:
    try:
        arguments[0](scope)
    except Failed:
        return False
    return True


def _try(arguments: Sequence[Expression], scope: Scope) -> object:
    for argument in arguments:
        try:
            return argument(scope)
        except Failed:
            continue
    raise Failed("no expression of try could be worked out")


def _length(value: object) -> Decimal:
    if isinstance(value, list | dict):
        return Decimal(len(value))
    return Decimal(len(_graphemes(text(value))))


def _graphemes(said: str) -> str:
    if not said.isascii():
        raise Undecided("the length of a text beyond ASCII")
    return said


def _contains(whole: object, value: object) -> bool:
    return any(same(item, value) for item in items(whole))


def _substr(said: object, offset: object, length: object) -> str:
    whole, start, many = text(said), int(number(offset)), int(number(length))
    start = max(start + len(whole), 0) if start < 0 else start
    return whole[start:] if many < 0 else whole[start : start + many]


def _lookup(whole: object, name: object, *default: object) -> object:
    found = members(whole)
    if text(name) in found:
        return found[text(name)]
    if default:
        return default[0]
    raise Failed("there is no such member")


def _flatten(value: object) -> list[object]:
    return [deep for item in items(value) for deep in (_flatten(item) if isinstance(item, list) else [item])]


def _distinct(value: object) -> list[object]:
    found: list[object] = []
    for item in items(value):
        if not any(same(item, other) for other in found):
            found.append(item)
    return found


def to_set(value: object) -> Set:
    """Without doubles, in Terraform's order."""
    found = _distinct(value)
    return Set(sorted(found, key=lambda item: item if isinstance(item, Decimal | str) else str(item)))


def _element(value: object, place: object) -> object:
    found = items(value)
    if not found:
        raise Failed("an empty list has no elements")
    return found[int(number(place)) % len(found)]


def _one(value: object) -> object:
    found = items(value)
    if len(found) > 1:
        raise Failed("more than one item")
    return found[0] if found else None


def _coalesce(*values: object) -> object:
    for value in values:
        if value is not None and value != "":
            return value
    raise Failed("no value is set")


def _index(value: object, wanted: object) -> Decimal:
    for place, item in enumerate(items(value)):
        if same(item, wanted):
            return Decimal(place)
    raise Failed("item not found")


def _range(*limits: object) -> list[object]:
    bounds = [int(number(limit)) for limit in limits]
    if (len(bounds) == 1 and bounds[0] < 0) or (len(bounds) == 2 and bounds[1] < bounds[0]):
        bounds = [*([0] if len(bounds) == 1 else []), *bounds, -1]
    if len(range(*bounds)) > 1024:
        raise Failed("more than 1024 values were generated")
    return [Decimal(each) for each in range(*bounds)]


def _merge(*maps: object) -> dict[str, object]:
    return {name: value for each in maps if each is not None for name, value in members(each).items()}


def _all(value: object) -> bool:
    return all(item is not None and truth(item) for item in items(value))


def _any(value: object) -> bool:
    return any(item is not None and truth(item) for item in items(value))


def _network(prefix: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if "/" not in text(prefix):
        raise Failed("invalid CIDR expression")
    return ipaddress.ip_network(text(prefix), strict=False)


def _cidrhost(prefix: object, place: object) -> str:
    return str(_network(prefix)[int(number(place))])


def _cidrnetmask(prefix: object) -> str:
    network = _network(prefix)
    if network.version == 6:
        raise Failed("IPv6 addresses cannot have a netmask")
    return str(network.netmask)


def _cidrsubnet(prefix: object, more: object, place: object) -> str:
    network, width, wanted = _network(prefix), int(number(more)), int(number(place))
    if wanted >= 2**width:
        raise Failed("the prefix cannot hold that many networks")
    shift = network.max_prefixlen - network.prefixlen - width
    base = int(network.network_address) + (wanted << shift)
    return f"{ipaddress.ip_address(base)}/{network.prefixlen + width}"


def _decoded(said: object) -> object:
    try:
        found: object = json.loads(text(said), parse_int=Decimal, parse_float=Decimal)
    except ValueError as error:
        raise Failed("this is not JSON") from error
    return found


def _replace(said: object, old: object, new: object) -> str:
    pattern = text(old)
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        raise Undecided("replace with a pattern")
    return text(said).replace(pattern, text(new))


def _parseint(said: object, base: object) -> Decimal:
    return Decimal(int(text(said), int(number(base))))


FUNCTIONS: dict[str, Function] = {
    "abs": lambda n: abs(number(n)),
    "alltrue": _all,
    "anytrue": _any,
    "ceil": lambda n: Decimal(math.ceil(number(n))),
    "chomp": lambda s: text(s).rstrip("\r\n"),
    "cidrhost": _cidrhost,
    "cidrnetmask": _cidrnetmask,
    "cidrsubnet": _cidrsubnet,
    "coalesce": _coalesce,
    "compact": lambda v: [each for each in items(v) if each not in (None, "")],
    "concat": lambda *lists: [each for some in lists for each in items(some)],
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "endswith": lambda s, end: text(s).endswith(text(end)),
    "flatten": _flatten,
    "floor": lambda n: Decimal(math.floor(number(n))),
    "index": _index,
    "issensitive": lambda _: False,
    "join": lambda sep, *lists: text(sep).join(text(each) for some in lists for each in items(some)),
    "jsondecode": _decoded,
    "keys": lambda m: sorted(members(m)),
    "length": _length,
    "lookup": _lookup,
    "lower": lambda s: text(s).lower(),
    "max": lambda *n: max(map(number, n)),
    "merge": _merge,
    "min": lambda *n: min(map(number, n)),
    "nonsensitive": lambda v: v,
    "one": _one,
    "parseint": _parseint,
    "range": _range,
    "regex": lambda pattern, said: patterns.found(text(pattern), text(said)),
    "regexall": lambda pattern, said: patterns.all_found(text(pattern), text(said)),
    "replace": _replace,
    "reverse": lambda v: items(v)[::-1],
    "sensitive": lambda v: v,
    "setintersection": lambda a, *more: to_set(
        [each for each in items(a) if all(_contains(other, each) for other in more)]
    ),
    "setsubtract": lambda a, b: to_set([each for each in items(a) if not _contains(b, each)]),
    "setunion": lambda *sets: to_set([each for some in sets for each in items(some)]),
    "signum": lambda n: Decimal((number(n) > 0) - (number(n) < 0)),
    "slice": lambda v, start, end: items(v)[int(number(start)) : int(number(end))],
    "sort": lambda v: sorted(map(text, items(v))),
    "split": lambda sep, s: list(text(s).split(text(sep))) if sep else list(text(s)),
    "startswith": lambda s, start: text(s).startswith(text(start)),
    "strcontains": lambda s, part: text(part) in text(s),
    "strrev": lambda s: _graphemes(text(s))[::-1],
    "substr": _substr,
    "sum": lambda v: sum((number(each) for each in items(v)), Decimal(0)),
    "title": lambda s: " ".join(word[:1].upper() + word[1:] for word in text(s).split(" ")),
    "tobool": lambda v: None if v is None else truth(v),
    "tolist": items,
    "tomap": members,
    "tonumber": lambda v: None if v is None else number(v),
    "toset": to_set,
    "tostring": lambda v: None if v is None else text(v),
    "trim": lambda s, cut: text(s).strip(text(cut)) if text(cut) else text(s),
    "trimprefix": lambda s, start: text(s).removeprefix(text(start)),
    "trimspace": lambda s: text(s).strip(),
    "trimsuffix": lambda s, end: text(s).removesuffix(text(end)),
    "upper": lambda s: text(s).upper(),
    "values": lambda m: [members(m)[name] for name in sorted(members(m))],
    "zipmap": lambda names, values: dict(zip(map(text, items(names)), items(values), strict=True)),
}
"""By name. What is missing here is left to Terraform."""
