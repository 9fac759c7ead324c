"""Access keys: what they are, and finding them in whatever was pasted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from wizard.core.problem import Problem
from wizard.core.text import clean


@dataclass(frozen=True)
class Keys:
    """One set of AWS keys. In memory only; `repr` hides the secrets."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    region: str = ""
    """Region that was pasted with them; empty when none was."""

    @property
    def temporary(self) -> bool:
        return bool(self.session_token)


_LABELS = {
    "access_key_id": r"(?:aws[_ ]?)?access[_ ]?key(?:[_ ]?id)?|key[_ ]?id",
    "secret_access_key": r"(?:aws[_ ]?)?secret[_ ]?(?:access[_ ]?)?key",
    "session_token": r"(?:aws[_ ]?)?(?:session|security)[_ ]?token",
    "expiration": r"aws_?credential_?expiration|x_security_token_expires|expiration|expires",
    "region": r"aws_?default_?region|aws_?region|region",
}
_SPELLINGS = {name: re.compile(rf"(?:{shape})", re.IGNORECASE) for name, shape in _LABELS.items()}
_PAIR = re.compile(
    r"(?<![\w-])[\"']?(?P<label>[A-Za-z][A-Za-z_ ]{2,40}?)[\"']?\s*[=:]\s*"
    r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"',;}]+))"
)
_ACCESS = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{12,124}(?![A-Za-z0-9])")
_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_TOKEN = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+_-]{100,}={0,2}(?![A-Za-z0-9/+=])")
_PARTS = {
    "access_key_id": "access key",
    "secret_access_key": "secret key",
    "session_token": "session token",
}
_NOT_A_KEY = re.compile(r"(?<![A-Za-z0-9])(?:AROA|AIDA|AGPA|ANPA|AIPA)[A-Z0-9]{12,}")


def paste_keys(text: str) -> Keys | Problem:
    """The keys in `text`: an `export` block, an ini block, JSON, or the bare values in any order.

    The problem never repeats what was pasted.
    """
    found, plain = _found(text)
    return _whole(found, plain)


def lacking(text: str) -> tuple[str, ...]:
    """The parts that are still missing from `text`: `access_key_id`, `secret_access_key`, `session_token`."""
    found, _ = _found(text)
    parts = ["access_key_id", "secret_access_key"]
    if found.get("access_key_id", "").startswith("ASIA"):
        parts.append("session_token")
    return tuple(part for part in parts if not found.get(part))


def understood(text: str) -> tuple[str, ...]:
    """How `text` is understood, in lines that give nothing away."""
    found, _ = _found(text)
    access = found.get("access_key_id", "")
    if not access and not found.get("secret_access_key"):
        return ()
    said = [f"✓ access key …{access[-4:]}"] if len(access) > 8 else []
    said += [f"✓ {_PARTS[p]}" for p in ("secret_access_key", "session_token") if found.get(p)]
    if found.get("session_token"):
        ends = _moment(found.get("expiration", ""))
        said.append(f"until {ends.astimezone():%H:%M}" if ends else "end unknown")
    said += [f"{_PARTS[part]} is asked for next" for part in lacking(text)]
    return (" · ".join(said),)


def joined(text: str, parts: Mapping[str, str]) -> Keys | Problem:
    """The keys in `text` and in `parts`, what was given one by one afterwards."""
    return paste_keys("\n".join([text, *(f"aws_{name} = {value}" for name, value in parts.items())]))


def _found(text: str) -> tuple[dict[str, str], str]:
    """(parts by name, the text without what a terminal or a shell puts around it)."""
    # Terminals send a pasted line break as a bare CR.
    plain = re.sub(r"(?i)\$env:", "", clean(text.replace("\r\n", "\n").replace("\r", "\n"), 100_000))
    found = _labelled(plain)
    if not found.get("access_key_id") and (match := _ACCESS.search(plain)):
        found["access_key_id"] = match[0]
    if not found.get("session_token") and (match := _TOKEN.search(plain)):
        found["session_token"] = match[0]
    if not found.get("secret_access_key"):
        rest = plain.replace(found.get("session_token") or "\0", " ").replace(
            found.get("access_key_id") or "\0", " "
        )
        if match := _SECRET.search(rest):
            found["secret_access_key"] = match[0]
    return found, plain


def _labelled(plain: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in _PAIR.finditer(plain):
        label = re.sub(r"^(?:export|set|setx|env)\s+", "", pair["label"].strip(), flags=re.IGNORECASE)
        value = "".join((pair["double"] or pair["single"] or pair["bare"] or "").split())
        name = next((name for name, shape in _SPELLINGS.items() if shape.fullmatch(label)), None)
        if name and value and not value.startswith("$"):
            found.setdefault(name, value)
    return found


def _whole(found: dict[str, str], plain: str) -> Keys | Problem:
    access, secret = found.get("access_key_id", ""), found.get("secret_access_key", "")
    token = found.get("session_token", "")
    if not access:
        if _NOT_A_KEY.search(plain):
            return _fault(
                "aws.paste.not_a_key",
                "What was pasted holds the id of a user or role, not an access key.",
                "Access keys start with AKIA or ASIA.",
            )
        return _fault(
            "aws.paste.no_key",
            "No access key was found in what was pasted.",
            "Access keys start with AKIA or ASIA.",
        )
    if not secret:
        return _fault(
            "aws.paste.no_secret", "The secret key is missing.", "It has 40 characters and comes as a pair."
        )
    if access.startswith("ASIA") and not token:
        return _fault(
            "aws.paste.no_token",
            "The session token is missing.",
            "A key that starts with ASIA is temporary and works only with its session token.",
        )
    if token and access.startswith("AKIA"):
        token = ""
    return Keys(access, secret, token, _moment(found.get("expiration", "")), found.get("region", ""))


def _fault(code: str, what: str, why: str) -> Problem:
    return Problem(
        code=code,
        what=what,
        why=why,
        remedy="Copy the whole block from the AWS access portal (Option 1 or 2) or from the key file, and paste again.",
        step="credentials",
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def fault(text: str) -> str | None:
    """One sentence saying why `text` holds nothing to sign in with, or None; a missing part is asked for."""
    found = paste_keys(text)
    if not isinstance(found, Problem) or (found.code != "aws.paste.not_a_key" and understood(text)):
        return None
    return found.what
