"""The Condition element of an IAM policy: operators, set qualifiers, IfExists, missing keys.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

Context = Mapping[str, str | Sequence[str]]
_Compare = Callable[[str, str], bool]


def context_value(context: Context, key: str) -> list[str]:
    """The values of a condition key, whatever its case; empty when the request does not carry it."""
    found = context.get(key.lower())
    if found is None:
        return []
    return [found] if isinstance(found, str) else list(found)


def conditions_hold(block: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether every condition of a statement is met.

    Raises ValueError for an operator this evaluator does not know, so that no policy is judged by guess.
    """
    return all(
        _one_holds(operator, key, _texts(wanted), context)
        for operator, keys in block.items()
        for key, wanted in keys.items()
    )


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in items]


def _one_holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    qualifier, _, bare = operator.rpartition(":")
    if_exists = bare.endswith("IfExists")
    bare = bare.removesuffix("IfExists")
    actual = context_value(context, key)
    if bare == "Null":
        return (not actual) == (wanted[:1] == ["true"])
    compare, negative = _operator(bare)
    if not actual:
        return if_exists or negative or qualifier == "ForAllValues"

    def matched(value: str) -> bool:
        hit = any(compare(value, filled(one, context)) for one in wanted)
        return hit != negative

    if qualifier == "ForAllValues":
        return all(matched(value) for value in actual)
    if qualifier == "ForAnyValue" or not negative:
        return any(matched(value) for value in actual)
    return all(matched(value) for value in actual)


def filled(text: str, context: Context) -> str:
    """`text` with its policy variables (`${aws:username}`) replaced; unknown ones stay and match nothing."""

    def value(found: re.Match[str]) -> str:
        known = context_value(context, found.group(1))
        return known[0] if known else found.group(0)

    return re.sub(r"\$\{([^}]+)\}", value, text) if "${" in text else text


@lru_cache(maxsize=4096)
def _pattern(glob: str, ignore_case: bool) -> re.Pattern[str]:
    text = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in glob)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def wildcard_match(glob: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether `text` matches `glob`, in which `*` is any run and `?` any one character."""
    return _pattern(glob, ignore_case).fullmatch(text) is not None


def _operator(name: str) -> tuple[_Compare, bool]:
    """The comparison behind an operator's name, and whether the operator negates it."""
    if name in _NEGATIVE:
        return _POSITIVE[_NEGATIVE[name]], True
    if name in _POSITIVE:
        return _POSITIVE[name], False
    raise ValueError(f"The demo's AWS does not know the condition operator {name}.")


def _like(actual: str, wanted: str) -> bool:
    return wildcard_match(wanted, actual)


def _ip_in(actual: str, wanted: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


_POSITIVE: dict[str, _Compare] = {
    "StringEquals": lambda a, w: a == w,
    "StringEqualsIgnoreCase": lambda a, w: a.lower() == w.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda a, w: a.lower() == w.lower(),
    "NumericEquals": lambda a, w: float(a) == float(w),
    "NumericLessThan": lambda a, w: float(a) < float(w),
    "NumericLessThanEquals": lambda a, w: float(a) <= float(w),
    "NumericGreaterThan": lambda a, w: float(a) > float(w),
    "NumericGreaterThanEquals": lambda a, w: float(a) >= float(w),
    "IpAddress": _ip_in,
}
_NEGATIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "NotIpAddress": "IpAddress",
}
