"""What a pasted address says about a workspace: host, workspace id, warehouse id. Pure and total.

Nothing is asked over the network and nothing is guessed: what cannot be read for certain is a problem with a
way out. Sources: https://docs.databricks.com/aws/en/workspace/workspace-details (`o=`), the Databricks CLI's
host parameters (`w=`, `workspace_id=`, `a=`) and connection details (`/sql/1.0/warehouses/…`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wizard.services.databricks.hosts import REFUSALS, Kind, classify

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class AddressProblem:
    """Why the paste cannot be used as it is."""

    code: str
    """Stable dotted name: `host.azure`, `id.zero`."""
    message: str
    remedy: str


@dataclass(frozen=True)
class Address:
    """What was read. Fields are empty where the paste says nothing, or nothing certain."""

    host: str = ""
    """Host name in lower case, without scheme and port."""
    workspace_id: str = ""
    """Decimal digits, never 0."""
    warehouse_id: str = ""
    cloud: str = ""
    """`AWS`, `AZURE`, `GCP`, or empty when the name does not tell."""
    problems: tuple[AddressProblem, ...] = ()
    """What stops; empty when the address can be used."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Field name -> the part of the paste it came from."""
    notes: tuple[AddressProblem, ...] = ()
    """What is worth saying but does not stop."""

    @property
    def ok(self) -> bool:
        """True when there is a usable host and nothing stops."""
        return bool(self.host) and not self.problems

    @property
    def url(self) -> str:
        """`https://host`, or empty without a host. Only this may be given to the SDK."""
        return f"https://{self.host}" if self.host else ""

    def parts(self) -> tuple[tuple[str, str, str], ...]:
        """(name in words, value, part of the paste it came from) of everything that was read."""
        named = (
            ("host", self.host, "host"),
            ("workspace id", self.workspace_id, "workspace_id"),
            ("warehouse id", self.warehouse_id, "warehouse_id"),
        )
        return tuple((name, value, self.sources.get(key, "the paste")) for name, value, key in named if value)

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "host": self.host,
            "workspace_id": self.workspace_id,
            "warehouse_id": self.warehouse_id,
            "cloud": self.cloud,
            "problems": [{"code": p.code, "message": p.message, "remedy": p.remedy} for p in self.problems],
        }


@dataclass(frozen=True)
class _Mention:
    """One address-like word of the paste, taken apart."""

    host: str
    kind: Kind | None
    """None when the word has no host."""
    ids: tuple[tuple[str, str], ...]
    """(parameter, value as written)."""
    warehouses: tuple[tuple[str, str], ...]
    """(part of the paste, id)."""
    user_info: bool = False
    port: str = ""
    login: bool = False
    scheme: str = ""


