"""Where everything stands in a .tfvars file: arguments, values, list items and comments, with their positions.

Offsets are in characters of the decoded text. What is not a plain value (a calculation, a function call) is kept
as an opaque expression: it has a place, but no value.
Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from wizard.services.hcl.scanner import BOM, HEREDOC, Malformed, Scanner

__all__ = [
    "BOM",
    "Argument",
    "Block",
    "Key",
    "Malformed",
    "Node",
    "Tree",
    "is_name",
    "line_break",
    "plain_number",
    "quoted",
    "read",
    "value",
]

Kind = Literal["string", "heredoc", "number", "word", "list", "object", "expression"]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_FOR = re.compile(r"for(?![\w-])")
_LONGEST_NUMBER = 5_000
"""Digits beyond which a number is not written out: 1e999999999 would fill the memory."""
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Key:
    """The name of an object's member and its place."""

    name: str | None
    """None when it must be calculated."""
    start: int
    end: int


@dataclass(frozen=True)
class Node:
    """A value and its place: `text[start:end]`."""

    kind: Kind
    start: int
    end: int
    value: object = field(default=None, repr=False)
    """As Python data; None also for an opaque expression."""
    items: tuple[Node, ...] = ()
    """Of a list: its items, in order; of an object: the values of its members."""
    commas: tuple[int, ...] = ()
    """For every item: where the comma behind it stands, -1 when there is none."""
    keys: tuple[Key, ...] = ()
    """Of an object: the names of its members, in the order of `items`."""
    whole_line: bool = False
    """It ends with the closing word of a heredoc, behind which nothing may stand on the line."""

    @property
    def literal(self) -> bool:
        """Its value is known without calculating."""
        return (
            self.kind != "expression"
            and all(item.literal for item in self.items)
            and all(key.name is not None for key in self.keys)
        )


@dataclass(frozen=True)
class Argument:
    """`name = value` at the top of the file."""

    name: str
    start: int
    node: Node


@dataclass(frozen=True)
class Block:
    """`name "label" { … }`, which a .tfvars file must not have."""

    name: str
    start: int
    labels: tuple[str, ...] = ()
    body: tuple[int, int] = (0, 0)
    """Start and end of what stands between its braces."""


@dataclass(frozen=True)
class Tree:
    """A whole file."""

    text: str = field(repr=False)
    arguments: tuple[Argument, ...]
    comments: tuple[tuple[int, int], ...]
    """Start and end of every comment between the arguments; a line comment ends before its line break."""
    blocks: tuple[Block, ...] = ()
    root: Node | None = None
    """Of a JSON file: the object that is the file."""

    def named(self, name: str) -> list[Argument]:
        return [argument for argument in self.arguments if argument.name == name]


def read(text: str) -> Tree:
    """What stands in `text`. Raises Malformed."""
    reader = _Reader(text)
    try:
        return reader.file()
    except RecursionError:
        raise reader.malformed("brackets are nested too deeply to be followed") from None


def value(literal: str) -> Node:
    """The single value that `literal` spells. Raises Malformed when it spells anything more."""
    reader = _Reader(f"{literal}\n")
    reader.blank(lines=True)
    try:
        node = reader.value()
    except RecursionError:
        raise reader.malformed("brackets are nested too deeply to be followed") from None
    reader.blank(lines=True)
    if reader.at < len(reader.text):
        raise reader.malformed("there is something behind the value")
    return node


def quoted(text: str) -> str:
    """`text` in quotes, spelled so that Terraform reads exactly it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for character, letter in (("\n", "n"), ("\r", "r"), ("\t", "t")):
        escaped = escaped.replace(character, f"\\{letter}")
    escaped = re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", escaped)
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def plain_number(spelled: str) -> str:
    """A number as the text that Terraform makes of it: `1.50` is 1.5, `1e3` is 1000.

    Source: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
    """
    exact = Decimal(spelled)
    if abs(exact.adjusted()) > _LONGEST_NUMBER:
        return spelled
    number = format(exact, "f")
    return number.rstrip("0").rstrip(".") if "." in number else number


def is_name(text: str) -> bool:
    """Whether `text` may stand before an equals sign."""
    return Scanner(text).identifier() == text != ""


def line_break(text: str) -> str:
    """The file's own way to end a line."""
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


