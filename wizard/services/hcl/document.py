"""A .tfvars file as it was read: its bytes, its text, and where everything stands in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.hcl import json_syntax, structure, syntax
from wizard.services.hcl.syntax import BOM, Argument, Malformed, Node, Tree


@dataclass(frozen=True)
class Document:
    """The bytes of one file. Nothing is normalised: line ends and a byte order mark stay in the text."""

    data: bytes = field(default=b"", repr=False)
    exists: bool = True
    """False for a file that is not there yet; writing an edit of it creates the file."""
    json: bool = False
    """It is a .tfvars.json file."""

    @classmethod
    def of(cls, text: str, *, json: bool = False) -> Document:
        """The document that a file holding `text` would be."""
        return cls(text.encode("utf-8"), json=json)

    @cached_property
    def sha(self) -> str:
        """SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def text(self) -> str:
        """The text, as Terraform decodes it. Raises Problem when the bytes are not UTF-8."""
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise _invalid(f"line {line} is not UTF-8 text") from error

    @property
    def shown(self) -> str:
        """The text without its byte order mark, for a screen."""
        return self.text.removeprefix(BOM)

    @cached_property
    def tree(self) -> Tree:
        """Arguments, values and comments with their places.

        Raises Problem, which names the line, for a file that Terraform would not read: something unclosed, a block,
        a name that is set twice.
        """
        try:
            tree = self.read()
        except Malformed as fault:
            raise _invalid(f"line {fault.line}: {fault}") from fault
        if tree.blocks:
            block = tree.blocks[0]
            raise _invalid(
                f"line {self.line(block.start)} begins a block, {one_line(block.name, 60)} {{ … }}, "
                "and only values may be there"
            )
        seen: dict[str, Argument] = {}
        for argument in tree.arguments:
            if argument.name in seen:
                raise _duplicate(argument.name, [self.line(each.start) for each in tree.named(argument.name)])
            seen[argument.name] = argument
        return tree

    def read(self) -> Tree:
        """Where everything stands. Raises Malformed."""
        return json_syntax.read(self.text) if self.json else syntax.read(self.text)

    def value(self, literal: str) -> Node:
        """The single value that `literal` spells in this file's language. Raises Malformed."""
        return json_syntax.value(literal) if self.json else syntax.value(literal)

    def quoted(self, text: str) -> str:
        """`text` in quotes, spelled so that Terraform reads exactly it."""
        return json_syntax.quoted(text) if self.json else syntax.quoted(text)

    def find(self, name: str) -> Argument | None:
        """The argument `name`, None when the file does not set it. Raises Problem as `tree` does."""
        return next(iter(self.tree.named(name)), None)

    def objections(self) -> list[str]:
        """One sentence for every value that can be read, but that Terraform refuses in such a file.

        Raises Problem as `tree` does.
        """
        found = []
        for each in self.tree.arguments:
            if not each.node.literal:
                why = structure.objection(self.text[each.node.start : each.node.end] + "\n")
                if why:
                    name = one_line(each.name, 80)
                    found.append(f"Line {self.line(each.start)}: Terraform would refuse {name}: {why}.")
        return found

    def line(self, at: int) -> int:
        """The number of the line, from 1, that holds the character at offset `at`."""
        return self.text.count("\n", 0, at) + 1


def _invalid(fault: str) -> Problem:
    return Problem(
        code="tfvars.invalid",
        what="This .tfvars file cannot be changed safely.",
        why=f"Terraform would not read it: {fault}.",
        remedy="Mend that line in an editor, then try again. Nothing was changed.",
    )


def _duplicate(name: str, lines: list[int]) -> Problem:
    return Problem(
        code="tfvars.duplicate",
        what=f"{one_line(name, 80)} is set {len(lines)} times in this file.",
        why="Terraform accepts a name only once, and the wizard will not guess which one you mean.",
        remedy=f"Keep one of the lines {', '.join(map(str, lines))} and remove the others, then try again.",
    )
