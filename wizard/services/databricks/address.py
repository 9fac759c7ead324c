"""What a pasted address says about a workspace: host, workspace id, warehouse id. Pure and total.

Nothing is asked over the network and nothing is guessed: what cannot be read for certain is a problem with a
way out. Sources: https://docs.databricks.com/aws/en/workspace/workspace-details (`o=`), the Databricks CLI's
host parameters (`w=`, `workspace_id=`, `a=`) and connection details (`/sql/1.0/warehouses/…`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from wizard.core.text import without_sequences
from wizard.services.databricks.hosts import REFUSALS, Kind, classify, cloud, poses
from wizard.services.databricks.mentions import mentions as mentioned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.services.databricks.mentions import Mention


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


_UNSEEN = "".join(
    map(chr, (*range(9), *range(14, 32), 0x7F, 0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F)))
) + "".join(map(chr, range(0x2060, 0x206A)))
"""Controls and characters of no width; a look-alike cannot hide behind them."""
_NUMBER = re.compile(r"[1-9][0-9]{0,19}\Z")
_WAREHOUSE_ID = re.compile(r"[0-9a-f]{16}\Z|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_BROKEN = re.compile(
    r"""[?&#;](?:o|w|workspace_id)=(?:
        ([0-9]*)[ \t]*\r?\n[ \t]*([0-9]+)[ \t]*(?:[\r\n&#]|\Z)   # goes on in the next line
        | [0-9]{1,3}(?:[ \u00a0\u202f'][0-9]{3})+(?![0-9])             # digits in groups
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_USABLE = (Kind.WORKSPACE, Kind.UNIFIED)
_SCHEMES = ("https", "databricks", "spark", "jdbc:databricks", "jdbc:spark", "jdbc:https", "jdbc:http")
_FOREIGN = (Kind.AZURE, Kind.GCP, Kind.CHINA, Kind.GOVERNMENT)
_REGIONAL = frozenset(("oregon", "nvirginia", "ohio", "canada", "ireland", "frankfurt", "london", "tokyo"))
_HOW = "Open the workspace in the browser and copy the whole address, with the number after o=."


def read(paste: str) -> Address:
    """Reads whatever was pasted. Never raises; takes time in proportion to the length of the paste."""
    text = _visible(paste)
    problems: list[AddressProblem] = []
    notes: list[AddressProblem] = []
    if not text.strip():
        return Address(problems=(AddressProblem("empty", "Nothing was pasted.", _HOW),))
    mentions, cut = mentioned(text)
    if cut:
        message = "The paste is too long to be sure which address is meant."
        problems.append(AddressProblem("too_long", message, "Paste the address alone."))
    host = _host(mentions, problems, notes)
    if host and _is_half(host, mentions, text):
        message = "The host name is broken across two lines."
        problems.append(AddressProblem("host.broken", message, "Copy the address again, in one line."))
        host = ""
    mine = [m for m in mentions if m.kind is None or m.host == host]
    workspace_id, id_source = _workspace_id(mine, problems, notes)
    named = any(m.ids for m in mentions)
    if named and any(not m[2] or m[1] != m[2] for m in _BROKEN.finditer(text)):
        message = "The workspace id is broken into parts."
        problems.append(AddressProblem("id.broken", message, "Copy the address again, in one line."))
        workspace_id = id_source = ""
    warehouse_id, warehouse_source = _warehouse(mine, notes)
    kind = classify(host) if host else Kind.OTHER
    _remark(host, kind, workspace_id, problems, notes)
    sources = {
        "host": next((m.origin for m in mentions if host and m.host == host), ""),
        "workspace_id": id_source,
        "warehouse_id": warehouse_source,
    }
    return Address(
        host=host,
        workspace_id=workspace_id,
        warehouse_id=warehouse_id,
        cloud=cloud(host),
        problems=tuple(dict.fromkeys(problems)),
        sources={name: source for name, source in sources.items() if source},
        notes=tuple(dict.fromkeys(notes)),
    )


def _visible(paste: str) -> str:
    """The paste without what nobody sees."""
    text = without_sequences(paste)
    for sign in _UNSEEN:
        # Looking first is what makes a megabyte quick.
        if sign in text:
            text = text.replace(sign, "")
    return text


def kept(paste: str) -> str:
    """What is remembered of a paste: the address alone, without a password that a connection string may hold."""
    found = read(paste)
    path = f"/sql/warehouses/{found.warehouse_id}" if found.warehouse_id else "/"
    return (
        f"{found.url}{path}" + (f"?o={found.workspace_id}" if found.workspace_id else "") if found.ok else ""
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


def _host(mentions: list[Mention], problems: list[AddressProblem], notes: list[AddressProblem]) -> str:
    """The one host that is meant, however it is judged; empty when none or none for certain."""
    hosts = {m.host: m.kind for m in mentions if m.kind is not None}
    usable = [host for host, kind in hosts.items() if kind is Kind.WORKSPACE]
    usable = usable or [host for host, kind in hosts.items() if kind is Kind.UNIFIED]
    foreign = [host for host, kind in hosts.items() if kind in _FOREIGN]
    alike = [host for host, kind in hosts.items() if kind is Kind.LOOK_ALIKE]
    if any(m.user_info for m in mentions):
        message = "The address holds a name or password before the @ sign."
        problems.append(
            AddressProblem("host.user_info", message, "Paste it without what stands before the @.")
        )
        return ""
    # A text about a workspace may well mention a company's own pages that have Databricks in their name.
    if alike and (not usable or any(map(poses, alike))):
        problems.append(_refusal(Kind.LOOK_ALIKE))
        return ""
    if len(usable) > 1 or (usable and foreign) or len(foreign) > 1:
        message = f"The paste names two workspaces: {', '.join([*usable, *foreign][:2])}."
        problems.append(AddressProblem("host.conflict", message, "Paste the address of one workspace alone."))
        return ""
    if usable:
        _judge_form([m for m in mentions if m.host == usable[0]], problems, notes)
        return usable[0]
    return _none_usable(mentions, hosts, problems)


def _is_half(host: str, mentions: list[Mention], text: str) -> bool:
    """True when a line break cut the name, so that only its end was read."""
    for before, after in pairwise(mentions):
        begun = before.kind is Kind.OTHER and before.scheme and before.host and "." not in before.host
        if begun and after.host == host and not after.scheme:
            return True
    return bool(re.search(r"[A-Za-z0-9]-[ \t]*\r?\n[ \t>]*" + re.escape(host), text, re.IGNORECASE))


def _none_usable(
    mentions: list[Mention], hosts: Mapping[str, Kind | None], problems: list[AddressProblem]
) -> str:
    """Says why no host of the paste will do; gives the one that is nearest to a workspace, if any."""
    order = (*_FOREIGN, Kind.ACCOUNT, Kind.LOGIN, Kind.SITE, Kind.MALFORMED, Kind.OTHER)
    refused = sorted((order.index(kind), host) for host, kind in hosts.items() if kind is not None)
    if not refused:
        problems.append(AddressProblem("host.missing", "There is no workspace address in the paste.", _HOW))
        return ""
    place, host = refused[0]
    if order[place] is Kind.OTHER and any(m.sealed for m in mentions):
        message = "This is a short or protected link; the real address is not in it."
        problems.append(AddressProblem("host.wrapped", message, "Open the link in the browser. " + _HOW))
        return ""
    problems.append(_refusal(order[place]))
    return host if order[place] not in (Kind.OTHER, Kind.MALFORMED) else ""


def _judge_form(mentions: list[Mention], problems: list[AddressProblem], notes: list[AddressProblem]) -> None:
    """What there is to say about a good host that is written in an odd way."""
    if any(m.login for m in mentions):
        problems.append(_refusal(Kind.LOGIN))
    ports = [m.port for m in mentions if m.port not in ("", "443")]
    if any(not (port.isascii() and port.isdigit()) for port in ports):
        message = "What stands behind the colon is no port; a workspace answers on 443 only."
        problems.append(AddressProblem("host.port", message, "Paste the address without it."))
    elif ports:
        message = f"The port {ports[0][:5]} is left out; a workspace answers on 443 only."
        notes.append(AddressProblem("host.port_ignored", message, ""))
    if any(m.scheme and m.scheme not in _SCHEMES for m in mentions):
        message = "The address is not a web address: it does not begin with https://."
        problems.append(AddressProblem("host.scheme", message, _HOW))


def _refusal(kind: Kind) -> AddressProblem:
    refusal = REFUSALS[kind]
    return AddressProblem(f"host.{kind}", refusal.message, refusal.remedy)


def _workspace_id(
    mentions: list[Mention], problems: list[AddressProblem], notes: list[AddressProblem]
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


def _warehouse(mentions: list[Mention], notes: list[AddressProblem]) -> tuple[str, str]:
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
