"""Where everything stands in a .tfvars file: arguments, values, list items and comments, with their positions.

Offsets are in characters of the decoded text. What is not a plain value (a calculation, a function call) is kept
as an opaque expression: it has a place, but no value.
Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

BOM = "\ufeff"

Kind = Literal["string", "heredoc", "number", "word", "list", "object", "expression"]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_HEREDOC = re.compile(r"<<(-?)([^\W\d][\w-]*)[ \t]*\r?\n")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}
_OPENING = {"(": ")", "[": "]", "{": "}"}
_NOT_ASSIGNING = ("==", "=>")


class Malformed(Exception):
    """Terraform would not read this either. Its text completes "line N: …"."""

    def __init__(self, text: str, at: int, why: str) -> None:
        self.line = text.count("\n", 0, at) + 1
        super().__init__(why)


@dataclass(frozen=True)
class Node:
    """A value and its place: `text[start:end]`."""

    kind: Kind
    start: int
    end: int
    value: object = None
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
class Document:
    """A whole file."""

    text: str = field(repr=False)
    arguments: tuple[Argument, ...]
    comments: tuple[tuple[int, int], ...]
    """Start and end of every comment between the arguments; a line comment ends before its line break."""
    blocks: tuple[str, ...] = ()
    """Names of blocks, which a .tfvars file must not have."""

    def named(self, name: str) -> list[Argument]:
        return [argument for argument in self.arguments if argument.name == name]


def read(text: str) -> Document:
    """The document in `text`. Raises Malformed."""
    return _Reader(text).document()


def value(literal: str) -> Node:
    """The single value that `literal` spells. Raises Malformed when it spells anything more."""
    reader = _Reader(f"{literal}\n")
    reader.blank(lines=True)
    node = reader.value()
    reader.blank(lines=True)
    if reader.at < len(reader.text):
        raise reader.malformed("there is something behind the value")
    return node


def line_break(text: str) -> str:
    """The file's own way to end a line."""
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


