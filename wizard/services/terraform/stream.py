"""One line of a `-json` stream as a message. Whatever else a line holds is a message too, never an error.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from wizard.core.event import Level
from wizard.core.text import clean, one_line

JUNK = "junk"
_LEVELS: Mapping[str, Level] = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "error": "error",
}
_LONGEST = 1 << 23
_INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')
_DATA = re.compile(r"(?:module\.[^.]+\.)*data\.")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class Message:
    """One line, cleaned where it is shown. `data` holds the raw fields of its type."""

    type: str
    """As Terraform names it, or `junk` for a line that is no message."""
    text: str
    level: Level = "info"
    data: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def address(self) -> str:
        """The resource it is about, empty when it is about none."""
        holder = self.data.get("hook") or self.data.get("change") or {}
        resource = holder.get("resource") if isinstance(holder, dict) else None
        named = resource.get("addr") if isinstance(resource, dict) else self.data.get("address")
        return one_line(named or "", 300)

    @cached_property
    def action(self) -> str:
        """create, update, delete, replace, read, noop, import, move; empty when it has none."""
        holder = self.data.get("hook") or self.data.get("change") or {}
        return one_line(holder.get("action", ""), 20) if isinstance(holder, dict) else ""

    @property
    def seconds(self) -> float:
        """Elapsed time that it reports."""
        hook = self.data.get("hook")
        value = hook.get("elapsed_seconds", 0) if isinstance(hook, dict) else 0
        return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0


@dataclass(frozen=True)
class Diagnostic:
    """What went wrong, as Terraform tells it."""

    severity: str
    summary: str
    detail: str
    address: str
    place: str
    """`iam.tf line 12`, empty when it names no line."""
    snippet: str
    """The lines of the file that it is about."""
    file: str = ""
    line: int = 0
    """Number of the snippet's first line, 0 when there is none."""
    context: str = ""
    """The block around it: `resource "aws_s3_bucket" "data"`."""
    marked: tuple[int, int] = (0, 0)
    """Characters of the snippet that are meant, from and to."""
    values: tuple[str, ...] = ()
    """What the expressions in it come to: `var.prefix is "Bad"`."""

    @property
    def text(self) -> str:
        """Summary and detail together; the AWS provider puts everything into the summary."""
        return f"{self.summary}\n{self.detail}".strip()


def parse(line: str) -> Message:
    """The message in `line`. Total: a line that is not JSON, not an object or of no known type still is one."""
    if len(line) <= _LONGEST and line.lstrip().startswith("{"):
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict) and isinstance(data.get("type"), str):
            if ("\\ud" in line or "\\uD" in line) and _SURROGATE.search(line):
                # Half a pair is no character: a terminal cannot be sent one.
                data = {name: cleaned(value) for name, value in data.items()}
            text = clean(data.get("@message", ""), 20_000)
            level = _LEVELS.get(str(data.get("@level", "info")), "info")
            return Message(one_line(data["type"], 60), text, level, data)
    return Message(JUNK, clean(line, 20_000), "debug")


def diagnostic(message: Message) -> Diagnostic:
    """The diagnostic of a message of that type."""
    found = message.data.get("diagnostic")
    data: Mapping[str, Any] = found if isinstance(found, dict) else {}
    span, shown = _mapping(data.get("range")), _mapping(data.get("snippet"))
    start = span.get("start")
    file = one_line(span.get("filename", ""), 160)
    place = one_line(f"{file} line {start.get('line', '?')}", 200) if isinstance(start, dict) else ""
    code = str(shown.get("code", ""))[:2_000]
    values = shown.get("values")
    return Diagnostic(
        severity=one_line(data.get("severity", "error"), 20),
        summary=clean(data.get("summary", message.text), 20_000),
        detail=clean(data.get("detail", ""), 20_000),
        address=one_line(data.get("address") or "", 300),
        place=place,
        snippet=clean(code, 2_000),
        file=file,
        line=_number(shown.get("start_line")),
        context=one_line(shown.get("context") or "", 160),
        marked=(_within(code, shown, "start"), _within(code, shown, "end")),
        values=tuple(
            one_line(f"{each.get('traversal', '')} {each.get('statement', '')}", 200)
            for each in (values if isinstance(values, list) else [])[:20]
            if isinstance(each, dict)
        ),
    )


def validation(document: Mapping[str, Any]) -> list[Diagnostic]:
    """What `validate -json` found; nothing in a document of another shape."""
    found = document.get("diagnostics")
    entries = found if isinstance(found, list) else []
    return [diagnostic(Message("diagnostic", "", "error", {"diagnostic": each})) for each in entries]


def _within(code: str, shown: Mapping[str, Any], end: str) -> int:
    """Terraform counts bytes of the snippet; a screen needs characters."""
    offset = _number(shown.get(f"highlight_{end}_offset"))
    return len(code.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore"))


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def outputs(message: Message) -> dict[str, object]:
    """The values in a message of that type, cleaned; those a plan does not know yet have none."""
    found = message.data.get("outputs")
    if not isinstance(found, dict):
        return {}
    return {
        one_line(name, 200): cleaned(each["value"])
        for name, each in found.items()
        if isinstance(each, dict) and "value" in each
    }


def cleaned(value: object) -> object:
    """A value of Terraform's with nothing in its texts that a terminal would obey."""
    if isinstance(value, str):
        return clean(value).encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [cleaned(each) for each in value]
    if isinstance(value, dict):
        return {str(cleaned(name)): cleaned(each) for name, each in value.items()}
    return value


def without_index(address: str) -> str:
    """`module.m["a"].aws_s3_bucket.b[0]` as it is declared: `module.m.aws_s3_bucket.b`."""
    return _INDEX.sub("", address)


def is_data(address: str) -> bool:
    """A data source: it is read, never changed."""
    return "data." in address and _DATA.match(without_index(address)) is not None
