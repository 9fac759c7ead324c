"""Where everything stands in a .tfvars.json file: the same tree as of a .tfvars file, for another spelling.

As strict as Terraform's own reader: no byte order mark, no comments, no comma at the end, no name twice.
Source: https://github.com/hashicorp/hcl/blob/main/json/spec.md
"""

from __future__ import annotations

import json
import re

from wizard.services.hcl.syntax import BOM, Argument, Key, Malformed, Node, Tree

_BLANK = re.compile(r"[ \t\r\n]*")
_TEXT = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_WORD = re.compile(r"(?:true|false|null)\b")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}


def read(text: str) -> Tree:
    """What stands in `text`; a blank text is an empty file. Raises Malformed."""
    if text.startswith(BOM):
        raise Malformed(text, 0, "it begins with a byte order mark, which a JSON file must not have")
    if not text.strip():
        return Tree(text, (), ())
    root = value(text)
    if root.kind != "object":
        raise Malformed(text, root.start, "the whole file must be an object, { … }")
    arguments = (
        Argument(str(key.name), key.start, item) for key, item in zip(root.keys, root.items, strict=True)
    )
    return Tree(text, tuple(arguments), (), root=root)


def value(text: str) -> Node:
    """The single value that `text` spells. Raises Malformed when it spells anything else."""
    reader = _Reader(text)
    try:
        reader.blank()
        node = reader.value()
        reader.blank()
    except RecursionError:
        raise reader.malformed("brackets are nested too deeply to be followed") from None
    if reader.at < len(text):
        raise reader.malformed("there is something behind the value")
    return node


def quoted(text: str) -> str:
    """`text` in quotes, as JSON spells it."""
    return json.dumps(text, ensure_ascii=False)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def malformed(self, why: str, at: int | None = None) -> Malformed:
        return Malformed(self.text, self.at if at is None else at, why)

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def value(self) -> Node:
        start = self.at
        if self.text.startswith(("[", "{"), start):
            return self._brackets(self.text[start])
        if self.text.startswith('"', start):
            text = self._text()
            return Node("string", start, self.at, text)
        number, word = _NUMBER.match(self.text, start), _WORD.match(self.text, start)
        if number:
            self.at = number.end()
            whole = number[0].lstrip("-").isdigit()
            return Node("number", start, self.at, int(number[0]) if whole else float(number[0]))
        if word:
            self.at = word.end()
            return Node("word", start, self.at, _WORDS[word[0]])
        raise self.malformed("a value was expected here")

    def _text(self) -> str:
        found = _TEXT.match(self.text, self.at)
        if not found:
            raise self.malformed("a text is not closed, or holds what JSON does not allow")
        self.at = found.end()
        return str(json.loads(found[0]))

    def _brackets(self, opening: str) -> Node:
        closing = {"[": "]", "{": "}"}[opening]
        start = self.at
        keys: list[Key] = []
        items: list[Node] = []
        commas: list[int] = []
        self.at += 1
        self.blank()
        while not self.text.startswith(closing, self.at) or commas:
            if opening == "{":
                keys.append(self._key({key.name for key in keys}))
            items.append(self.value())
            self.blank()
            if self.text.startswith(closing, self.at):
                break
            if not self.text.startswith(",", self.at):
                open_to_the_end = self.at >= len(self.text)
                raise self.malformed(
                    "a bracket is not closed" if open_to_the_end else "a comma is missing",
                    start if open_to_the_end else None,
                )
            commas.append(self.at)
            self.at += 1
            self.blank()
            if self.text.startswith(closing, self.at):
                raise self.malformed("JSON allows no comma behind the last one")
        self.at += 1
        rest = (-1,) * (len(items) - len(commas))
        if opening == "[":
            values = [item.value for item in items]
            return Node("list", start, self.at, values, tuple(items), (*commas, *rest))
        members = {key.name: item.value for key, item in zip(keys, items, strict=True)}
        return Node("object", start, self.at, members, tuple(items), (*commas, *rest), keys=tuple(keys))

    def _key(self, before: set[str | None]) -> Key:
        start = self.at
        if not self.text.startswith('"', start):
            raise self.malformed("a name in quotes was expected here")
        name = self._text()
        end = self.at
        if name in before:
            raise self.malformed(f"{json.dumps(name)} stands there twice", start)
        self.blank()
        if not self.text.startswith(":", self.at):
            raise self.malformed("a colon was expected behind the name")
        self.at += 1
        self.blank()
        return Key(name, start, end)
