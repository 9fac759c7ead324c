"""Passing over the text of a .tfvars file: blanks, comments, names, texts, heredocs, brackets."""

from __future__ import annotations

import re

BOM = "\ufeff"

HEREDOC = re.compile(r"<<(-?)([^\W\d][\w-]*)\r?\n")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_OPENING = {"(": ")", "[": "]", "{": "}"}
_BLANKS = re.compile(r"[ \t]+")
_BLANKS_AND_LINES = re.compile(r"(?:[ \t\n]|\r\n)+")
_SIMPLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*+(?![^\x00-\x7f])")
_SIMPLE_TEXT = re.compile(r'"([^"\\$%\r\n]*)"')
_NOT_ASSIGNING = ("==", "=>", "::")


class Malformed(Exception):
    """Terraform would not read this either. Its text completes "line N: …"."""

    def __init__(self, text: str, at: int, why: str) -> None:
        self.line = text.count("\n", 0, at) + 1
        super().__init__(why)


class Scanner:
    """A place in a text. Every method moves it over something, or raises Malformed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = len(BOM) if text.startswith(BOM) else 0
        self.comments: list[tuple[int, int]] = []
        self.heredoc_ended = -1
        """Where the last heredoc ended."""

    def malformed(self, why: str, at: int | None = None) -> Malformed:
        return Malformed(self.text, self.at if at is None else at, why)

    def blank(self, *, lines: bool) -> None:
        """Passes over blanks and comments, and over line breaks when `lines`. A line comment ends the line."""
        blanks = _BLANKS_AND_LINES if lines else _BLANKS
        while True:
            passed = blanks.match(self.text, self.at)
            if passed:
                self.at = passed.end()
            here = self.text[self.at : self.at + 1]
            if here == "\r" and not self.breaks():
                raise self.malformed("a line ends in a way that Terraform does not read")
            if self.text.startswith("/*", self.at):
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

    def breaks(self) -> bool:
        return self.text.startswith(("\n", "\r\n"), self.at)

    def identifier(self) -> str:
        """The name that begins here, empty when none does."""
        simple = _SIMPLE_NAME.match(self.text, self.at)
        if simple:
            self.at = simple.end()
            return simple[0]
        end, text = self.at, self.text
        while end < len(text) and (f"a{text[end]}".isidentifier() or (text[end] == "-" and end > self.at)):
            end += 1
        name = text[self.at : end]
        if not name or not name[0].isidentifier():
            return ""
        self.at = end
        return name

    def ends(self) -> bool:
        if self.at >= len(self.text) or self.breaks() or self.text[self.at] in ",]})":
            return True
        return self.text[self.at] in "=:" and not self.text.startswith(_NOT_ASSIGNING, self.at)

    def quoted(self) -> str | None:
        """The text in quotes that begins here; None when it holds a template, which must be calculated."""
        simple = _SIMPLE_TEXT.match(self.text, self.at)
        if simple:
            self.at = simple.end()
            return simple[1]
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
                parts.append(self.escape())
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

    def escape(self) -> str:
        """The character that a backslash and what follows it stand for."""
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

    def heredoc(self, opening: re.Match[str]) -> str | None:
        """`<<EOT … EOT`; its closing word stands alone on a line, and that line must end.

        None when its text must be calculated. Line ends stay as they are in the file, as in Terraform.
        """
        tag, body = opening[2], opening.end()
        closing = re.compile(rf"^[ \t]*{re.escape(tag)}(?=[ \t]*\r?\n)", re.MULTILINE).search(self.text, body)
        if closing is None:
            raise self.malformed(f"the text that begins with <<{tag} is not closed by a line {tag}")
        self.at = self.heredoc_ended = closing.end()
        raw = self.text[body : closing.start()]
        if re.search(r"\r(?!\n)", raw):
            raise self.malformed("a line ends in a way that Terraform does not read", opening.start())
        if re.search(r"[$%]\{", raw.replace("$${", "").replace("%%{", "")):
            return None
        lines = raw.split("\n")
        if opening[1]:  # lines of blanks keep them and do not count
            filled = [line for line in lines[:-1] if line.strip()]
            margin = min((len(line) - len(line.lstrip(" \t")) for line in filled), default=0)
            lines = [line[margin:] if line.strip() else line for line in lines]
        return "\n".join(lines).replace("$${", "${").replace("%%{", "%{")

    def token(self) -> None:
        """One piece of an expression."""
        heredoc = HEREDOC.match(self.text, self.at)
        here = self.text[self.at]
        if here == '"':
            self.quoted()
        elif here in _OPENING:
            self.bracketed()
        elif heredoc:
            self.heredoc(heredoc)
        elif HEREDOC.match(self.text, self.at + 1) and here == "<":
            self.at += 1  # less than a heredoc
        elif self.text.startswith("<<", self.at):
            raise self.malformed("a new line was expected behind << and its word")
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
            if self.text.startswith(":", self.at) and not self.text.startswith("::", self.at):
                self.at += 1
                return
            if self.ends():
                return
            self.token()

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
            self.token()
        raise self.malformed("a bracket is not closed", opened)