class _Reader(Scanner):
    """One pass over the arguments and their values."""

    def file(self) -> Tree:
        arguments: list[Argument] = []
        blocks: list[Block] = []
        while True:
            self.blank(lines=True)
            if self.at >= len(self.text):
                return Tree(self.text, tuple(arguments), tuple(self.comments), tuple(blocks))
            start, name = self.at, self.identifier()
            if not name:
                raise self.malformed("a name was expected here")
            self.blank(lines=False)
            if self.text.startswith("=", self.at) and not self.text.startswith("==", self.at):
                self.at += 1
                self.blank(lines=False)
                seen = len(self.comments)
                arguments.append(Argument(name, start, self.value()))
                del self.comments[seen:]
            else:
                labels = self.block()
                inside = self.text.index("{", self.at) + 1
                self.bracketed()
                blocks.append(Block(name, start, labels, (inside, self.at - 1)))
            self.end_of_line()

    def block(self) -> tuple[str, ...]:
        """Passes over the labels of a block and returns them."""
        labels: list[str] = []
        while not self.text.startswith("{", self.at):
            before = self.at
            labels.append((self.quoted() or "") if self.text.startswith('"', self.at) else self.identifier())
            if self.at == before:
                raise self.malformed("an equals sign was expected after the name")
            self.blank(lines=False)
        return tuple(labels)

    def end_of_line(self) -> None:
        """Nothing but a comment may follow on the line."""
        self.blank(lines=False)
        if self.at < len(self.text) and not self.breaks():
            raise self.malformed("a new line was expected after the value")

    def value(self) -> Node:
        """The value that begins here, up to what ends it: a line break, a comma, a closing bracket, a comment."""
        node = self._value()
        return replace(node, whole_line=True) if node.end == self.heredoc_ended else node

    def _value(self) -> Node:
        start = self.at
        node = self._plain()
        if node is not None:
            if self.text.startswith("<<", start):
                return node
            self.blank(lines=False)
            if self.ends():
                self.at = node.end
                return node
        self.at = start
        return self._opaque()

    def _plain(self) -> Node | None:
        """A value that needs no calculating, or None; then `at` may stand anywhere."""
        start, here = self.at, self.text[self.at : self.at + 1]
        if here == '"':
            known = self.quoted()
            return None if known is None else Node("string", start, self.at, known)
        if here == "[":
            return self._list()
        if here == "{":
            return self._object()
        opening = HEREDOC.match(self.text, self.at)
        if opening:
            body = self.heredoc(opening)
            return Node("expression" if body is None else "heredoc", start, self.at, body)
        number = _NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            digits = number[0]
            return Node(
                "number", start, self.at, int(digits) if digits.lstrip("-").isdigit() else float(digits)
            )
        word = self.identifier()
        return Node("word", start, self.at, _WORDS[word]) if word in _WORDS else None

    def _list(self) -> Node | None:
        start = self.at
        items: list[Node] = []
        commas: list[int] = []
        self.at += 1
        while True:
            self.blank(lines=True)
            if self.text.startswith("]", self.at):
                self.at += 1
                values = [item.value for item in items]
                return Node("list", start, self.at, values, tuple(items), tuple(commas))
            if self.at >= len(self.text):
                raise self.malformed("a bracket is not closed", start)
            if commas[-1:] == [-1] or (not items and _FOR.match(self.text, self.at)):
                return None
            items.append(self.value())
            self.blank(lines=True)
            commas.append(self._comma())

    def _object(self) -> Node | None:
        start = self.at
        keys: list[Key] = []
        items: list[Node] = []
        commas: list[int] = []
        self.at += 1
        while True:
            self.blank(lines=True)
            if self.text.startswith("}", self.at):
                self.at += 1
                members = {
                    key.name: item.value
                    for key, item in zip(keys, items, strict=True)
                    if key.name is not None
                }
                return Node("object", start, self.at, members, tuple(items), tuple(commas), keys=tuple(keys))
            if self.at >= len(self.text):
                raise self.malformed("a bracket is not closed", start)
            key = None if not keys and _FOR.match(self.text, self.at) else self._key()
            self.blank(lines=False)
            if key is None or not self.ends() or self.text[self.at : self.at + 1] not in ("=", ":"):
                return None
            self.at += 1
            self.blank(lines=False)
            keys.append(key)
            items.append(self.value())
            self.blank(lines=False)
            commas.append(self._comma())
            if commas[-1] < 0 and not self.breaks() and not self.text.startswith("}", self.at):
                return None

    def _comma(self) -> int:
        """Passes over a comma and returns where it stands, -1 when there is none."""
        if not self.text.startswith(",", self.at):
            return -1
        self.at += 1
        return self.at - 1

    def _key(self) -> Key | None:
        start = self.at
        number = _NUMBER.match(self.text, start)
        if self.text.startswith('"', start):
            name = self.quoted()
        elif self.text.startswith("(", start):
            self.bracketed()
            name = None
        elif number:
            self.at = number.end()
            name = plain_number(number[0])
        else:
            name = self.identifier()
            if not name:
                return None
        return Key(name, start, self.at)

    def _opaque(self) -> Node:
        """Any other expression: found by its brackets, texts and comments, never understood."""
        start = end = self.at
        while True:
            self.blank(lines=False)
            if self.ends():
                break
            self.token()
            end = self.at
        if end == start:
            raise self.malformed("a value is missing")
        if self.text[self.at : self.at + 1] in ("=", ":"):
            raise self.malformed("two settings stand on one line")
        self.at = end
        return Node("expression", start, end)
