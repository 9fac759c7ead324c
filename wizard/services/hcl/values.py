"""Which values a Terraform run will see: every file and variable that sets one, and which of them wins.

Source of the order: https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wizard.core.text import clean, one_line
from wizard.services.hcl import json_syntax, syntax
from wizard.services.hcl.placeholders import placeholder
from wizard.services.hcl.syntax import Malformed, Node

MAIN = "terraform.tfvars"
_ARGUMENT = "An argument in"
_BREAK = "\n"


@dataclass(frozen=True)
class Setting:
    """One place that gives a variable a value."""

    name: str
    origin: str
    """`terraform.tfvars line 4`, `the variable TF_VAR_name`."""
    file: str
    """Name of the file, empty when it is not one."""
    spelled: str = field(repr=False)
    """The value as it stands there."""


def load_values(folder: Path, environ: Mapping[str, str]) -> dict[str, tuple[Setting, ...]]:
    """Every setting of every variable, in Terraform's order: the last of each wins. Unreadable files give none."""
    found: dict[str, tuple[Setting, ...]] = {}
    for setting in _settings(folder, environ):
        found[setting.name] = (*found.get(setting.name, ()), setting)
    return found


def warnings(
    folder: Path, name: str, environ: Mapping[str, str], notes: Sequence[str] = (), file: str = MAIN
) -> list[str]:
    """What an operator should know before `name` is written to `file` in `folder`.

    First the `notes` as they are; then who overrules that line, whom it overrules, and what cannot be read.
    """
    found = list(notes)
    files = [path.name for path in _files(folder)]
    order = {each: rank for rank, each in enumerate(files if file in files else [file, *files])}
    for setting in load_values(folder, environ).get(name, ()):
        if setting.file == file:
            continue
        over = f"{setting.origin} sets {name} too, and Terraform listens to"
        if setting.origin.startswith(_ARGUMENT) or order.get(setting.file, -1) > order[file]:
            found.append(f"{over} it instead of {file}. Take it out there, or make the change there.")
        else:
            found.append(f"{over} {file} instead. What stands there has no effect.")
    found += [
        f"{path.name} cannot be read ({fault}), so nobody can tell whether it sets {name}."
        for path in _files(folder)
        if path.name != file and (fault := _fault(path))
    ]
    return found


def is_automatic(name: str) -> bool:
    """Terraform reads a file of this name by itself."""
    return name in (MAIN, f"{MAIN}.json") or name.endswith((".auto.tfvars", ".auto.tfvars.json"))


def placeholders(text: str) -> list[str]:
    """One sentence, with its line, for every value in a .tfvars `text` that was never filled in.

    Comments do not count. A text that is not valid has none.
    """
    try:
        arguments = syntax.read(text).arguments
    except Malformed:
        return []
    return [
        f"Line {text.count(_BREAK, 0, argument.start) + 1}, {one_line(argument.name, 80)}: {sentence}"
        for argument in arguments
        for value in _texts(argument.node)
        if (sentence := placeholder(one_line(value, 80)))
    ]


def _settings(folder: Path, environ: Mapping[str, str]) -> Iterator[Setting]:
    for variable, text in sorted(environ.items()):
        if variable.startswith("TF_VAR_"):
            yield Setting(
                variable.removeprefix("TF_VAR_"), f"The variable {variable}", "", clean(text, 10_000)
            )
    for path in _files(folder):
        yield from _of_file(path)
    yield from _of_arguments(environ)


def _files(folder: Path) -> list[Path]:
    main = [folder / MAIN, folder / f"{MAIN}.json"]
    automatic = sorted(
        [*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json")], key=lambda p: p.name
    )
    return [path for path in (*main, *automatic) if path.is_file()]


def _of_file(path: Path) -> Iterator[Setting]:
    try:
        text = path.read_text("utf-8")
        if path.suffix == ".json":
            for argument in json_syntax.read(text).arguments:
                spelled = clean(_spelled(argument.node, text), 10_000)
                yield Setting(one_line(argument.name, 200), path.name, path.name, spelled)
            return
        for argument in syntax.read(text).arguments:
            line = text.count("\n", 0, argument.start) + 1
            spelled = clean(text[argument.node.start : argument.node.end], 10_000)
            yield Setting(one_line(argument.name, 200), f"{path.name} line {line}", path.name, spelled)
    except (OSError, ValueError, Malformed):
        return


def _spelled(node: Node, text: str) -> str:
    """A JSON value in Terraform's own language, where `${` in a text would mean something."""
    if node.kind == "string":
        return syntax.quoted(str(node.value))
    inside = [_spelled(item, text) for item in node.items]
    if node.kind == "list":
        return f"[{', '.join(inside)}]"
    if node.kind != "object":
        return text[node.start : node.end]
    members = [
        f"{syntax.quoted(str(key.name))} = {value}" for key, value in zip(node.keys, inside, strict=True)
    ]
    return f"{{ {', '.join(members)} }}" if members else "{}"


def _fault(path: Path) -> str:
    """Why a file cannot be read, empty when it can."""
    try:
        text = path.read_bytes().decode("utf-8")
        (json_syntax if path.suffix == ".json" else syntax).read(text)
    except Malformed as fault:
        return f"line {fault.line}: {fault}"
    except (OSError, ValueError) as error:
        return one_line(error, 120)
    return ""


def _of_arguments(environ: Mapping[str, str]) -> Iterator[Setting]:
    """`-var` in TF_CLI_ARGS and TF_CLI_ARGS_plan overrules every file."""
    for variable in ("TF_CLI_ARGS", "TF_CLI_ARGS_plan"):
        try:
            words = shlex.split(environ.get(variable, ""))
        except ValueError:
            continue
        for word, following in zip(words, [*words, ""][1:], strict=True):
            found = re.match(r"--?var(?:=(.*)|$)", word, re.DOTALL)
            name, _, value = ((found[1] or following) if found else "").partition("=")
            if name:
                yield Setting(one_line(name, 200), f"{_ARGUMENT} {variable}", "", clean(value, 10_000))


def _texts(node: Node) -> Iterator[str]:
    """The texts in a value, at any depth, in order; comments are not among them."""
    if node.kind in ("string", "heredoc"):
        yield str(node.value)
    for item in node.items:
        yield from _texts(item)
