"""The variables that the folder and the environment give, and the module's own checks of them.

A recording knows one module with two open variables, the prefix and the workspaces. Values are literals, as
they are in a .tfvars file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.demo.recording.session import Json
from wizard.demo.recording.tape import Tape

PREFIX_NAME = "project_prefix"
WORKSPACES_NAME = "databricks_serverless_workspace_ids"
_OPEN = (PREFIX_NAME, WORKSPACES_NAME)

_TOKEN = re.compile(
    r"""(?P<gap>[ \t\r\n]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"\\\n]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_][\w-]*)
      | (?P<mark>[\[\]{}=:,])""",
    re.X | re.S,
)
_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None}


class CannotRead(Exception):
    """A .tfvars file holds something other than plain values."""


@dataclass(frozen=True)
class Invalid:
    """A value that a validation block of variables.tf refuses."""

    name: str
    message: str
    """The block's own error_message."""
    line: int
    """Line of the validation block in variables.tf."""


def given(folder: Path, files: Sequence[Path], environ: Mapping[str, str]) -> dict[str, Json]:
    """Every value given, later sources winning as in Terraform: environment, tfvars, auto.tfvars, -var-file.

    Raises CannotRead. Source: https://developer.hashicorp.com/terraform/language/values/variables
    """
    values: dict[str, Json] = {}
    for name, text in environ.items():
        if name.startswith("TF_VAR_"):
            values[name.removeprefix("TF_VAR_")] = _from_environment(text)
    standard = [folder / "terraform.tfvars", folder / "terraform.tfvars.json"]
    automatic = sorted([*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json")])
    for path in [*standard, *automatic, *files]:
        if path.exists() or path in files:
            values |= read(path)
    return values


def _from_environment(text: str) -> Json:
    try:
        return _Reader(text).value() if text[:1] in ("[", "{") else text
    except CannotRead:
        return text


def read(path: Path) -> dict[str, Json]:
    """The assignments of one file. Raises CannotRead, with the file and what was met."""
    try:
        text = path.read_text("utf-8")
        if path.suffix == ".json":
            return dict(json.loads(text))
        return _Reader(text).assignments()
    except (OSError, ValueError, CannotRead) as error:
        raise CannotRead(f"{path.name} cannot be read by the recording: {error}") from error


class _Reader:
    """Reads the part of HCL that .tfvars files are written in: literals, lists and maps."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0

    def assignments(self) -> dict[str, Json]:
        """`name = value`, again and again, to the end."""
        values: dict[str, Json] = {}
        while self._place < len(self._tokens):
            name = self._take()
            self._expect("=")
            values[name.strip('"')] = self.value()
        return values

    def value(self) -> Json:
        """One literal, list or map."""
        token = self._take()
        if token == "[":
            return self._list()
        if token == "{":
            return self._map()
        if token.startswith('"'):
            return _text(token)
        if token in _WORDS:
            return _WORDS[token]
        if re.fullmatch(r"-?\d+(\.\d+)?", token):
            return float(token) if "." in token else int(token)
        raise CannotRead(f"{token} is not a plain value.")

    def _list(self) -> Json:
        values: list[Json] = []
        while not self._skip("]"):
            values.append(self.value())
            if not self._skip(","):
                self._expect("]")
                break
        return values

    def _map(self) -> Json:
        values: dict[str, Json] = {}
        while not self._skip("}"):
            name = self._take().strip('"')
            if not self._skip("="):
                self._expect(":")
            values[name] = self.value()
            self._skip(",")
        return values

    def _take(self) -> str:
        if self._place == len(self._tokens):
            raise CannotRead("the file ends in the middle of a value.")
        self._place += 1
        return self._tokens[self._place - 1]

    def _skip(self, mark: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == mark:
            self._place += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        token = self._take()
        if token != mark:
            raise CannotRead(f"{token} stands where {mark} should.")


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise CannotRead(f"{text[place : place + 20].splitlines()[0]!r} is not a plain value.")
        place = match.end()
        if match.lastgroup != "gap":
            yield match[0]


def _text(token: str) -> str:
    if re.search(r"(?<![$%])[$%]\{", token):
        raise CannotRead(f"{token} is computed; here only plain text is allowed.")
    return str(json.loads(token)).replace("$${", "${").replace("%%{", "%{")


def unknown_to(tape: Tape, values: Mapping[str, Json]) -> list[str]:
    """Names of module variables whose values were not recorded."""
    recorded = tape.upgrade.show["variables"]
    return [
        name
        for name, value in values.items()
        if name in recorded and name not in _OPEN and value != recorded[name]["value"]
    ]


def prefix(values: Mapping[str, Json]) -> str:
    """The project prefix."""
    return str(values.get(PREFIX_NAME, "htd"))


def workspaces(values: Mapping[str, Json]) -> tuple[str, ...]:
    """The workspaces, each once, in the order given. Raises CannotRead for something other than a list."""
    entries = values.get(WORKSPACES_NAME, [])
    if not isinstance(entries, list):
        raise CannotRead(f"{WORKSPACES_NAME} must be a list of texts.")
    return tuple(dict.fromkeys(str(entry) for entry in entries))


def invalid(values: Mapping[str, Json], folder: Path) -> list[Invalid]:
    """What the validation blocks of variables.tf refuse: the same rules, in their own words.

    Raises CannotRead when the workspaces are no list.
    """
    checks: dict[str, list[Callable[[], bool]]] = {
        PREFIX_NAME: [
            lambda: re.fullmatch(r"[a-z][a-z0-9-]{1,28}[a-z0-9]", prefix(values)) is not None,
            lambda: not prefix(values).startswith(("xn--", "sthree-", "amzn-s3-demo-")),
        ],
        WORKSPACES_NAME: [
            lambda: all(
                re.fullmatch(r"databricks-serverless-[1-9][0-9]*", one) for one in workspaces(values)
            ),
        ],
    }
    text = (folder / "variables.tf").read_text("utf-8")
    found = []
    for name, rules in checks.items():
        for rule, (message, line) in zip(rules, _messages(text, name), strict=True):
            if not rule():
                found.append(Invalid(name, message, line))
    return found


def _messages(text: str, name: str) -> list[tuple[str, int]]:
    """error_message and line of each validation block of one variable."""
    start = text.index(f'variable "{name}"')
    end = text.find("\nvariable ", start)
    block = text[start : end if end > 0 else len(text)]
    messages = []
    for match in re.finditer(r"\n  validation \{.*?error_message = (\".*?\")\n", block, re.S):
        line = text.count("\n", 0, start + match.start() + 1) + 1
        messages.append((str(json.loads(match[1])), line))
    return messages