class _Reader:
    """One pass over the text; `at` is where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = len(BOM) if text.startswith(BOM) else 0
        self.comments: list[tuple[int, int]] = []
        lone = re.search(r"\r(?!\n)", text)
        if lone:
            raise Malformed(text, lone.start(), "a line ends in a way that Terraform does not read")

    def malformed(self, why: str, at: int | None = None) -> Malformed:
        return Malformed(self.text, self.at if at is None else at, why)

    # ---- the file ----

    def document(self) -> Document:
        arguments: list[Argument] = []
        blocks: list[str] = []
        while True:
            self.blank(lines=True)
            if self.at >= len(self.text):
                return Document(self.text, tuple(arguments), tuple(self.comments), tuple(blocks))
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
                blocks.append(name)
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
        if self.at < len(self.text) and not self._breaks():
            raise self.malformed("a new line was expected after the value")

    # ---- blanks and names ----

    def blank(self, *, lines: bool) -> None:
        """Passes over blanks and comments, and over line breaks when `lines`. A line comment ends the line."""
        while self.at < len(self.text):
            here = self.text[self.at]
            if here in " \t" or (lines and here in "\r\n"):
                self.at += 1
            elif self.text.startswith("/*", self.at):
                end = self.text.find("*/", self.at + 2)
                if end < 0:
                    raise self.malformed("a comment is not closed")
                self._comment(end + 2)
            elif here == "#" or self.text.startswith("//", self.at):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end - (self.text[end - 1] == "\r")
                self._comment(end)
            else:
                return

    def _comment(self, end: int) -> None:
        self.comments.append((self.at, end))
        self.at = end

    def _breaks(self) -> bool:
        return self.text.startswith(("\n", "\r\n"), self.at)

    def identifier(self) -> str:
        """The name that begins here, empty when none does."""
        end, text = self.at, self.text
        while end < len(text) and (f"a{text[end]}".isidentifier() or (text[end] == "-" and end > self.at)):
            end += 1
        name = text[self.at : end]
        if not name or not name[0].isidentifier():
            return ""
        self.at = end
        return name

    # ---- values ----

    def value(self) -> Node:
        """The value that begins here, up to what ends it: a line break, a comma, a closing bracket, a comment."""
        start = self.at
        node = self._plain()
        if node is not None:
            if node.kind == "heredoc":
                return node
            self.blank(lines=False)
            if self._ends():
                self.at = node.end
                return node
        self.at = start
        return self._opaque()

    def _ends(self) -> bool:
        if self.at >= len(self.text) or self._breaks() or self.text[self.at] in ",]})":
            return True
        return self.text[self.at] in "=:" and not self.text.startswith(_NOT_ASSIGNING, self.at)

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
        heredoc = _HEREDOC.match(self.text, self.at)
        if heredoc:
            return self._heredoc(heredoc)
        number = _NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            digits = number[0]
            return Node("number", start, self.at, int(digits) if digits.lstrip("-").isdigit() else float(digits))
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
                return Node("list", start, self.at, [item.value for item in items], tuple(items), tuple(commas))
            if len(items) > len(commas) or (re.match(r"for\b", self.text[self.at : self.at + 4]) and not items):
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
            key = self._key()
            self.blank(lines=False)
            if key is None or key == "for" or not self._ends() or self.text[self.at : self.at + 1] not in ("=", ":"):
                return None
            self.at += 1
            self.blank(lines=True)
            items.append(self.value())
            members[key] = items[-1].value
            self.blank(lines=False)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self._breaks() and not self.text.startswith("}", self.at):
                return None

    def _key(self) -> str | None:
        if self.text.startswith('"', self.at):
            return self.quoted()
        return self.identifier() or None

    def quoted(self) -> str | None:
        """The text in quotes that begins here; None when it holds a template, which must be calculated."""
        parts: list[str] = []
        plain = True
        opened = self.at
        self.at += 1
        while self.at < len(self.text):
            here = self.text[self.at]
            if here == '"':
                self.at += 1
                return "".join(parts) if plain else None
            if here in "\r\n":
                break
            if here == "\\":
                parts.append(self._escape())
            elif here in "$%" and self.text.startswith(f"{here}{here}{{", self.at):
                parts.append(f"{here}{{")
                self.at += 3
            elif here in "$%" and self.text.startswith("{", self.at + 1):
                plain = False
                self.at += 1
                self.bracketed()
            else:
                parts.append(here)
                self.at += 1
        raise self.malformed("a text is not closed", opened)

    def _escape(self) -> str:
        following = self.text[self.at + 1 : self.at + 2]
        width = {"u": 4, "U": 8}.get(following)
        if width:
            digits = self.text[self.at + 2 : self.at + 2 + width]
            if re.fullmatch(f"[0-9A-Fa-f]{{{width}}}", digits) and int(digits, 16) <= 0x10FFFF:
                self.at += 2 + width
                return chr(int(digits, 16))
        elif following in _ESCAPES and following:
            self.at += 2
            return _ESCAPES[following]
        raise self.malformed(f"\\{following} means nothing in a text; write \\\\ for a backslash")

    def _heredoc(self, opening: re.Match[str]) -> Node | None:
        """`<<EOT … EOT`; its closing word stands alone on a line, and that line must end."""
        start, tag, body = self.at, opening[2], opening.end()
        closing = re.compile(rf"^[ \t]*{re.escape(tag)}(?=[ \t]*\r?\n)", re.MULTILINE).search(self.text, body)
        if closing is None:
            raise self.malformed(f"the text that begins with <<{tag} is not closed by a line {tag}")
        self.at = closing.end()
        raw = self.text[body : closing.start()].replace("\r\n", "\n")
        if re.search(r"(?<![$%])[$%]\{", raw):
            return Node("expression", start, self.at)
        lines = raw.split("\n")
        if opening[1]:
            margins = [len(line) - len(line.lstrip(" \t")) for line in lines[:-1] if line.strip()]
            lines = [line[min(margins, default=0) :] for line in lines]
        known = "\n".join(lines).replace("$${", "${").replace("%%{", "%{")
        return Node("heredoc", start, self.at, known)

    # ---- what must be calculated ----

    def _opaque(self) -> Node:
        """Any other expression: found by its brackets, texts and comments, never understood."""
        start = end = self.at
        while True:
            self.blank(lines=False)
            if self._ends():
                break
            self._token()
            end = self.at
        if end == start:
            raise self.malformed("a value is missing")
        if self.text[self.at : self.at + 1] in ("=", ":"):
            raise self.malformed("two settings stand on one line")
        self.at = end
        return Node("expression", start, end)

    def _token(self) -> None:
        """One piece of an expression."""
        heredoc = _HEREDOC.match(self.text, self.at)
        here = self.text[self.at]
        if here == '"':
            self.quoted()
        elif here in _OPENING:
            self.bracketed()
        elif heredoc:
            self._heredoc(heredoc)
        elif here == "?":
            self.at += 1
            self._conditional()
        elif self.text.startswith((*_NOT_ASSIGNING, "!=", "<=", ">="), self.at):
            self.at += 2
        elif not self.identifier():
            self.at += 1

    def _conditional(self) -> None:
        """`? a : b`: the colon belongs to it and ends nothing."""
        while self.at < len(self.text):
            self.blank(lines=False)
            if self.at < len(self.text) and self.text[self.at] == ":":
                self.at += 1
                return
            if self._ends():
                return
            self._token()

    def bracketed(self) -> None:
        """Passes over a pair of brackets with everything in it."""
        opened, closing = self.at, _OPENING[self.text[self.at]]
        self.at += 1
        while self.at < len(self.text):
            self.blank(lines=True)
            here = self.text[self.at : self.at + 1]
            if here == closing:
                self.at += 1
                return
            if here in ")]}" and here:
                raise self.malformed("a bracket is closed that was not opened")
            if not here:
                break
            self._token()
        raise self.malformed("a bracket is not closed", opened)
