"""What becomes of a resource's attributes in a plan: before and after, what stays, and what must not be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.core.redact import MASK, Redactor, Sealed
from wizard.core.text import clean, one_line
from wizard.services.terraform import policy

_LATER = "(known after apply)"


@dataclass(frozen=True)
class Attributes:
    """The attributes of one change, by name in alphabetical order."""

    changes: tuple[tuple[str, str, str], ...]
    """(name, before, after), masked where sensitive."""
    unchanged: int
    policies: tuple[tuple[str, tuple[str, ...]], ...]
    sealed: tuple[tuple[str, Sealed, Sealed], ...]


class Secrets:
    """What is marked as sensitive anywhere, to be masked wherever it comes up again.

    Measured: a computed attribute that repeats a sensitive variable carries no mark, and Terraform shows it.
    """

    def __init__(self, document: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> None:
        root = mapping(mapping(document.get("configuration")).get("root_module"))
        given = mapping(document.get("variables"))
        found = [
            mapping(given.get(name)).get("value")
            for name, variable in mapping(root.get("variables")).items()
            if mapping(variable).get("sensitive")
        ]
        for change in (mapping(entry.get("change")) for entry in entries):
            for side in ("before", "after"):
                found += _flagged(change.get(side), change.get(f"{side}_sensitive"))
        self._texts = {text for each in found for text in _texts(each) if text}
        self._redact = Redactor()
        self._redact.learn(*self._texts)

    def masked(self, value: Any, flags: Sequence[Any]) -> Any:
        """`value` with the mask in place of what one of the trees of `flags` marks, or what is a secret anywhere.

        A text goes as a whole, also when only a part of it is a long secret.
        """
        if value in (None, "", [], {}):
            return value
        if any(flag is True or (anything(flag) and type(flag) is not type(value)) for flag in flags):
            return MASK
        if isinstance(value, dict):
            named = [flag for flag in flags if isinstance(flag, dict)]
            return {
                name: self.masked(each, [flag.get(name) for flag in named]) for name, each in value.items()
            }
        if isinstance(value, list):
            marks = [flag for flag in flags if isinstance(flag, list)]
            return [
                self.masked(each, [flag[at] for flag in marks if at < len(flag)])
                for at, each in enumerate(value)
            ]
        secret = isinstance(value, str) and (value in self._texts or self._redact(value) != value)
        return MASK if secret else value


def _flagged(value: Any, flags: Any) -> list[Any]:
    """The parts of `value` that a tree of flags beside it marks."""
    if flags is True:
        return [value]
    if isinstance(value, dict) and isinstance(flags, dict):
        return [part for name in flags for part in _flagged(value.get(name), flags[name])]
    if isinstance(value, list) and isinstance(flags, list):
        return [part for each, flag in zip(value, flags, strict=False) for part in _flagged(each, flag)]
    return []


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def read(change: Mapping[str, Any], secrets: Secrets) -> Attributes:
    """What differs, attribute by attribute; computed values that a create will have are left out."""
    before, after = mapping(change.get("before")), mapping(change.get("after"))
    unknown = mapping(change.get("after_unknown"))
    secret = (change.get("before_sensitive"), change.get("after_sensitive"))
    creating = not before
    found: list[tuple[str, str, str]] = []
    policies: list[tuple[str, tuple[str, ...]]] = []
    sealed: list[tuple[str, Sealed, Sealed]] = []
    unchanged = 0
    for key in sorted({*before, *after, *unknown}):
        old, new, name = before.get(key), after.get(key), one_line(key, 100)
        later = anything(unknown.get(key))
        if (old == new and not later) or (creating and later) or (creating and new in (None, "", [], {})):
            unchanged += not creating and old not in (None, "", [], {})
            continue
        was, now = shown(old), _LATER if later else shown(new)
        flags = [True if each is True else mapping(each).get(key) for each in secret]
        covered, recovered = (shown(secrets.masked(each, flags)) for each in (old, new))
        if later:
            recovered = now
        elif MASK in (covered, recovered):
            # What takes the place of a secret, or gives way to one, may be one as well.
            covered, recovered = (MASK if each else "" for each in (covered, recovered))
        if (covered, recovered) != (was, now):
            if covered == recovered != MASK:
                recovered = recovered.replace(MASK, f"{MASK} (another)")
            found.append((name, covered, recovered))
            sealed.append((name, Sealed(was), Sealed(now)))
            continue
        found.append((name, was, now))
        told = () if later or "policy" not in key else policy.changes(was, now)
        if told:
            policies.append((name, told))
    return Attributes(tuple(found), unchanged, tuple(policies), tuple(sealed))


def shown(value: Any) -> str:
    """A value as readable text: JSON inside a string is spread out and sorted, so that a policy's diff reads well."""
    if value is None:
        return ""
    if isinstance(value, str):
        if value.lstrip().startswith(("{", "[")):
            try:
                return clean(json.dumps(json.loads(value), indent=2, ensure_ascii=False, sort_keys=True))
            except (ValueError, RecursionError):
                return clean(value, 20_000)
        return clean(value, 20_000)
    return clean(json.dumps(value, indent=2, ensure_ascii=False), 20_000)


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def anything(value: Any) -> bool:
    """True where a tree of flags holds one that is set."""
    if isinstance(value, dict):
        return any(anything(each) for each in value.values())
    if isinstance(value, list):
        return any(anything(each) for each in value)
    return bool(value)
