"""Regular expressions as Terraform reads them (RE2), worked out in time that grows with the text only.

Python's own reader takes patterns apart; a simulation walks all alternatives at once, because Python's matcher may
take for ever over a pattern such as `(a+)+$`.
Source: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from functools import lru_cache

from wizard.services.hcl.operators import Failed, Undecided

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_NESTED = re.compile(r"[*+}]\)?[*+{]|[*+}]\)\s*[*+{]|\)[*+{]")
_SIGN_THEN_CLASS = re.compile(
    r"(?:\?:)?(?P<sign>[-_/:,@=]|\\[./:-])(?P<class>\[[^\[\]\\]+\]|\\[wd])(?:[+*]|\{\d+(?:,\d*)?\})?"
)
_LONGEST = 2_000
"""Characters beyond which a match is left to Terraform."""
_LONGEST_NESTED = 28
"""The same for a pattern that repeats a group, where Python may need a time that doubles with every character."""


def found(pattern: str, said: str) -> object:
    """What `regex` returns: the match, or its groups. Raises Failed when nothing matches."""
    compiled = _ready(pattern, said)
    match = compiled.search(said)
    if match is None:
        raise Failed("pattern did not match any part of the given string")
    return _captured(compiled, match)


def all_found(pattern: str, said: str) -> list[object]:
    """What `regexall` returns."""
    compiled = _ready(pattern, said)
    return [_captured(compiled, match) for match in compiled.finditer(said)]


def _captured(compiled: re.Pattern[str], match: re.Match[str]) -> object:
    if compiled.groupindex:
        return dict(match.groupdict())
    return list(match.groups()) if compiled.groups else match[0]


def _ready(pattern: str, said: str) -> re.Pattern[str]:
    compiled, repeats = _compiled(pattern)
    if len(said) > (_LONGEST_NESTED if repeats and not _quick(pattern) else _LONGEST):
        raise Undecided("so long a text against this pattern")
    return compiled


@lru_cache(maxsize=200)
def _compiled(pattern: str) -> tuple[re.Pattern[str], bool]:
    python = _translated(pattern)
    try:
        compiled = re.compile(python, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise Failed("invalid regexp pattern") from error
    return compiled, bool(_NESTED.search(pattern))


def _quick(pattern: str) -> bool:
    """Every repeated group is a sign and other characters, so there is one way to match: `(-[a-z]+)+`."""
    for body in re.findall(r"\(((?:[^()\\]|\\.)*)\)[*+{]", pattern):
        parts = _SIGN_THEN_CLASS.fullmatch(body)
        if parts is None or re.match(parts["class"], parts["sign"].removeprefix("\\")):
            return False
    return pattern.count("(") == len(re.findall(r"\([^()]*\)", pattern))


def _translated(pattern: str) -> str:
    """The same pattern for Python. Raises Failed for what RE2 refuses, Undecided for what Python has no twin of."""
    parts: list[str] = []
    at, inside = 0, False
    while at < len(pattern):
        pair = pattern[at : at + 2]
        if pair[0] == "\\":
            parts.append(_escaped(pair))
            at += 2
            continue
        if inside and pattern.startswith("[:", at):
            named = re.compile(r"\[:(\w+):\]").match(pattern, at)
            if not named or named[1] not in _CLASSES:
                raise Undecided("this class of characters")
            parts.append(_CLASSES[named[1]])
            at = named.end()
            continue
        if not inside and pattern.startswith("(?", at):
            parts.append(_group(pattern, at))
        elif (not inside and pair in ("*+", "++", "?+")) or pair == "}+":
            raise Failed("invalid nested repetition operator")
        elif pair[0] == "$" and not inside:
            parts.append(r"\Z")
        else:
            parts.append(r"\[" if inside and pair[0] == "[" else pair[0])
        if pair[0] == "[" and not inside:
            inside = True
            for literal in ("^", "]"):
                if pattern.startswith(literal, at + 1):
                    at += 1
                    parts.append(literal if literal == "^" else r"\]")
        elif pair[0] == "]":
            inside = False
        at += 1
    return "".join(parts)


def _escaped(pair: str) -> str:
    if pair == r"\z":
        return r"\Z"
    if len(pair) < 2 or pair[1] in "123456789Zk":
        raise Failed("invalid escape sequence")
    if pair[1] in "QEpPC":
        raise Undecided("this escape of a pattern")
    return pair


def _group(pattern: str, at: int) -> str:
    if pattern.startswith(("(?=", "(?!", "(?<=", "(?<!", "(?>", "(?#", "(?P=", "(?P>", "(?("), at):
        raise Failed("invalid or unsupported Perl syntax")
    if pattern.startswith("(?<", at):
        raise Undecided("a group named without P")
    if pattern.startswith(("(?:", "(?P<"), at):
        return "("
    if re.compile(r"\(\?[is]+\)").match(pattern, at) and at == 0:
        return "("
    raise Undecided("these flags of a pattern")
