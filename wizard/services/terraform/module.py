"""The Terraform module: which folder it is, and what it declares."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import private
from wizard.core.problem import Problem
from wizard.core.text import one_line

VARIABLE = "databricks_serverless_workspace_ids"
OUTPUTS = ("instance_profile_arn", "role_arn")

UNSAVED = "errored.tfstate"
"""What Terraform leaves in the folder when it cannot save its state."""
_STAMP = ".htd-wizard-module"
_TEXT = r'"(?:\\.|[$%]\{(?:[^{}"]|"(?:\\.|[^"\\])*"|\{[^{}]*\})*\}|[^"\\\n])*"'
"""A text in quotes, with templates in it."""
_CODE = re.compile(
    rf"""
    (?P<text>{_TEXT})
    | \#[^\n]* | //[^\n]* | /\*.*?\*/
    | <<-?(?P<tag>\w+)\n.*?^[ \t]*(?P=tag)$
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
"""Texts, which are kept, and comments and heredocs, which are not: both may look like blocks."""
_BLOCK = re.compile(r'(?m)^\s*(resource|data|variable|output)\s+"([^"\n]+)"(?:\s+"([^"\n]+)")?\s*\{')

_LOCAL = re.compile(r'(?m)^\s*backend\s+"local"\s*\{([^}]*)\}')
_WHERE = re.compile(r'\b(path|workspace_dir)\s*=\s*"([^"$\n]*)"')
_ELSEWHERE = re.compile(r'(?m)^\s*(?:backend\s+"(?!local")\w+"|cloud)\s*\{')


@dataclass(frozen=True)
class ModuleFolder:
    """Where the module is, and why there."""

    path: Path
    origin: str


@dataclass(frozen=True)
class Declared:
    """One block of the module."""

    block: str
    """`resource`, `data`, `variable` or `output`."""
    type: str
    """Resource type; for variables and outputs their name."""
    name: str = ""

    @property
    def address(self) -> str:
        """As Terraform writes it, without an index."""
        prefix = "data." if self.block == "data" else ""
        return f"{prefix}{self.type}.{self.name}" if self.name else self.type


def packaged() -> Path:
    """The module that comes with the wizard: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parents[2]
    inside = package / "module"
    return inside if inside.is_dir() else package.parent / "terraform"


def locate(given: Path | None, cwd: Path, data: Path, deployment: str, source: Path) -> ModuleFolder:
    """The folder to work in: the one named, one called terraform/ here, or the wizard's own copy.

    `data` is the wizard's data folder and `source` the packaged module. Raises Problem when the folder will not do.
    """
    if given is not None:
        if not _configured(given):
            raise _no_module(given)
        return ModuleFolder(given.resolve(), "named with --terraform-dir")
    here = cwd / "terraform"
    if _configured(here):
        return ModuleFolder(here.resolve(), "found where the wizard was started")
    folder = private(data / "deployments" / _plain(deployment))
    found = ModuleFolder(folder, "the wizard's own copy of its module")
    if not (folder / UNSAVED).exists():
        # Nothing is changed before an unsaved state is put back.
        _refresh(folder, source)
    return found


def declared(folder: Path) -> list[Declared]:
    """Every block of every file, in the files' order, those in Terraform's JSON syntax last."""
    found: list[Declared] = []
    for file in sorted(folder.glob("*.tf")):
        text = code(file.read_text("utf-8-sig", errors="replace"))
        found += [
            Declared(one_line(kind, 20), one_line(first, 200), one_line(second or "", 200))
            for kind, first, second in _BLOCK.findall(text)
        ]
    for file in sorted(folder.glob("*.tf.json")):
        found += _declared_in_json(file)
    return found


def _declared_in_json(file: Path) -> Iterator[Declared]:
    """The blocks of one file; none when it is not valid.

    Source: https://developer.hashicorp.com/terraform/language/syntax/json
    """
    try:
        document = json.loads(file.read_text("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return
    for kind, value in _members(document):
        for first, inner in _members(value):
            if kind in ("variable", "output"):
                yield Declared(kind, one_line(first, 200))
            if kind in ("resource", "data"):
                for second, _ in _members(inner):
                    yield Declared(kind, one_line(first, 200), one_line(second, 200))


def _members(value: object) -> Iterator[tuple[str, object]]:
    """Names and bodies of blocks, which may stand alone or in a list."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield from ((name, inner) for name, inner in each.items() if name != "//")


