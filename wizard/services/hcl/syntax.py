"""Where everything stands in a .tfvars file: arguments, values, list items and comments, with their positions.

Offsets are in characters of the decoded text. What is not a plain value (a calculation, a function call) is kept
as an opaque expression: it has a place, but no value.
Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from wizard.services.hcl.scanner import BOM, HEREDOC, Malformed, Scanner

__all__ = [
    "BOM",
    "Argument",
    "Block",
    "Malformed",
    "Node",
    "Tree",
    "is_name",
    "line_break",
    "quoted",
    "read",
    "value",
]

Kind = Literal["string", "heredoc", "number", "word", "list", "object", "expression"]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Node:
    """A value and its place: `text[start:end]`."""

    kind: Kind
    start: int
    end: int
    value: object = field(default=None, repr=False)
    """As Python data; None also for an opaque expression."""
    items: tuple[Node, ...] = ()
    """Of a list: its items, in order."""
    commas: tuple[int, ...] = ()
    """Of a list: where its separating commas stand."""

    @property
    def literal(self) -> bool:
        """Its value is known without calculating."""
        return self.kind != "expression" and all(item.literal for item in self.items)


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


@dataclass(frozen=True)
class Tree:
    """A whole file."""

    text: str = field(repr=False)
    arguments: tuple[Argument, ...]
    comments: tuple[tuple[int, int], ...]
    """Start and end of every comment between the arguments; a line comment ends before its line break."""
    blocks: tuple[Block, ...] = ()

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
                self.block()
                blocks.append(Block(name, start))
            self.end_of_line()

    def block(self) -> None:
        """Passes over labels and body of a block."""
        while not self.text.startswith("{", self.at):
            before = self.at
            if self.text.startswith('"', self.at):
                self.quoted()
            else:
                self.identifier()
            if self.at == before:
                raise self.malformed("an equals sign was expected after the name")
            self.blank(lines=False)
        self.bracketed()

    def end_of_line(self) -> None:
        """Nothing but a comment may follow on the line."""
        self.blank(lines=False)
        if self.at < len(self.text) and not self.breaks():
            raise self.malformed("a new line was expected after the value")

    def value(self) -> Node:
        """The value that begins here, up to what ends it: a line break, a comma, a closing bracket, a comment."""
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
                return Node(
                    "list", start, self.at, [item.value for item in items], tuple(items), tuple(commas)
                )
            if self.at >= len(self.text):
                raise self.malformed("a bracket is not closed", start)
            if len(items) > len(commas) or (
                re.match(r"for\b", self.text[self.at : self.at + 4]) and not items
            ):
                return None
            items.append(self.value())
            self.blank(lines=True)
            if self.text.startswith(",", self.at):
                commas.append(self.at)
                self.at += 1

    def _object(self) -> Node | None:
        start = self.at
        members: dict[str, object] = {}
        items: list[Node] = []
        self.at += 1
        while True:
            self.blank(lines=True)
            if self.text.startswith("}", self.at):
                self.at += 1
                return Node("object", start, self.at, members, tuple(items))
            if self.at >= len(self.text):
                raise self.malformed("a bracket is not closed", start)
            key = self._key()
            self.blank(lines=False)
            if (
                key is None
                or key == "for"
                or not self.ends()
                or self.text[self.at : self.at + 1] not in ("=", ":")
            ):
                return None
            self.at += 1
            self.blank(lines=True)
            items.append(self.value())
            members[key] = items[-1].value
            self.blank(lines=False)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.breaks() and not self.text.startswith("}", self.at):
                return None

    def _key(self) -> str | None:
        if self.text.startswith('"', self.at):
            return self.quoted()
        return self.identifier() or None

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
