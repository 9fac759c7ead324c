"""Links that mail and chat programs wrap around another one, opened without asking anybody. Pure.

Only services that are known to do so are opened: an unknown address that carries another one may be a trap.
Letters and digits are never decoded, so that nothing comes out that was not in the paste.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Inner:
    """What was inside a wrapped link."""

    text: str
    """Empty when the service keeps the real address to itself."""
    by: str
    """Whose link it was: `Outlook's safe link`."""


_PARAMETERS = (
    (r"safelinks\.protection\.(?:outlook\.com|office365\.us)", "url", "Outlook's safe link"),
    (r"statics\.teams\.cdn\.(?:office|live)\.net|teams\.microsoft\.com|teams\.cdn\.office\.net", "url", "Teams' link"),
    (r"slack-redir\.net|slack\.com", "url", "Slack's link"),
    (r"(?:www\.)?google\.[a-z.]{2,6}", "q|url", "Google's link"),
    (r"linkprotect\.cudasvc\.com", "a", "Barracuda's link"),
    (r"urldefense\.(?:proofpoint\.)?com|urldefense\.us", "u", "Proofpoint's link"),
    (r"(?:www\.)?linkedin\.com", "url", "LinkedIn's link"),
    (r"lm?\.facebook\.com", "u", "Facebook's link"),
    (r"(?:www\.)?notion\.so|app\.asana\.com|t\.umblr\.com|out\.reddit\.com", "url|z", "the link"),
)  # fmt: skip
_SEALED = (
    (r"mimecastprotect\.com|mimecast\.com", "Mimecast's link"),
    (r"t\.co|bit\.ly|lnkd\.in|aka\.ms|tinyurl\.com|goo\.gl", "a short link"),
)
_URL = re.compile(r"\Ahttps?:/{2,}([a-z0-9.-]{1,253})(?::\d+)?(?=[/?#])", re.IGNORECASE)
_PROOFPOINT_3 = re.compile(r"/v3/__(.+?)__;([A-Za-z0-9_-]*=*)!", re.DOTALL)
_RUN = re.compile(r"\*(\*.)?", re.DOTALL)
_ENCODED = re.compile("%([0-9a-f]{2})", re.IGNORECASE)
_WHOLE = re.compile(r"https?%(?:25)*3a", re.IGNORECASE)
_DEEPEST = 4


def unwrap(word: str) -> Inner | None:
    """What a wrapped link leads to; None when it is none."""
    outermost = ""
    for _ in range(_DEEPEST):
        inner = _once(word)
        if inner is None:
            break
        outermost = outermost or inner.by
        word = inner.text
    return Inner(word, outermost) if outermost else None


def undone(word: str) -> str:
    """An address that is percent-encoded as a whole, as it was; anything else as it is."""
    for _ in range(_DEEPEST):
        if not _WHOLE.match(word):
            break
        word = decoded(word)
    return word


def decoded(text: str) -> str:
    """Percent-encoded punctuation as it was; letters and digits stay encoded."""
    return _ENCODED.sub(_sign, text)


def _sign(match: re.Match[str]) -> str:
    sign = chr(int(match[1], 16))
    return sign if " " < sign < "\x7f" and not sign.isalnum() else match[0]


def _once(word: str) -> Inner | None:
    named = _URL.match(word)
    if named is None:
        return None
    host, rest = named[1].lower(), word[named.end() :]
    for pattern, keys, by in _PARAMETERS:
        if re.search(rf"(?:\A|\.)(?:{pattern})\Z", host):
            return _value(keys, rest, by)
    for pattern, by in _SEALED:
        if re.search(rf"(?:\A|\.)(?:{pattern})\Z", host):
            return Inner("", by)
    return None


def _value(keys: str, rest: str, by: str) -> Inner | None:
    third = _PROOFPOINT_3.match(rest)
    if third:
        return Inner(_proofpoint_3(third[1], third[2]), by)
    found = re.search(rf"[?&](?:{keys})=([^&#]*)", rest, re.IGNORECASE)
    if found is None:
        return None
    value = found[1]
    if rest.startswith("/v2/"):
        value = value.replace("-", "%").replace("_", "/")
    elif re.match(r"https?://", value, re.IGNORECASE):
        # Put in as it was: its own parameters cannot be told from the wrapper's, but for the first.
        value = rest[found.start(1) :]
    text = decoded(value)
    return Inner(text, by) if re.match(r"https?:/", text, re.IGNORECASE) else None


def _proofpoint_3(text: str, given: str) -> str:
    """Every `*` stands for the next of the characters given in base64, `**x` for a run of them."""
    try:
        signs = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = 0

    def next_sign(match: re.Match[str]) -> str:
        nonlocal place
        count = alphabet.find(match[1][1]) + 2 if match[1] else 1
        taken = signs[place : place + max(count, 1)]
        place += len(taken)
        return taken if not any(sign.isalnum() for sign in taken) else match[0]

    return _RUN.sub(next_sign, text)
