"""Taking secrets out of text before it is kept or shown."""

from __future__ import annotations

import re

MASK = "••••••"


class Sealed:
    """A secret for the eyes of whoever asks at the screen; whatever prints or keeps it gets the mask."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself: for the screen alone, and not for long."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return (str, (MASK,))


_SHAPES = (
    re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
    re.compile(r"(?<![A-Za-z0-9])dapi[a-f0-9]{32}(?:-\d+)?"),
    re.compile(r"(?i)(?<=aws_secret_access_key)(\s*[=:]\s*)\S+"),
    re.compile(r"(?i)(?<=aws_session_token)(\s*[=:]\s*)\S+"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{16,}"),
)


class Redactor:
    """Masks known secrets and whatever is shaped like one."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, *secrets: str) -> None:
        """From now on mask these; short ones are left alone, they would blank out ordinary words."""
        self._known.update(secret for secret in secrets if len(secret) >= 8)

    def __call__(self, text: str) -> str:
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, MASK)
        for shape in _SHAPES:
            text = shape.sub(MASK, text)
        return text
