"""Type constraints of variables: reading them, and converting a value as Terraform does, with its own words.

Source: https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wizard.services.hcl import expressions
from wizard.services.hcl.expressions import Expression, Failed, Undecided
from wizard.services.hcl.functions import to_set
from wizard.services.hcl.operators import Set, number, text, truth

_COLLECTIONS = ("list", "set", "map")


@dataclass(frozen=True)
class Type:
    """One type constraint."""

    kind: str = "any"
    """string, number, bool, list, set, map, object, tuple or any."""
    of: Type | None = None
    """What a list, set or map holds."""
    members: dict[str, Member] = field(default_factory=dict)
    items: tuple[Type, ...] = ()
    """Of a tuple."""

    @property
    def name(self) -> str:
        """As Terraform says it in a sentence: `list of string`."""
        if self.kind in _COLLECTIONS and self.of:
            return f"{self.kind} of {'any single type' if self.of.kind == 'any' else self.of.name}"
        return self.kind


@dataclass(frozen=True)
class Member:
    """One attribute of an object type."""

    type: Type
    optional: bool = False
    default: Expression | None = None


def parse(spelled: str) -> Type:
    """The type that `spelled` says; anything when it is empty. Raises Malformed."""
    if not spelled.strip():
        return Type()
    reader = _Reader(spelled)
    found = reader.type()
    reader.blank(lines=True)
    if reader.at < len(reader.text):
        raise reader.malformed("there is something behind the type")
    return found


def convert(value: object, wanted: Type) -> object:
    """`value` as the type makes of it. Raises Failed with a clause in Terraform's words, or Undecided."""
    if value is None or wanted.kind == "any":
        return value
    match wanted.kind:
        case "string":
            return text(value)
        case "number":
            return number(value)
        case "bool":
            return truth(value)
        case "list" | "set":
            return _listed(value, wanted)
        case "map":
            return _mapped(value, wanted)
        case "tuple":
            return _in_order(value, wanted)
        case _:
            return _object(value, wanted)


class _Reader(expressions.Parser):
    def type(self) -> Type:
        self.blank(lines=True)
        kind = self.identifier()
        if kind == "object":
            self.expect("(")
            found = Type("object", members=self._members())
            self.expect(")")
            return found
        if kind == "tuple":
            self.expect("(")
            self.expect("[")
            items: list[Type] = []
            while not self.takes("]", True):
                items.append(self.type())
                self.takes(",", True)
            self.expect(")")
            return Type("tuple", items=tuple(items))
        if kind in _COLLECTIONS:
            if not self.takes("(", False):
                return Type(kind, Type())  # `list` alone is an old spelling of list(any)
            of = self.type()
            self.expect(")")
            return Type(kind, of)
        if kind not in ("string", "number", "bool", "any"):
            raise self.malformed("this is not a type")
        return Type(kind)

    def _members(self) -> dict[str, Member]:
        found: dict[str, Member] = {}
        self.expect("{")
        while not self.takes("}", True):
            name = (self.quoted() or "") if self.text.startswith('"', self.at) else self.identifier()
            if not self.takes("=", True):
                self.expect(":")
            found[name] = self._member()
            self.takes(",", True)
        return found

    def _member(self) -> Member:
        self.blank(lines=True)
        mark = self.at
        if self.identifier() != "optional" or not self.takes("(", False):
            self.at = mark
            return Member(self.type())
        kind = self.type()
        default = self.expression(lines=True) if self.takes(",", True) else None
        self.expect(")")
        return Member(kind, True, default)


def _at(place: str, value: object, wanted: Type) -> object:
    """Converts something inside, and says where it was when that fails.

    Terraform does not say where for a text that is no number: it finds that later.
    """
    try:
        return convert(value, wanted)
    except Failed as failed:
        said = str(failed)
        raise Failed(
            said if said in ("a number is required", "a bool is required") else f"{place}: {said}"
        ) from None


def _listed(value: object, wanted: Type) -> object:
    if not isinstance(value, list):
        raise Failed(f"{wanted.name} required")
    of = wanted.of or Type()
    found = [_at(f"element {n}", each, of) for n, each in enumerate(value)]
    if of.kind == "any":
        found = _alike(found, wanted.kind)
    return to_set(found) if wanted.kind == "set" else list(found)


def _mapped(value: object, wanted: Type) -> object:
    if not isinstance(value, dict):
        raise Failed(f"{wanted.name} required")
    of = wanted.of or Type()
    found = {name: _at(f'element "{name}"', each, of) for name, each in value.items()}
    if of.kind == "any":
        return dict(zip(found, _alike(list(found.values()), "map"), strict=True))
    return found


def _alike(values: list[object], kind: str) -> list[object]:
    """What `any` settles on: one type for all."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2:
        return values
    if kinds & {list, dict, Set}:
        raise Failed(f"all {kind} elements must have the same type")
    return [None if value is None else text(value) for value in values]


def _in_order(value: object, wanted: Type) -> object:
    if not isinstance(value, list) or isinstance(value, Set) or len(value) != len(wanted.items):
        raise Failed("tuple required")
    return [_at(f"element {n}", *pair) for n, pair in enumerate(zip(value, wanted.items, strict=True))]


def _object(value: object, wanted: Type) -> object:
    if not isinstance(value, dict):
        raise Failed("object required")
    missing = [
        name for name, member in sorted(wanted.members.items()) if name not in value and not member.optional
    ]
    if missing:
        raise Failed(_required(missing))
    found: dict[str, object] = {}
    for name, member in wanted.members.items():
        given = value.get(name)
        if given is None and member.default is not None:
            given = _default(member.default)
        found[name] = _at(f'attribute "{name}"', given, member.type)
    return found


def _default(default: Expression) -> object:
    try:
        return default({})
    except Failed as failed:
        raise Undecided(f"a default ({failed})") from None


def _required(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    if len(quoted) == 1:
        return f"attribute {quoted[0]} is required"
    return (
        f"attributes {', '.join(quoted[:-1])} and {quoted[-1]} are required"
        if len(quoted) == 2
        else (f"attributes {', '.join(quoted[:-1])}, and {quoted[-1]} are required")
    )
