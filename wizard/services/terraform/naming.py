"""What declared resources are going to be called, before any plan: names, parents and regions, from the module's text.

Only what is certain is told. Texts, variables with their values, locals, references to other resources and a few
functions are followed; whatever else a name is made of, the name stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wizard.services.terraform.module import TEXT, code

_PIECE = re.compile(
    rf"(?P<text>{TEXT})|(?P<open>[\[{{(])|(?P<close>[\]}})])|(?P<end>[\n,])|(?P<other>[^\"\[\]{{}}(),\n]+|\")"
)
_ARGUMENT = re.compile(r"\s*\"?([\w-]+)\"?\s*[=:](?![=>])(.*)", re.DOTALL)
_BLOCK = re.compile(r"\s*([\w-]+)((?:\s+\"[^\"\n]*\")*)\s*\{(.*)\}\s*", re.DOTALL)
_CHOICE = re.compile(r"(.+?)\s*([=!]=)\s*(.+?)\s*\?\s*(.+?)\s*:\s*(.+)", re.DOTALL)
_REFERENCE = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+|\[\"[^\"]+\"\])+")
_CALL = re.compile(r"(replace|lower|upper|trimspace)\((.*)\)", re.DOTALL)
_TEMPLATE = re.compile(r"\$\{((?:[^{}\"]|\"(?:\\.|[^\"\\])*\")*)\}|(\\.)|([$%]\{)|([^\\$%]+|[$%])")
_ESCAPES = {'\\"': '"', "\\\\": "\\"}
_DEEPEST = 30


class Unknown(Exception):
    """Only Terraform itself can tell."""


@dataclass(frozen=True)
class Body:
    """What stands between the braces of a block."""

    arguments: Mapping[str, str]
    """Name -> expression, as written."""
    blocks: tuple[tuple[str, tuple[str, ...], str], ...]
    """(kind, labels, text between the braces)."""


@dataclass(frozen=True)
class Foreseen:
    """One declared resource, as far as its text tells."""

    values: Mapping[str, object]
    """Shaped as in the state; arguments that are not known are missing."""
    region: str
    """Of its provider; empty when it is the default one or not known."""
    absent: bool
    """Its count is 0: there will be none."""
    given: frozenset[str] = frozenset()
    """Names of the arguments that are set to something; `tags` too when the provider tags everything."""


def foresee(folder: Path, account: str = "") -> dict[str, Foreseen]:
    """Every resource and data source that is declared in `folder`, by address. Names may hold the `account`."""
    return _Module(folder, account).foresee()


def regions(folder: Path) -> dict[str, str]:
    """Region of every declared resource whose provider's region the text tells, by address."""
    module = _Module(folder, "")
    found = {address: module.place(inside) for address, inside in module.declared.items()}
    return {address: region for address, region in found.items() if region}


def body(text: str) -> Body:
    """Arguments and blocks of a text without comments; also of what is written between an object's braces."""
    arguments: dict[str, str] = {}
    blocks: list[tuple[str, tuple[str, ...], str]] = []
    for statement in _statements(text):
        argument, block = _ARGUMENT.fullmatch(statement), _BLOCK.fullmatch(statement)
        if argument:
            arguments[argument[1]] = argument[2].strip()
        elif block:
            blocks.append((block[1], tuple(re.findall(r'"([^"]*)"', block[2])), block[3]))
    return Body(arguments, tuple(blocks))


def _statements(text: str) -> list[str]:
    """The text cut at line breaks and commas outside every bracket."""
    found, depth = [""], 0
    for piece in _PIECE.finditer(text):
        depth += bool(piece["open"]) - bool(piece["close"])
        if piece["end"] and depth <= 0:
            found.append("")
        else:
            found[-1] += piece[0]
    return found


