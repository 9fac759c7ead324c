"""Files of variables as nobody would write them, but as Terraform's grammar allows."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

T = TypeVar("T")

_NAMES = ("a", "b_1", "c-d", "größe", "for", "in", "if", "true", "null", "é", "日本", "EOT")
_REFERENCES = tuple(name for name in _NAMES if name != "for")
"""As a value: `for` at the head of a list would begin an expression when what stood before it is taken away."""
_SCRAPS = (
    'a', 'ü', '😀', ' ', '#', '//', '/*', "'", '\\"', '\\\\', '\\n', '\\u00e4', '$', '%', '$$', '{', '}', '[', ']',
    '$${', '%%{', '=', ':', '\t', '~',
)  # fmt: skip
_TAGS = ("EOT", "E_1", "_X", "ä", "E-x")
_BODY = (
    "x",
    "${1}",
    "# no",
    '"',
    "a = [",
    "$${y}",
    "%%{z}",
    "EOTx",
    "E_1 x",
    "\\q",
    "%{ if true }a%{ endif }",
)


class Grammar:
    """Draws files with the help of `random`. With `known` every value can be worked out without names or functions."""

    def __init__(self, random: Random, *, known: bool) -> None:
        self._random = random
        self._known = known

    def file(self) -> str:
        """One file: one to three variables v0, v1, v2 between comments, blanks and blank lines."""
        text = self._one("", "", "\ufeff")
        for number in range(self._random.randint(1, 3)):
            text += self._one("", "\n", "# c\n", "// x = 1\r\n", "/* m\n */\n", "  ", "\t")
            value = self.value(self._random.randint(0, 3))
            text += f"v{number}{self._blank()}={self._blank()}{value}"
            if not value.endswith("\n"):
                text += self._blank() + self._one(
                    "\n", " # e\n", "\r\n", "// e\n", "" if number == 2 else "\n"
                )
        return text

    def value(self, depth: int, *, lines: bool = False) -> str:
        """An expression; `lines` says whether a line break is a blank here."""
        if depth <= 0:
            scalars = [self._number(), "true", "false", "null", self._text(0), f"-{self._number()}"]
            return self._one(*scalars, *([] if self._known else [self._one(*_REFERENCES)]))
        draws: list[Callable[[int], str]] = [self._text, self._list, self._object, self._object, self._list]
        if self._random.random() < 0.55:
            return self._one(*draws)(depth)
        below = self.value(depth - 1, lines=lines)
        forms: list[Callable[[], str]] = [
            lambda: f"({self._blank(True)}{self.value(depth - 1, lines=True)}{self._blank(True)})",
            lambda: (
                f"true{self._blank(lines)}?{self._blank(lines)}{below}{self._blank(lines)}:{self._blank(lines)}1"
            ),
            lambda: f"1{self._blank(lines)}{self._one('+', '-', '*', '==', '<=')}{self._blank(lines)}2",
            lambda: f"[for x in {self._list(0)} : {self._blank(True)}x]",
            lambda: "{for k, v in {} : k => v}",
            lambda: self._heredoc(),
            lambda: f"{self._list(depth)}[*]",
        ]
        if not self._known:
            forms += [
                lambda: (
                    f"{self._one('upper', 'a::b')}({self._blank(True)}{self.value(depth - 1, lines=True)})"
                ),
                lambda: f"x{self._one('.a', '[0]', '.*.a', '.0')}",
                lambda: f"{self._one('!', '-', '--')}x",
            ]
        return self._one(*forms)()

    def _one(self, *choices: T) -> T:
        return self._random.choice(choices)

    def _blank(self, lines: bool = False) -> str:
        more = ("\n", "\r\n", " # x\n", "// y\n") if lines else ()
        return str(self._one("", "", " ", " ", "\t", "  ", "/* c */", " /* a\nb */ ", *more))

    def _number(self) -> str:
        return str(self._one("0", "1", "007", "1.5", "1e3", "2E-4", "1.0e+10", "12345678901234567890", "0.1"))

    def _text(self, depth: int) -> str:
        text = ""
        for _ in range(self._random.randint(0, 3)):
            text += "".join(self._one(*_SCRAPS) for _ in range(self._random.randint(0, 5)))
            if depth > 0 and self._random.random() < 0.3 and not text.endswith(("$", "%")):
                text += f"{self._one('${', '${~')}{self._blank(True)}{self._number()}{self._one('}', '~}')}"
            elif depth > 0 and self._random.random() < 0.1 and not text.endswith(("$", "%")):
                text += "%{ if true }x%{ else }y%{ endif }"
        return f'"{text}"'

    def _list(self, depth: int) -> str:
        text, count = "[", self._random.randint(0, 3)
        for number in range(count):
            text += self._blank(True) + self.value(depth - 1, lines=True) + self._blank(True)
            text += "," if number < count - 1 or self._random.random() < 0.3 else ""
        return f"{text}{self._blank(True)}]"

    def _object(self, depth: int) -> str:
        text, count = "{", self._random.randint(0, 3)
        for number in range(count):
            keys = (f"{self._one(*_NAMES)}{number}", self._text(0), self._number(), "(1 + 1)", '"${1}x"')
            key, sign, last = self._one(*keys), self._one("=", ":"), number == count - 1
            text += f"{self._blank(True)}{key}{self._blank()}{sign}{self._blank()}{self.value(depth - 1)}"
            if not text.endswith("\n"):
                text += self._blank() + self._one(
                    *(("", ",", "\n") if last else (",", "\n", " # c\n", ",\n", "\r\n"))
                )
        return f"{text}{self._blank(True)}}}"

    def _heredoc(self) -> str:
        tag = self._one(*_TAGS)
        lines = "".join(
            f"{self._one('', '  ', '    ', chr(9))}{self._one(*_BODY)}\n"
            for _ in range(self._random.randint(0, 3))
        )
        return f"<<{self._one('', '-')}{tag}\n{lines}{self._one('', ' ', chr(9))}{tag}{self._one('', ' ')}\n"