_MOST_WORDS = 300
_LONGEST_WORD = 4096
_MOST_TRIES = 8
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f]+")
_ANCHORS = ("databricks", "://", "o=", "w=", "workspace_id=", "/sql/")
_BREAKS = re.compile("[\\s<>\"'`()\\[\\]{}|\u2018-\u201f\u00ab\u00bb\u3000\u3001\u3008-\u3011]")
_SCHEME = re.compile(r"(?:\A|(?<=[=:,;]))((?:jdbc:)?(?:https?|databricks|spark)):/{2,}", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"\A([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_MAIL = re.compile(r"(?:mailto:)?[\w.+-]{1,64}@[\w.-]{1,253}\Z", re.IGNORECASE)
_PARAMETER = re.compile(r"(?:\A|[?&#;/!,])(o|w|workspace_id)=([^&#;/?,\s]*)", re.IGNORECASE)
_CLUSTER = re.compile(r"sql/protocolv1/(o)/([^/;&?#]+)/", re.IGNORECASE)
_WAREHOUSE = re.compile(r"/sql/((?:1\.0/)?(?:warehouses|endpoints))/([^/?#&;,\s]+)", re.IGNORECASE)
_WAREHOUSE_ID = re.compile(r"[0-9a-f]{16}\Z|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,19}\Z")
_BROKEN = re.compile(
    r"[?&#;](?:o|w|workspace_id)=[0-9]*[ \t]*\r?\n[ \t]*[0-9]+[ \t]*(?:[\r\n&#]|\Z)", re.IGNORECASE
)
_ENCODED = {"%3f": "?", "%3d": "=", "%26": "&", "%23": "#", "%2f": "/"}
_ENCODED_ANY = re.compile("|".join(_ENCODED), re.IGNORECASE)
_LOGIN_PATH = re.compile(r"/+(?:login|signin)(?:\.html)?(?:[/?#]|\Z)", re.IGNORECASE)
_TRAILING = ".,;:!*_~\\"
_CLOUDS = {Kind.WORKSPACE: "AWS", Kind.GOVERNMENT: "AWS", Kind.AZURE: "AZURE", Kind.GCP: "GCP"}
_USABLE = (Kind.WORKSPACE, Kind.UNIFIED)
_FOREIGN = (Kind.AZURE, Kind.GCP, Kind.CHINA, Kind.GOVERNMENT)
_REGIONAL = frozenset(("oregon", "nvirginia", "ohio", "canada", "ireland", "frankfurt", "london", "tokyo"))
_HOW = "Open the workspace in the browser and copy the whole address, with the number after o=."


def read(paste: str) -> Address:
    """Reads whatever was pasted. Never raises; takes time in proportion to the length of the paste."""
    text = _INVISIBLE.sub("", paste)
    problems: list[AddressProblem] = []
    notes: list[AddressProblem] = []
    if not text.strip():
        return Address(problems=(AddressProblem("empty", "Nothing was pasted.", _HOW),))
    words, cut = _words(text)
    mentions = [mention for word in words if (mention := _take_apart(word, alone=word == text.strip()))]
    if cut:
        message = "The paste is too long to be sure which address is meant."
        problems.append(AddressProblem("too_long", message, "Paste the address alone."))
    host = _host(mentions, problems)
    mine = [m for m in mentions if m.kind is None or m.host == host]
    workspace_id, id_source = _workspace_id(mine, problems, notes)
    if _BROKEN.search(text):
        message = "The workspace id is broken across two lines."
        problems.append(AddressProblem("id.broken", message, "Copy the address again, in one line."))
        workspace_id = id_source = ""
    warehouse_id, warehouse_source = _warehouse(mine, notes)
    kind = classify(host) if host else Kind.OTHER
    _remark(host, kind, workspace_id, problems, notes)
    sources = {
        "host": "the host name" if host else "",
        "workspace_id": id_source,
        "warehouse_id": warehouse_source,
    }
    return Address(
        host=host,
        workspace_id=workspace_id,
        warehouse_id=warehouse_id,
        cloud=_CLOUDS.get(kind, ""),
        problems=tuple(dict.fromkeys(problems)),
        sources={name: source for name, source in sources.items() if source},
        notes=tuple(dict.fromkeys(notes)),
    )


def fault(paste: str) -> str | None:
    """One sentence saying why the paste will not do and what to paste instead; None when it will do."""
    problems = read(paste).problems
    return f"{problems[0].message} {problems[0].remedy}".strip() if problems else None


def preview(paste: str) -> tuple[str, ...]:
    """How the paste is understood, a line for each part; nothing for an empty one."""
    if not paste.strip():
        return ()
    found = read(paste)
    lines = [f"{name}: {value}  (from {source})" for name, value, source in found.parts()]
    return (*lines, *(p.message for p in found.problems), *(n.message for n in found.notes))


def _words(text: str) -> tuple[list[str], bool]:
    """The words of the paste that may hold an address, in order, and whether some were left unread."""
    # One character for one, so that places in it are places in the text.
    plain = text.encode("ascii", "replace").decode("ascii").lower()
    spans: set[tuple[int, int]] = set()
    cut = False
    for anchor in _ANCHORS:
        place, found = plain.find(anchor), 0
        while place >= 0:
            after = _BREAKS.search(text, place)
            end = after.start() if after else len(text)
            before = text[max(0, place - _LONGEST_WORD) : place][::-1]
            back = _BREAKS.search(before)
            start = place - (back.start() if back else len(before))
            cut = cut or end - start > _LONGEST_WORD
            spans.add((start, min(end, start + _LONGEST_WORD)))
            found += 1
            if found >= _MOST_WORDS:
                cut = True
                break
            place = plain.find(anchor, max(end, place + 1))
    return [text[start:end] for start, end in sorted(spans)], cut


def _take_apart(word: str, *, alone: bool) -> _Mention | None:
    """One word as host, parameters and warehouse path; None when it is no address at all."""
    word = word.strip(_TRAILING)
    if _MAIL.match(word):
        return None
    scheme = _SCHEME.search(word) or _ANY_SCHEME.match(word)
    place = scheme.end() if scheme else _bare_host(word, alone=alone)
    if place < 0:
        ids, warehouses = _parameters(word), _warehouses(word)
        return _Mention("", None, ids, warehouses) if ids or warehouses else None
    tail = word[place:]
    edge = re.search(r"[/?#;,]", tail)
    authority, rest = (tail[: edge.start()], tail[edge.start() :]) if edge else (tail, "")
    _, at_sign, named = authority.rpartition("@")
    host, _, port = named.partition(":")
    host = host.lower().rstrip(".")
    return _Mention(
        host=host,
        kind=classify(host),
        ids=_parameters(rest),
        warehouses=_warehouses(rest),
        user_info=bool(at_sign),
        port=port,
        login=bool(_LOGIN_PATH.match(rest)),
        scheme=scheme[1].lower() if scheme else "",
    )


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
    for text in (rest, _ENCODED_ANY.sub(lambda m: _ENCODED[m[0].lower()], rest)):
        found = [*_PARAMETER.findall(text), *_CLUSTER.findall(text)]
        if found:
            return tuple((name.lower(), value.strip(_TRAILING)) for name, value in found)
    return ()


def _warehouses(rest: str) -> tuple[tuple[str, str], ...]:
    """(path, id) of every warehouse path."""
    return tuple(
        (f"/sql/{kind.lower()}/", value.strip(_TRAILING)) for kind, value in _WAREHOUSE.findall(rest)
    )


def _host(mentions: list[_Mention], problems: list[AddressProblem]) -> str:
    """The one host that is meant, however it is judged; empty when none or none for certain."""
    hosts = {m.host: m.kind for m in mentions if m.kind is not None}
    if any(m.user_info for m in mentions):
        message = "The address holds a name or password before the @ sign."
        problems.append(
            AddressProblem("host.user_info", message, "Paste it without what stands before the @.")
        )
        return ""
    if Kind.LOOK_ALIKE in hosts.values():
        problems.append(_refusal(Kind.LOOK_ALIKE))
        return ""
    usable = [host for host, kind in hosts.items() if kind is Kind.WORKSPACE]
    usable = usable or [host for host, kind in hosts.items() if kind is Kind.UNIFIED]
    foreign = [host for host, kind in hosts.items() if kind in _FOREIGN]
    if len(usable) > 1 or (usable and foreign) or len(foreign) > 1:
        message = f"The paste names two workspaces: {', '.join([*usable, *foreign][:2])}."
        problems.append(AddressProblem("host.conflict", message, "Paste the address of one workspace alone."))
        return ""
    if usable:
        _judge_form([m for m in mentions if m.host == usable[0]], problems)
        return usable[0]
    order = (*_FOREIGN, Kind.ACCOUNT, Kind.LOGIN, Kind.SITE, Kind.OTHER)
    refused = sorted((order.index(kind), host) for host, kind in hosts.items() if kind is not None)
    if not refused:
        problems.append(AddressProblem("host.missing", "There is no workspace address in the paste.", _HOW))
        return ""
    place, host = refused[0]
    problems.append(_refusal(order[place]))
    return host if order[place] is not Kind.OTHER else ""


def _judge_form(mentions: list[_Mention], problems: list[AddressProblem]) -> None:
    """Problems of a good host written in a way that a workspace's address never has."""
    if any(m.login for m in mentions):
        problems.append(_refusal(Kind.LOGIN))
    if any(m.port not in ("", "443") for m in mentions):
        message = "The address names a port; a workspace answers on 443 only."
        problems.append(AddressProblem("host.port", message, "Paste the address without the port."))
    if any(m.scheme and not _SCHEME.match(m.scheme + "://") for m in mentions):
        message = "The address is not a web address: it does not begin with https://."
        problems.append(AddressProblem("host.scheme", message, _HOW))


def _refusal(kind: Kind) -> AddressProblem:
    refusal = REFUSALS[kind]
    return AddressProblem(f"host.{kind}", refusal.message, refusal.remedy)


def _workspace_id(
    mentions: list[_Mention], problems: list[AddressProblem], notes: list[AddressProblem]
) -> tuple[str, str]:
    """The id and the part it came from; both empty when there is none, or none for certain."""
    given = [(name, value) for m in mentions for name, value in m.ids if value]
    numbers = {value: name for name, value in reversed(given) if _NUMBER.match(value)}
    odd = [(name, value) for name, value in given if not _NUMBER.match(value)]
    strict = [(name, value) for name, value in odd if name != "w" or not numbers]
    if len(numbers) > 1:
        message = f"The paste holds different workspace ids: {', '.join(sorted(numbers))}."
        problems.append(AddressProblem("id.conflict", message, _HOW))
        return "", ""
    for name, value in strict:
        if value.strip("0") == "":
            message = f"{name}=0 means that the address does not name a workspace."
            problems.append(
                AddressProblem("id.zero", message, "Sign in to the workspace, then copy its address again.")
            )
        else:
            message = f"The value of {name}= is not a workspace id: ids are whole numbers."
            problems.append(AddressProblem("id.not_numeric", message, _HOW))
    if strict or not numbers:
        return "", ""
    if odd:
        message = "The address also names the workspace by a word (w=); the number counts."
        notes.append(AddressProblem("id.word", message, ""))
    value, name = next(iter(numbers.items()))
    return value, f"{name}={value}"


def _warehouse(mentions: list[_Mention], notes: list[AddressProblem]) -> tuple[str, str]:
    """The warehouse id and the path it came from; both empty when there is none, or none for certain."""
    found = {value.lower(): path for m in mentions for path, value in m.warehouses}
    good = {value: path for value, path in found.items() if _WAREHOUSE_ID.match(value)}
    if len(good) == 1:
        value, path = next(iter(good.items()))
        return value, f"{path}{value}"
    if good:
        message = "The paste names several warehouses; you can choose one later."
        notes.append(AddressProblem("warehouse.conflict", message, ""))
    elif found:
        message = "What stands where the warehouse id should be is none; you can choose a warehouse later."
        notes.append(AddressProblem("warehouse.unusual", message, ""))
    return "", ""


def _remark(
    host: str, kind: Kind, workspace_id: str, problems: list[AddressProblem], notes: list[AddressProblem]
) -> None:
    """Notes about an address that can be used but is worth a word."""
    if kind not in _USABLE:
        return
    if not workspace_id and not any(p.code.startswith("id.") for p in problems):
        message = "The address has no o= with the workspace id; the workspace itself will be asked for it."
        notes.append(AddressProblem("id.missing", message, ""))
    if host.split(".")[0] in _REGIONAL:
        message = "This is an old regional address; the workspace's own address (dbc-….) is safer."
        notes.append(AddressProblem("host.regional", message, "Sign in and copy the address again."))
    if kind is Kind.UNIFIED:
        message = "This is a company's address for many workspaces; the workspace's own address is safer."
        notes.append(AddressProblem("host.unified", message, "Prefer the address that begins with dbc-."))
