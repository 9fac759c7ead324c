"""Texts with `${…}` and `%{…}` in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.services.hcl import operators

if TYPE_CHECKING:
    from wizard.services.hcl.expressions import Expression, Parser
    from wizard.services.hcl.operators import Scope

_DIRECTIVE = re.compile(r"\s*(if|else|endif|for|endfor)(?![\w-])")


def quoted(parser: Parser) -> Expression:
    """The text in quotes where `parser` stands."""
    opened, start = parser.at, parser.at + 1
    plain = parser.quoted()
    if plain is not None:
        return lambda _: plain
    end, parser.at = parser.at - 1, start
    found = _Template(parser, end, opened, escapes=True).whole()
    parser.at = end + 1
    return found


def heredoc(parser: Parser, opening: re.Match[str]) -> Expression:
    """The heredoc where `parser` stands."""
    start = opening.end()
    plain = parser.heredoc(opening)
    if plain is not None:
        return lambda _: plain
    after = parser.at
    end = parser.text.rfind("\n", 0, after) + 1
    if opening[1]:

        def undecided(_: Scope) -> object:
            raise operators.Undecided("an indented heredoc with a template")

        return undecided
    parser.at = start
    found = _Template(parser, end, start, escapes=False).whole()
    parser.at = after
    return found


def bare(parser: Parser) -> Expression:
    """The whole text of `parser`, which no quotes enclose."""
    return _Template(parser, len(parser.text), 0, escapes=False).whole()


class _Template:
    """One text up to `end`, in pieces."""

    def __init__(self, parser: Parser, end: int, opened: int, *, escapes: bool) -> None:
        self.parser, self.end, self.opened, self.escapes = parser, end, opened, escapes

    def whole(self) -> Expression:
        pieces, closed = self._pieces(())
        if closed:
            raise self.parser.malformed(f"%{{ {closed} }} closes nothing")
        if len(pieces) == 1 and self.parser.text[self.end - 1] == "}":
            return pieces[0]  # "${x}" alone is x itself, not a text
        return _joined(pieces)

    def _pieces(self, until: tuple[str, ...], strip: bool = False) -> tuple[list[Expression], str]:
        """Everything up to one of the directives `until`, and which one it was."""
        parser = self.parser
        pieces: list[Expression] = []
        plain: list[str] = []

        def put() -> None:
            nonlocal strip
            said = "".join(plain)
            said = said.lstrip() if strip else said
            strip = False
            plain.clear()
            if said:
                pieces.append(_constant(said))

        while parser.at < self.end:
            here = parser.text[parser.at]
            if here in "$%" and parser.text.startswith(f"{here}{{", parser.at + 1):
                plain.append(f"{here}{{")
                parser.at += 3
            elif here in "$%" and parser.text.startswith("{", parser.at + 1):
                parser.at += 2
                if parser.text.startswith("~", parser.at):
                    parser.at += 1
                    plain[:] = ["".join(plain).rstrip()]
                put()
                if here == "$":
                    pieces.append(parser.expression(lines=True))
                    strip = self._close()
                    continue
                word = _DIRECTIVE.match(parser.text, parser.at)
                if not word:
                    raise parser.malformed("a directive was expected behind %{")
                parser.at = word.end()
                if word[1] in until:
                    return pieces, word[1]
                pieces.append(self._directive(word[1]))
                strip = self._close()
            elif here == "\\" and self.escapes:
                plain.append(parser.escape())
            else:
                plain.append(here)
                parser.at += 1
        put()
        if until:
            raise parser.malformed(f"%{{ {until[-1]} }} is missing", self.opened)
        return pieces, ""

    def _close(self) -> bool:
        """Passes over `}` or `~}`; True when blanks behind it are dropped."""
        strip = self.parser.takes("~", True)
        self.parser.expect("}")
        return strip

    def _directive(self, word: str) -> Expression:
        parser = self.parser
        if word == "if":
            condition = parser.expression(lines=True)
            yes, closed = self._pieces(("else", "endif"), self._close())
            no: list[Expression] = []
            if closed == "else":
                no, _ = self._pieces(("endif",), self._close())
            then, otherwise = _joined(yes), _joined(no)
            return lambda scope: operators.choose(condition(scope), then, otherwise, scope)
        if word != "for":
            raise parser.malformed(f"%{{ {word} }} closes nothing")
        names = []
        while True:
            parser.blank(lines=True)
            names.append(parser.identifier())
            if not parser.takes(",", True):
                break
        parser.blank(lines=True)
        if "" in names or len(names) > 2 or parser.identifier() != "in":
            raise parser.malformed("for needs names and in")
        over = parser.expression(lines=True)
        body, _ = self._pieces(("endfor",), self._close())
        items = operators.each_of(names, over, None, _joined(body), lambda _: True, grouped=False)
        return lambda scope: "".join(map(str, _listed(items(scope))))


def _constant(text: str) -> Expression:
    return lambda _: text


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _joined(pieces: list[Expression]) -> Expression:
    return lambda scope: "".join(_piece(piece(scope)) for piece in pieces)


def _piece(value: object) -> str:
    if value is None:
        raise operators.Failed("null cannot be part of a text")
    return operators.text(value)
