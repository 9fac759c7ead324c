"""The words of a text that mention an address, each taken apart. Pure; no word is judged here.

Sources: the Databricks CLI's host parameters (`o=`, `w=`, `workspace_id=`) and the connection details of clusters
and SQL warehouses (`sql/protocolv1/o/…`, `/sql/1.0/warehouses/…`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from wizard.services.databricks import wrapped
from wizard.services.databricks.hosts import Kind, classify


@dataclass(frozen=True)
class Mention:
    """One address-like word of the text."""

    host: str
    kind: Kind | None
    """None when the word has no host."""
    ids: tuple[tuple[str, str], ...]
    """(parameter, value as written)."""
    warehouses: tuple[tuple[str, str], ...]
    """(part of the text, id)."""
    user_info: bool = False
    port: str = ""
    login: bool = False
    scheme: str = ""
    """As it is meant, in lower case; a known misspelling of `https` is `https`."""
    origin: str = "the host name"
    """Which part of the text named the host."""
    sealed: bool = False
    """A protected link whose real address is not in it."""


TRAILING = ".,;:!*_~\\。，；：！？…—–"
_MOST_WORDS = 300
_MOST_NAMES = 1200
_LONGEST_WORD = 16_384
_MOST_TRIES = 8
_NAME = "databricks."
_ANCHORS = (_NAME, ":/", "o=", "w=", "workspace_id=", "/sql/", "protocolv1/")
_BREAKS = re.compile("[\\s<>\"'`()\\[\\]{}|‘-‟«»\u3000\u3001\u3008-\u3011]")
_WEB = "https?|ttps?|tps|htps?|htt?tps?|hxxps?"
_SCHEME = re.compile(rf"(?<![a-z0-9+.\-/?%&])((?:jdbc:)?(?:{_WEB}|databricks|spark)):/+", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"\A([a-z][a-z0-9+.-]*):/{2,}", re.IGNORECASE)
_AGAIN = re.compile(r"https?:/+", re.IGNORECASE)
_WEB_SCHEME = re.compile(rf"(?:jdbc:)?(?:{_WEB}|databricks|spark)\Z")
_MAIL = re.compile(r"mailto:|[\w.+-]{1,64}@[\w.-]{1,253}\Z", re.IGNORECASE)
_PARAMETER = re.compile(
    r"(?:\A|[?&#;/!,])(o|w|workspace_id)=([0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[^&#;/?,\s]*)", re.IGNORECASE
)
_CLUSTER = re.compile(r"sql/protocolv1/(o)/([^/;&?#]+)/", re.IGNORECASE)
_WAREHOUSE = re.compile(r"/sql/((?:1\.0/)?(?:warehouses|endpoints))/([^/?#&;,\s]+)", re.IGNORECASE)
_DIGITS = re.compile("[0-9]+")
_LOGIN_PATH = re.compile(r"/+(?:login|signin|oidc|saml)(?:\.html)?(?:[/?#]|\Z)", re.IGNORECASE)
_BACKSLASHED = re.compile(r"\A(?:https?):\\\\[^@]*\Z", re.IGNORECASE)
_NAMED = re.compile(r"([A-Za-z_][\w .-]{0,30})=\s*\Z")


def mentions(text: str) -> tuple[list[Mention], bool]:
    """Every mention in order, links that wrap another one opened; and whether some names were left unread."""
    words, cut = _words(text)
    whole = text.strip()
    found: list[Mention] = []
    for word in dict.fromkeys(words):
        mention = _take_apart(word, alone=word == whole)
        if mention is None:
            continue
        found.append(mention)
        if mention.kind is Kind.OTHER and (inner := wrapped.unwrap(word)):
            found.pop()
            found += _inside(inner, mention)
    return found, cut


def _inside(inner: wrapped.Inner, outer: Mention) -> list[Mention]:
    if not inner.text:
        return [replace(outer, sealed=True, ids=(), warehouses=())]
    words = [word for word in _BREAKS.split(inner.text) if word]
    taken = [mention for word in words if (mention := _take_apart(word, alone=True))]
    return [replace(m, origin=f"the link inside {inner.by}") for m in taken]


def _words(text: str) -> tuple[list[str], bool]:
    """The words of the text that may hold an address, in order, and whether names were left unread."""
    # One character for one, so that places in it are places in the text.
    plain = (text if text.isascii() else text.encode("ascii", "replace").decode("ascii")).lower()
    spans: set[tuple[int, int]] = set()
    cut = False
    for anchor in _ANCHORS:
        place, left = plain.find(anchor), _MOST_NAMES if anchor == _NAME else _MOST_WORDS
        while place >= 0:
            after = _BREAKS.search(text, place)
            end = after.start() if after else len(text)
            start = _word_start(text, place)
            cut = cut or (anchor == _NAME and end - start > _LONGEST_WORD)
            spans.add((start, min(end, start + _LONGEST_WORD)))
            left -= 1
            if not left:
                cut = cut or anchor == _NAME
                break
            place = plain.find(anchor, max(end, place + 1))
    return [text[start:end] for start, end in sorted(spans)], cut


def _word_start(text: str, place: int) -> int:
    """Where the word that `place` is in begins; at most the longest word before it."""
    for reach in (64, _LONGEST_WORD):
        before = text[max(0, place - reach) : place][::-1]
        back = _BREAKS.search(before)
        if back or reach >= place:
            break
    return place - (back.start() if back else len(before))


def _take_apart(word: str, *, alone: bool) -> Mention | None:
    """One word as host, parameters and warehouse path; None when it is no address at all."""
    word = word.rstrip(TRAILING).lstrip(TRAILING.replace(".", ""))
    if _MAIL.match(word):
        return None
    word = wrapped.undone(word.replace("\\/", "/").replace("\\u0026", "&") if "\\" in word else word)
    if _BACKSLASHED.match(word):
        word = word.replace("\\", "/")
    scheme = _scheme(word)
    place = scheme.end() if scheme else _bare_host(word, alone=alone)
    if place < 0:
        ids, warehouses = _parameters(word), _warehouses(word)
        return Mention("", None, ids, warehouses) if ids or warehouses else None
    while again := _AGAIN.match(word, place):
        place = again.end()
    tail = word[place:]
    edge = re.search(r"[/?#;,]", tail)
    authority, rest = (tail[: edge.start()], tail[edge.start() :]) if edge else (tail, "")
    before, at_sign, named = authority.rpartition("@")
    host, _, port = named.partition(":")
    host = host.lower().rstrip(".")
    kind = classify(host)
    meant = _meant(scheme[1]) if scheme else ""
    if kind is Kind.LOOK_ALIKE and meant and not _WEB_SCHEME.match(meant):
        kind = Kind.OTHER  # a bucket or a repository may be called what it likes
    return Mention(
        host=host,
        kind=kind,
        ids=_parameters(rest),
        warehouses=_warehouses(rest),
        # What stands before the @ of a stranger's address is no concern, unless it poses as a workspace.
        user_info=bool(at_sign) and (kind is not Kind.OTHER or "databricks" in before.lower()),
        port=port,
        login=bool(_LOGIN_PATH.match(rest)),
        scheme=meant,
        origin=_origin(word[: scheme.start() if scheme else place], scheme[1].lower() if scheme else ""),
    )


def _scheme(word: str) -> re.Match[str] | None:
    """Where the scheme of the word's own address is; one inside a path or a query belongs to no word."""
    found = _SCHEME.search(word)
    if found and ("/" in (lead := word[: found.start()]) or "?" in lead):
        found = None
    return found or _ANY_SCHEME.match(word)


