"""Terraform's expressions, read and worked out as far as that is possible without Terraform.

An expression becomes a function from a scope (the names it may use) to its value: text, Decimal, bool, None, list,
dict. What Terraform would refuse raises Failed; what only Terraform can tell raises Undecided.
Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from wizard.services.hcl import functions, operators, templates
from wizard.services.hcl.operators import Failed, Undecided
from wizard.services.hcl.scanner import HEREDOC, Scanner

__all__ = ["Expression", "Failed", "Parser", "Scope", "Undecided", "parse", "template"]

Scope = Mapping[str, object]
Expression = Callable[[Scope], object]

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))


def parse(text: str) -> Expression:
    """The expression that `text` spells. Raises Malformed when it is not one; Undecided when nested too deeply."""
    parser = Parser(f"{text}\n")
    parser.blank(lines=True)
    try:
        found = parser.expression(lines=False)
        parser.blank(lines=True)
    except RecursionError:
        raise Undecided("brackets nested so deeply") from None
    if parser.at < len(parser.text):
        raise parser.malformed("there is something behind the value")
    return found


def template(text: str) -> Expression:
    """A text with `${…}` in it, as JSON files hold them: without quotes, and a backslash is just that.

    Raises Malformed; Undecided when nested too deeply.
    """
    try:
        return templates.bare(Parser(text))
    except RecursionError:
        raise Undecided("brackets nested so deeply") from None


class Parser(Scanner):
    """Recursive descent; `lines` says whether a line break is a blank here, as it is in round and square brackets."""

    def expression(self, *, lines: bool) -> Expression:
        condition = self._binary(0, lines)
        if not self.takes("?", lines):
            return condition
        yes = self.expression(lines=lines)
        self.expect(":", lines)
        no = self.expression(lines=lines)
        return lambda scope: operators.choose(condition(scope), yes, no, scope)

    def takes(self, sign: str, lines: bool) -> bool:
        """Passes over `sign` when it comes next."""
        self.blank(lines=lines)
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def expect(self, sign: str, lines: bool = True) -> None:
        if not self.takes(sign, lines):
            raise self.malformed(f"{sign} was expected here")

    def _binary(self, level: int, lines: bool) -> Expression:
        if level == len(_LEVELS):
            return self._unary(lines)
        left = self._binary(level + 1, lines)
        while True:
            self.blank(lines=lines)
            sign = next((s for s in _LEVELS[level] if self.text.startswith(s, self.at)), "")
            if not sign:
                return left
            self.at += len(sign)
            left = operators.binary(sign, left, self._binary(level + 1, lines))

    def _unary(self, lines: bool) -> Expression:
        self.blank(lines=lines)
        for sign in ("!", "-"):
            if self.text.startswith(sign, self.at) and not self.text.startswith("!=", self.at):
                self.at += 1
                return operators.unary(sign, self._unary(lines))
        return self._postfix(self._term(lines), lines)

    def _postfix(self, value: Expression, lines: bool) -> Expression:
        while True:
            self.blank(lines=lines)
            if self.text.startswith(("[*]", ".*"), self.at):
                full = self.text[self.at] == "["
                self.at += 3 if full else 2
                value = operators.splat(value, self._after_splat(full, lines))
            elif self.text.startswith(".", self.at) and not self.text.startswith("...", self.at):
                self.at += 1
                value = operators.index(value, self._attribute())
            elif self.text.startswith("[", self.at):
                self.at += 1
                key = self.expression(lines=True)
                self.expect("]")
                value = operators.index(value, key)
            else:
                return value

    def _after_splat(self, full: bool, lines: bool) -> Expression:
        """What is taken of every item; only a full splat goes on over brackets."""
        each: Expression = lambda scope: scope[operators.EACH]  # noqa: E731  # the start of a chain
        while True:
            self.blank(lines=lines)
            if self.text.startswith(".", self.at) and self.text[self.at + 1 : self.at + 2] not in ("*", "."):
                self.at += 1
                each = operators.index(each, self._attribute())
            elif full and self.text.startswith("[", self.at) and not self.text.startswith("[*]", self.at):
                self.at += 1
                each = operators.index(each, self.expression(lines=True))
                self.expect("]")
            else:
                return each

    def _attribute(self) -> Expression:
        digits = re.compile(r"\d+").match(self.text, self.at)
        name: object = Decimal(digits[0]) if digits else None
        if digits:
            self.at = digits.end()
        else:
            name = self.identifier()
            if not name:
                raise self.malformed("a name was expected behind the dot")
        return lambda _: name

    def _term(self, lines: bool) -> Expression:
        here, opening = self.text[self.at : self.at + 1], HEREDOC.match(self.text, self.at)
        number = _NUMBER.match(self.text, self.at)
        if here == "(":
            self.at += 1
            inner = self.expression(lines=True)
            self.expect(")")
            return inner
        if here == "[":
            return self._for("]") or self._list()
        if here == "{":
            return self._for("}") or self._object()
        if here == '"':
            return templates.quoted(self)
        if opening:
            return templates.heredoc(self, opening)
        if number:
            self.at = number.end()
            return _constant(Decimal(number[0]))
        name = self.identifier()
        if not name:
            raise self.malformed("a value is missing")
        if name in _CONSTANTS:
            return _constant(_CONSTANTS[name])
        return self._call(name, lines) or operators.reference(name)

    def _call(self, name: str, lines: bool) -> Expression | None:
        mark = self.at
        while self.takes("::", lines):
            name += f"::{self.identifier()}"
        if not self.takes("(", False):
            self.at = mark
            return None
        arguments: list[Expression] = []
        spread = False
        while not self.takes(")", True):
            arguments.append(self.expression(lines=True))
            spread = self.takes("...", True)
            if not self.takes(",", True):
                self.expect(")")
                break
            if spread:
                raise self.malformed("nothing may follow ...")
        return functions.call(name, arguments, spread=spread)

    def _list(self) -> Expression:
        items: list[Expression] = []
        self.at += 1
        while not self.takes("]", True):
            items.append(self.expression(lines=True))
            if not self.takes(",", True):
                self.expect("]")
                break
        return lambda scope: [item(scope) for item in items]

    def _object(self) -> Expression:
        members: list[tuple[Expression, Expression]] = []
        self.at += 1
        while not self.takes("}", True):
            key = self.key()
            if not self.takes("=", False):
                self.expect(":", False)
            members.append((key, self.expression(lines=False)))
            if not self.takes(",", False) and not self.text.startswith("}", self.at) and not self.breaks():
                raise self.malformed("a comma or a new line was expected between two members")
        return lambda scope: {operators.key(name(scope)): value(scope) for name, value in members}

    def key(self) -> Expression:
        """The name of a member: a bare word is a text here."""
        mark = self.at
        name = self.identifier()
        self.blank(lines=False)
        if (
            name
            and self.text[self.at : self.at + 1] in ("=", ":")
            and not self.text.startswith("==", self.at)
        ):
            return _constant(name)
        self.at = mark
        if name and self.text[mark + len(name) : mark + len(name) + 1] == ".":
            raise self.malformed("a name with dots must stand in quotes or in round brackets")
        return self._binary(0, False)

    def _for(self, closing: str) -> Expression | None:
        mark = self.at
        self.at += 1
        self.blank(lines=True)
        if not re.compile(r"for(?![\w-])").match(self.text, self.at):
            self.at = mark
            return None
        self.at += 3
        self.blank(lines=True)
        names = [self.identifier()]
        if self.takes(",", True):
            self.blank(lines=True)
            names.append(self.identifier())
        self.blank(lines=True)
        if "" in names or self.identifier() != "in":
            raise self.malformed("for needs names and in")
        over = self.expression(lines=True)
        self.expect(":")
        result = self.expression(lines=True)
        key: Expression | None = None
        if closing == "}":
            self.expect("=>")
            key, result = result, self.expression(lines=True)
        grouped = closing == "}" and self.takes("...", True)
        condition: Expression = _constant(True)
        self.blank(lines=True)
        if re.compile(r"if(?![\w-])").match(self.text, self.at):
            self.at += 2
            condition = self.expression(lines=True)
        self.expect(closing)
        return operators.each_of(names, over, key, result, condition, grouped=grouped)


def _constant(value: object) -> Expression:
    return lambda _: value
