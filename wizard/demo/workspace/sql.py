"""The few statements the pretend workspace understands, read into plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias


class SyntaxRefused(Exception):
    """A statement outside the few that are understood."""

    def __init__(self, near: str) -> None:
        super().__init__(near)
        self.near = near or "end of input"


@dataclass(frozen=True)
class Literals:
    """`SELECT 1 AS one, 'a'`: columns (name, Spark type, value as text or None)."""

    columns: tuple[tuple[str, str, str | None], ...]


@dataclass(frozen=True)
class ListFiles:
    """`LIST 's3://bucket/prefix'`."""

    bucket: str
    prefix: str
    limit: int


@dataclass(frozen=True)
class ReadFile:
    """`SELECT … FROM read_files(…)` or from csv.`…`."""

    bucket: str
    key: str
    header: bool
    columns: tuple[str, ...]
    """Asked columns in order; `*` for all of them."""
    count_as: str
    """Name of the count column when `count(*)` was asked; empty otherwise."""
    limit: int
    rescued: bool
    """True when the reader adds its `_rescued_data` column."""


@dataclass(frozen=True)
class ReadTable:
    """`SELECT * FROM hive_metastore.db.table`."""

    database: str
    table: str
    limit: int


@dataclass(frozen=True)
class ShowTables:
    """`SHOW TABLES IN db`."""

    database: str


@dataclass(frozen=True)
class ShowSchemas:
    """`SHOW SCHEMAS` or `SHOW DATABASES`."""


Statement: TypeAlias = Literals | ListFiles | ReadFile | ReadTable | ShowTables | ShowSchemas

_STRING = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_NAME = r"(?:`[^`]+`|(?!(?:FROM|WHERE|LIMIT|AS|ORDER|GROUP)\b)\w+)"
_LIMIT = r"(?:\s+LIMIT\s+(?P<limit>\d+))?"
_FLAGS = re.IGNORECASE | re.DOTALL
_LIST = re.compile(rf"LIST\s+(?P<path>{_STRING}){_LIMIT}\Z", _FLAGS)
_READ = re.compile(
    rf"SELECT\s+(?P<what>.+?)\s+FROM\s+read_files\s*\(\s*(?P<path>{_STRING})(?P<options>[^()]*)\){_LIMIT}\Z",
    _FLAGS,
)
_CSV = re.compile(rf"SELECT\s+(?P<what>.+?)\s+FROM\s+csv\.`(?P<path>[^`]+)`{_LIMIT}\Z", _FLAGS)
_TABLE = re.compile(
    rf"SELECT\s+\*\s+FROM\s+(?:`?hive_metastore`?\.)?(?P<database>{_NAME})\.(?P<table>{_NAME}){_LIMIT}\Z",
    _FLAGS,
)
_SHOW_TABLES = re.compile(
    rf"SHOW\s+TABLES\s+(?:IN|FROM)\s+(?:`?hive_metastore`?\.)?(?P<name>{_NAME})\Z", _FLAGS
)
_SHOW_SCHEMAS = re.compile(r"SHOW\s+(?:SCHEMAS|DATABASES)(?:\s+(?:IN|FROM)\s+`?hive_metastore`?)?\Z", _FLAGS)
_SELECT = re.compile(r"SELECT\s+(?P<what>.+)\Z", _FLAGS)
_ITEM = re.compile(
    rf"(?P<value>{_STRING}|-?\d+\.\d+|-?\d+|TRUE|FALSE|NULL)(?:\s+(?:AS\s+)?(?P<name>{_NAME}))?\Z", _FLAGS
)
_COUNT = re.compile(rf"COUNT\s*\(\s*(?:\*|1)\s*\)(?:\s+(?:AS\s+)?(?P<name>{_NAME}))?\Z", _FLAGS)
_OPTION = re.compile(rf"(?P<key>\w+)\s*=>\s*(?P<value>{_STRING}|\w+)", _FLAGS)
_SPLIT = re.compile(rf",(?=(?:[^'\"]|{_STRING})*\Z)", _FLAGS)
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def read(statement: str) -> Statement:
    """Reads one statement. Raises SyntaxRefused naming the word where understanding ended."""
    text = _COMMENTS.sub(" ", statement).strip().rstrip(";").strip()
    if match := _LIST.match(text):
        bucket, prefix = _s3(_unquote(match["path"]))
        return ListFiles(bucket, prefix, int(match["limit"] or 0))
    if match := _READ.match(text):
        options = {m["key"].lower(): _unquote(m["value"]).lower() for m in _OPTION.finditer(match["options"])}
        if options.get("format", "csv") != "csv":
            raise SyntaxRefused(options["format"])
        return _file(match, _unquote(match["path"]), header=options.get("header") == "true", rescued=True)
    if match := _CSV.match(text):
        return _file(match, match["path"], header=False, rescued=False)
    if match := _TABLE.match(text):
        return ReadTable(_unquote(match["database"]), _unquote(match["table"]), int(match["limit"] or 0))
    if match := _SHOW_TABLES.match(text):
        return ShowTables(_unquote(match["name"]))
    if _SHOW_SCHEMAS.match(text):
        return ShowSchemas()
    if match := _SELECT.match(text):
        return Literals(tuple(_literal(item.strip()) for item in _SPLIT.split(match["what"])))
    raise SyntaxRefused(text.split(None, 1)[0] if text else "")


def _file(match: re.Match[str], path: str, *, header: bool, rescued: bool) -> ReadFile:
    bucket, key = _s3(path)
    limit = int(match["limit"] or 0)
    what = match["what"].strip()
    if counted := _COUNT.match(what):
        name = _unquote(counted["name"] or "count(1)")
        return ReadFile(bucket, key, header, (), name, limit, rescued)
    columns = tuple(part.strip() for part in what.split(","))
    for column in columns:
        if column != "*" and not re.fullmatch(_NAME, column):
            raise SyntaxRefused(column)
    return ReadFile(bucket, key, header, tuple(_unquote(c) for c in columns), "", limit, rescued)


def _literal(item: str) -> tuple[str, str, str | None]:
    match = _ITEM.match(item)
    if not match:
        raise SyntaxRefused(item.split(None, 1)[0] if item else "")
    raw = match["value"]
    name = _unquote(match["name"] or "") or _unquote(raw)
    if raw[0] in "'\"":
        return name, "STRING", _unquote(raw)
    if raw.upper() == "NULL":
        return name, "VOID", None
    if raw.upper() in ("TRUE", "FALSE"):
        return name, "BOOLEAN", raw.lower()
    return name, "DECIMAL" if "." in raw else "INT", raw


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"`" else text


def _s3(path: str) -> tuple[str, str]:
    match = re.match(r"s3a?://([^/]+)/?(.*)\Z", path, re.DOTALL)
    if not match:
        raise SyntaxRefused(path)
    return match[1], match[2]