def _meant(scheme: str) -> str:
    scheme = scheme.lower()
    return scheme if not _WEB_SCHEME.match(scheme) or ":" in scheme else "https"


def _origin(before: str, scheme: str) -> str:
    """Which part of the text named the host, in words."""
    if scheme.startswith("jdbc:"):
        return "the JDBC string"
    named = _NAMED.search(before)
    return f"{named[1]}=" if named else "the host name"


def _bare_host(word: str, *, alone: bool) -> int:
    """Where a host without a scheme begins in a word, user information included; -1 when there is none."""
    lower = word.encode("ascii", "replace").decode("ascii").lower()
    first = re.search(r"[/?#]", lower)
    head = lower[: first.start()] if first else ""
    found = lower.find("databricks")
    if found < 0:
        # A host in foreign letters still has dots, and parameters behind it.
        return 0 if "." in head and not re.search(r"[=;,]", head) else -1
    for _ in range(_MOST_TRIES):
        start = _host_around(lower, found, surely=alone or bool(first))
        found = lower.find("databricks", found + 1)
        if start >= 0 or found < 0:
            return start
    return -1


def _host_around(lower: str, found: int, *, surely: bool) -> int:
    """Where the host begins that has the brand at `found`; -1 when that place is in a path or no host."""
    start = max((lower.rfind(mark, 0, found) for mark in "/?#;,=&"), default=-1) + 1
    if start and lower[start - 1] in "/?#&" and lower[:start].strip("/"):
        return -1
    named = re.split(r"[/?#;,=]", lower[start:], maxsplit=1)[0]
    colon = named.find(":")
    if 0 <= colon < found - start and "@" not in named:
        start, named = start + colon + 1, named[colon + 1 :]
    host = named.rpartition("@")[2].partition(":")[0].rstrip(".")
    if "." not in host:
        return -1
    surely = surely or bool(re.search(r"\.databricks|databricks\.(?:com|net|us|mil)", host))
    return start if surely or classify(host) is not Kind.LOOK_ALIKE else -1


def _parameters(rest: str) -> tuple[tuple[str, str], ...]:
    """(name, value) of every parameter that names a workspace; encoded ones only when there are no others."""
    for text in (rest, wrapped.decoded(rest)):
        found = [*_PARAMETER.findall(text), *_CLUSTER.findall(text)]
        if found:
            return tuple((name.lower(), _number(value.strip(TRAILING))) for name, value in found)
    return ()


def _number(value: str) -> str:
    """The digits of a value that other writing follows: a dash, a full stop of another script, an emoji.

    What could be another way to write a digit stays, and so does every letter of an alphabet.
    """
    digits = _DIGITS.match(value)
    if digits is None or digits.end() == len(value):
        return value
    after = value[digits.end()]
    foreign = not after.isascii() and (
        unicodedata.category(after) == "Lo" or unicodedata.category(after)[0] in "CMPSZ"
    )
    return digits[0] if foreign else value


def _warehouses(rest: str) -> tuple[tuple[str, str], ...]:
    """(path, id) of every warehouse path."""
    return tuple((f"/sql/{kind.lower()}/", value.strip(TRAILING)) for kind, value in _WAREHOUSE.findall(rest))