@dataclass
class _Module:
    """The expressions of a folder, and how they are worked out."""

    folder: Path
    account: str
    variables: dict[str, str] = field(default_factory=dict)
    locals: dict[str, str] = field(default_factory=dict)
    declared: dict[str, Body] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    tags_everything: bool = False
    home: str = ""
    """Region of the provider without an alias, as written."""

    def __post_init__(self) -> None:
        for file in sorted(self.folder.glob("*.tf")):
            for kind, labels, text in body(_read(file)).blocks:
                self._learn(kind, labels, body(text))
        for file in [self.folder / "terraform.tfvars", *sorted(self.folder.glob("*.auto.tfvars"))]:
            if file.is_file():
                self.variables |= body(_read(file)).arguments

    def _learn(self, kind: str, labels: tuple[str, ...], inside: Body) -> None:
        if kind == "variable" and len(labels) == 1 and "default" in inside.arguments:
            self.variables[labels[0]] = inside.arguments["default"]
        elif kind == "locals":
            self.locals |= inside.arguments
        elif kind == "provider" and labels == ("aws",):
            self.tags_everything |= any(block == "default_tags" for block, _, _ in inside.blocks)
            if "alias" in inside.arguments:
                self.regions[inside.arguments["alias"].strip('"')] = inside.arguments.get("region", "")
            else:
                self.home = inside.arguments.get("region", "")
        elif kind in ("resource", "data") and len(labels) == 2:
            prefix = "data." if kind == "data" else ""
            self.declared[f"{prefix}{labels[0]}.{labels[1]}"] = inside

    def foresee(self) -> dict[str, Foreseen]:
        return {
            address: Foreseen(
                self._values(inside),
                self._region(inside),
                self._known("count", inside) == 0,
                self._given(inside),
            )
            for address, inside in self.declared.items()
        }

    def _values(self, inside: Body) -> dict[str, object]:
        values = {
            name: value for name in inside.arguments if (value := self._known(name, inside)) is not None
        }
        for kind, _, text in inside.blocks:
            values.setdefault(kind, [self._values(body(text))])
        return values

    def _given(self, inside: Body) -> frozenset[str]:
        named = {
            name
            for name, expression in inside.arguments.items()
            if not re.fullmatch(r"null|\{\s*\}", expression) and self._known(name, inside) is not False
        }
        return frozenset(named | ({"tags"} if self.tags_everything else set()))

    def place(self, inside: Body) -> str:
        """The region of its provider, also of the one without an alias; empty when it is not certain."""
        if "provider" in inside.arguments:
            return self._region(inside)
        try:
            return str(self._value(self.home, 0))
        except Unknown:
            return ""

    def _region(self, inside: Body) -> str:
        alias = inside.arguments.get("provider", "").removeprefix("aws.")
        try:
            return str(self._value(self.regions[alias], 0)) if alias in self.regions else ""
        except Unknown:
            return ""

    def _known(self, name: str, inside: Body) -> object:
        try:
            return self._value(inside.arguments[name], 0)
        except (Unknown, KeyError):
            return None

    def _value(self, expression: str, depth: int) -> object:
        """What the expression comes to. Raises Unknown."""
        if depth > _DEEPEST:
            raise Unknown(expression)
        plain = expression.strip()
        if re.fullmatch(TEXT, plain):
            return self._text(plain[1:-1], depth + 1)
        if re.fullmatch(r"-?\d+", plain):
            return int(plain)
        if plain in ("true", "false"):
            return plain == "true"
        if _REFERENCE.fullmatch(plain):
            return self._reference(re.findall(r"[\w-]+", plain), depth + 1)
        call, choice = _CALL.fullmatch(plain), _CHOICE.fullmatch(plain)
        if call:
            return self._call(call[1], [self._value(each, depth + 1) for each in _statements(call[2])])
        if choice:
            same = self._value(choice[1], depth + 1) == self._value(choice[3], depth + 1)
            return self._value(choice[4] if same is (choice[2] == "==") else choice[5], depth + 1)
        raise Unknown(expression)

    def _text(self, inside: str, depth: int) -> str:
        parts = []
        at = 0
        while at < len(inside):
            found = _TEMPLATE.match(inside, at)
            if found is None or found[3] or (found[2] and found[2] not in _ESCAPES):
                raise Unknown(inside)
            if found[1] is not None:
                parts.append(str(self._value(found[1], depth)))
            else:
                parts.append(_ESCAPES.get(found[2] or "", found[0]))
            at = found.end()
        return "".join(parts)

    def _reference(self, path: list[str], depth: int) -> object:
        """`var.x`, `local.x`, `local.x.key`, `TYPE.NAME.attribute`."""
        start, *rest = path
        if start == "var" and len(rest) == 1 and rest[0] in self.variables:
            return self._value(self.variables[rest[0]], depth)
        if start == "local" and rest[0] in self.locals:
            return self._member(self.locals[rest[0]], rest[1:], depth)
        if (
            path[:2] == ["data", "aws_caller_identity"]
            and path[3:] in (["account_id"], ["id"])
            and self.account
        ):
            return self.account
        inside = self.declared.get(f"{start}.{rest[0]}")
        if inside is None or len(rest) != 2 or "count" in inside.arguments or "for_each" in inside.arguments:
            raise Unknown(".".join(path))
        wanted = {"id": "bucket" if start == "aws_s3_bucket" else "name"}.get(rest[1], rest[1])
        if wanted not in inside.arguments:
            raise Unknown(".".join(path))
        return self._value(inside.arguments[wanted], depth)

    def _member(self, expression: str, path: list[str], depth: int) -> object:
        for name in path:
            held = body(expression[1:-1]).arguments if expression.startswith("{") else {}
            if name not in held:
                raise Unknown(expression)
            expression = held[name]
        return self._value(expression, depth)

    def _call(self, name: str, given: list[object]) -> str:
        texts = [each for each in given if isinstance(each, str)]
        if name == "replace" and len(texts) == len(given) == 3 and not re.match(r"/.*/$", texts[1]):
            return texts[0].replace(texts[1], texts[2])
        if name != "replace" and len(texts) == len(given) == 1:
            return {"lower": texts[0].lower(), "upper": texts[0].upper()}.get(name, texts[0].strip())
        raise Unknown(name)


def _read(file: Path) -> str:
    try:
        return code(file.read_text("utf-8", errors="replace"))
    except OSError:
        return ""