def code(text: str) -> str:
    """The text of a file without its comments and heredocs."""
    return _CODE.sub(lambda found: found["text"] or "", text.removeprefix("\ufeff").replace("\r\n", "\n"))


def keeps_state_elsewhere(folder: Path) -> bool:
    """A backend or a cloud is named: preparing the folder may need credentials."""
    return any(
        _ELSEWHERE.search(code(file.read_text("utf-8-sig", errors="replace"))) for file in folder.glob("*.tf")
    )


def local_backend(folder: Path) -> dict[str, str]:
    """`path` and `workspace_dir` of the module's `backend "local"`, where they are written out."""
    for file in folder.glob("*.tf"):
        if block := _LOCAL.search(code(file.read_text("utf-8-sig", errors="replace"))):
            return dict(_WHERE.findall(block[1]))
    return {}


def check(folder: Path) -> None:
    """Raises Problem unless the module has the variable and the outputs that the journey works with."""
    names = {(each.block, each.type) for each in declared(folder)}
    missing = [f"the variable {VARIABLE}"] if ("variable", VARIABLE) not in names else []
    missing += [f"the output {name}" for name in OUTPUTS if ("output", name) not in names]
    if missing:
        raise Problem(
            code="module.other",
            what=f"The Terraform module in {folder} lacks {', '.join(missing)}.",
            why="The wizard sets that variable and reads those outputs; another module has other ones.",
            remedy="Name the right folder with --terraform-dir, add what is missing, or start the wizard elsewhere "
            "to use its own module.",
        )


def _configured(folder: Path) -> bool:
    return folder.is_dir() and any([*folder.glob("*.tf"), *folder.glob("*.tf.json")])


def refuse_unsaved_state(folder: Path, typed: str = "terraform") -> None:
    """A folder whose last run could not save its state must be mended first: a new plan would not know of it.

    `typed`: how a person starts the engine. Raises Problem.
    """
    if (folder / UNSAVED).exists():
        raise Problem(
            code="terraform.errored_state",
            what="The last Terraform run in this folder could not save its state.",
            why=f"It left errored.tfstate in {folder}. A new plan would make again what is there already.",
            remedy="Put the state back with the command below, check it with a plan, then remove errored.tfstate.",
            copy=f"{typed} {shlex.quote(f'-chdir={folder}')} state push -force errored.tfstate",
        )


def _refresh(folder: Path, source: Path) -> None:
    """Bring the copy up to the packaged module; the operator's values and the state are never touched.

    The stamp names the files that were copied, so that one that the module no longer has is taken away again.
    """
    files = sorted(source.glob("*.tf"))
    names = [file.name for file in files]
    digest = hashlib.sha256(b"".join(file.name.encode() + file.read_bytes() for file in files)).hexdigest()
    mark = folder / _STAMP
    before, *copied = mark.read_text("utf-8").split("\n") if mark.exists() else [""]
    if before != digest or not all((folder / name).exists() for name in names):
        for file in files:
            atomic.write(folder / file.name, file.read_bytes(), 0o600)
        for name in copied:
            if name.endswith(".tf") and "/" not in name and name not in names:
                (folder / name).unlink(missing_ok=True)
        atomic.write(mark, "\n".join([digest, *names]).encode(), 0o600)
    values = folder / "terraform.tfvars"
    if not values.exists() and (source / values.name).exists():
        atomic.write(values, (source / values.name).read_bytes(), 0o600)


def _plain(deployment: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", deployment):
        return deployment
    raise Problem(
        code="module.deployment",
        what=f"“{one_line(deployment, 80)}” cannot be the name of a deployment.",
        why="It becomes the name of a folder.",
        remedy="Use letters, digits, dots, dashes and underscores, beginning with a letter or a digit.",
    )


def _no_module(folder: Path) -> Problem:
    return Problem(
        code="module.none",
        what=f"There is no Terraform module in {folder}.",
        why="The folder is not there, or it holds no file that ends in .tf or .tf.json.",
        remedy="Give the folder that holds main.tf or variables.tf with --terraform-dir.",
    )
