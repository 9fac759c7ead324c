"""What changes in an AWS policy, statement by statement, in words: who may do what, on what, and when.

Source of the grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from wizard.core.text import one_line

_PARTS = ("Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource")
_MOST = 12
"""Statements that are told one by one."""


def changes(before: str, after: str) -> tuple[str, ...]:
    """Lines that begin with `+`, `-`, `~` or `=`: what is added, taken away, changed, kept. Empty for no policies."""
    old, new = _statements(before), _statements(after)
    if old is None or new is None or not (old or new):
        return ()
    lines: list[str] = []
    kept = [each for each in new if each in old]
    gone = [each for each in old if each not in kept]
    for each in new:
        if each in kept:
            continue
        twin = next((other for other in gone if _same_but_condition(each, other)), None)
        if twin is None:
            lines.append(f"+ {words(each)}")
        else:
            gone.remove(twin)
            lines += [f"~ {words({**each, 'Condition': {}})}", *_conditions(twin, each)]
    lines += [f"- {words(each)}" for each in gone]
    if kept:
        lines.append(
            f"= {len(kept)} statement{'s' if len(kept) > 1 else ''} stay{'' if len(kept) > 1 else 's'}"
        )
    return (
        tuple(lines[:_MOST]) if len(lines) <= _MOST else (*lines[:_MOST], f"… and {len(lines) - _MOST} more")
    )


def words(statement: Mapping[str, Any]) -> str:
    """`Allow sts:AssumeRole to arn:… when sts:ExternalId is databricks-serverless-123`."""
    said = [str(statement.get("Effect", "Allow"))]
    if "NotAction" in statement:
        said.append(f"everything but {_list(statement['NotAction'])}")
    elif "Action" in statement:
        said.append(_list(statement["Action"]))
    if "Principal" in statement:
        said.append(f"to {_principals(statement['Principal'])}")
    elif "NotPrincipal" in statement:
        said.append(f"to everybody but {_principals(statement['NotPrincipal'])}")
    if "Resource" in statement:
        said.append(f"on {_list(statement['Resource'])}")
    elif "NotResource" in statement:
        said.append(f"on everything but {_list(statement['NotResource'])}")
    conditions = [
        f"{key} {_test(test)} {' or '.join(values)}" for (test, key), values in _tests(statement).items()
    ]
    if conditions:
        said.append("when " + " and ".join(conditions))
    return one_line(" ".join(said), 600)


def _statements(text: str) -> list[Mapping[str, Any]] | None:
    """The statements of a policy, [] for no policy at all, None for a text that is none."""
    if not text:
        return []
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return None
    return found


def _same_but_condition(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(_texts(one.get(part)) == _texts(other.get(part)) for part in _PARTS)


def _conditions(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Values of conditions that come and go, one a line."""
    old, new = _tests(before), _tests(after)
    lines = []
    for test, key in dict.fromkeys([*old, *new]):
        was, now = old.get((test, key), ()), new.get((test, key), ())
        lines += [f"- {key} {_test(test)} {value}" for value in was if value not in now]
        lines += [f"+ {key} {_test(test)} {value}" for value in now if value not in was]
    return [f"    {one_line(line, 300)}" for line in lines]


def _tests(statement: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    found = statement.get("Condition")
    if not isinstance(found, dict):
        return {}
    return {
        (str(test), str(key)): tuple(_texts(values))
        for test, keys in found.items()
        if isinstance(keys, dict)
        for key, values in keys.items()
    }


def _test(name: str) -> str:
    plain = {"StringEquals": "is", "ArnEquals": "is", "StringLike": "is like", "ArnLike": "is like", "Bool": "is",
             "StringNotEquals": "is not", "IpAddress": "is in", "NotIpAddress": "is not in"}  # fmt: skip
    return plain.get(name, f"({name})")


def _principals(value: Any) -> str:
    if not isinstance(value, dict):
        return "everybody" if value == "*" else _list(value)
    named = [name for names in value.values() for name in _texts(names)]
    return "everybody" if named == ["*"] else _list(named)


def _list(value: Any) -> str:
    texts = _texts(value)
    shown: Sequence[str] = texts if len(texts) <= 4 else [*texts[:3], f"{len(texts) - 3} more"]
    return ", ".join(shown) or "nothing"


def _texts(value: Any) -> list[str]:
    """A value or a list of them as sorted texts: AWS keeps no order."""
    if isinstance(value, dict):
        return sorted(f"{kind}:{text}" for kind, inner in value.items() for text in _texts(inner))
    if isinstance(value, list):
        return sorted(str(each) for each in value)
    return [] if value is None else [str(value)]
