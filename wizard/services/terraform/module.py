"""The Terraform module: which folder it is, and what it declares."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import private
from wizard.core.problem import Problem
from wizard.core.text import one_line

VARIABLE = "databricks_serverless_workspace_ids"
OUTPUTS = ("instance_profile_arn", "role_arn")

_STAMP = ".htd-wizard-module"
_COMMENT = re.compile(r"(?m:^[ \t]*/\*)(?s:.*?)\*/|(?m:^\s*(?:#|//).*$)")
_BLOCK = re.compile(r'(?m)^\s*(resource|data|variable|output)\s+"([^"\n]+)"(?:\s+"([^"\n]+)")?\s*\{')


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
        return _usable(ModuleFolder(given.resolve(), "named with --terraform-dir"))
    here = cwd / "terraform"
    if _configured(here):
        return _usable(ModuleFolder(here.resolve(), "found where the wizard was started"))
    folder = private(data / "deployments" / _plain(deployment))
    _refresh(folder, source)
    return _usable(ModuleFolder(folder, "the wizard's own copy of its module"))


def declared(folder: Path) -> list[Declared]:
    """Every block of every file, in the files' order; files of Terraform's JSON syntax are not read."""
    found = []
    for file in sorted(folder.glob("*.tf")):
        text = _COMMENT.sub("", file.read_text("utf-8", errors="replace"))
        found += [
            Declared(one_line(kind, 20), one_line(first, 200), one_line(second or "", 200))
            for kind, first, second in _BLOCK.findall(text)
        ]
    return found


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
    return folder.is_dir() and any(folder.glob("*.tf"))


def _usable(folder: ModuleFolder) -> ModuleFolder:
    """A folder whose last run could not save its state must be mended first: a new plan would not know of it."""
    if (folder.path / "errored.tfstate").exists():
        raise Problem(
            code="terraform.errored_state",
            what="The last Terraform run in this folder could not save its state.",
            why=f"It left errored.tfstate in {folder.path}. A new plan would make again what is there already.",
            remedy="Put the state back with the command below, check it with a plan, then remove errored.tfstate.",
            copy=f"terraform -chdir={folder.path} state push -force errored.tfstate",
        )
    return folder


def _refresh(folder: Path, source: Path) -> None:
    """Bring the copy up to the packaged module; the operator's values and the state are never touched."""
    files = sorted(source.glob("*.tf"))
    stamp = hashlib.sha256(b"".join(file.name.encode() + file.read_bytes() for file in files)).hexdigest()
    mark = folder / _STAMP
    if not mark.exists() or mark.read_text("utf-8").strip() != stamp:
        for file in files:
            atomic.write(folder / file.name, file.read_bytes(), 0o600)
        atomic.write(mark, f"{stamp}\n".encode(), 0o600)
    values = folder / "terraform.tfvars"
    if not values.exists():
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
        why="The folder is not there, or it holds no file that ends in .tf.",
        remedy="Give the folder that holds main.tf or variables.tf with --terraform-dir.",
    )
