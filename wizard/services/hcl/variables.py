"""What variables a module declares, for a form: name, type, description, default, rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.core.problem import Problem
from wizard.core.text import clean, one_line
from wizard.services.hcl import syntax
from wizard.services.hcl.syntax import Malformed


@dataclass(frozen=True)
class Validation:
    """One rule of a variable, as the module words it."""

    condition: str
    """An expression of Terraform's language."""
    message: str


@dataclass(frozen=True)
class Variable:
    """One `variable` block."""

    name: str
    type: str = ""
    """As written: `list(string)`; empty means anything."""
    description: str = ""
    required: bool = False
    """It has no default, so it must be given."""
    default: Any = None
    """As Python data; None also for `null`; what must be calculated, as it is written."""
    default_text: str = ""
    """The default as it could be written in a .tfvars file; empty when there is none."""
    sensitive: bool = False
    nullable: bool = True
    validations: tuple[Validation, ...] = ()
    file: str = ""


def declared(folder: Path) -> list[Variable]:
    """Every variable of the module in `folder`, in the order of its files. Raises Problem for a file that is not valid.

    Files of Terraform's JSON syntax are not read.
    """
    found: list[Variable] = []
    for path in sorted(folder.glob("*.tf")):
        found += _of_file(path)
    return found


def _of_file(path: Path) -> list[Variable]:
    import hcl2

    try:
        text = path.read_text("utf-8").removeprefix(syntax.BOM)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    if not re.search(r"(?m)^\s*variable\s", text):
        return []
    try:
        blocks = hcl2.loads(text).get("variable", [])
    except Exception as error:  # lark raises a family of its own; whichever it is, the file cannot be read
        raise _unreadable(path, str(error)) from error
    return [
        _variable(_unquoted(label), body, path.name)
        for block in blocks
        for label, body in block.items()
        if isinstance(body, dict)
    ]


def _variable(name: str, body: dict[str, Any], file: str) -> Variable:
    return Variable(
        name=one_line(name, 200),
        type=one_line(_expression(body.get("type", "")), 2_000),
        description=clean(_known(body.get("description"), ""), 10_000).strip(),
        required="default" not in body,
        default=_known(body.get("default"), None),
        default_text=_spelled(body["default"]) if "default" in body else "",
        sensitive=body.get("sensitive") is True,
        nullable=body.get("nullable") is not False,
        validations=tuple(
            Validation(
                clean(_expression(rule.get("condition", "")), 10_000),
                clean(_known(rule.get("error_message"), ""), 10_000).strip(),
            )
            for rule in body.get("validation", [])
            if isinstance(rule, dict)
        ),
        file=file,
    )


def _expression(raw: Any) -> str:
    """python-hcl2 wraps what is not a plain value in `${…}`."""
    text = str(raw)
    return text[2:-1] if text.startswith("${") and text.endswith("}") else _unquoted(text)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _spelled(raw: Any) -> str:
    """What python-hcl2 read as a default, written out again."""
    if isinstance(raw, dict):
        pairs = [(_key(str(k)), _spelled(v)) for k, v in raw.items() if not str(k).startswith("__")]
        return f"{{ {', '.join(f'{k} = {v}' for k, v in pairs)} }}" if pairs else "{}"
    if isinstance(raw, list):
        return f"[{', '.join(map(_spelled, raw))}]"
    if raw is None or isinstance(raw, bool):
        return {None: "null", True: "true", False: "false"}[raw]
    if not isinstance(raw, str):
        return str(raw)
    known = _known(raw, None)
    return syntax.quoted(known) if isinstance(known, str) and raw.startswith('"') else _expression(raw)


def _key(raw: str) -> str:
    name = _unquoted(raw)
    return name if syntax.is_name(name) else syntax.quoted(name)


def _known(raw: Any, otherwise: Any) -> Any:
    """What python-hcl2 read, as plain data: it leaves quotes, escapes and heredocs as they are written."""
    if isinstance(raw, dict):
        return {
            _unquoted(str(key)): _known(value, None)
            for key, value in raw.items()
            if not str(key).startswith("__")
        }
    if isinstance(raw, list):
        return [_known(each, None) for each in raw]
    if not isinstance(raw, str):
        return otherwise if raw is None else raw
    spelled = raw[1:-1] if raw.startswith('"<<') else raw
    try:
        node = syntax.value(f"{spelled}\n")
    except Malformed:
        return _unquoted(raw)
    return node.value if node.literal else _expression(raw)


def _unreadable(path: Path, why: str) -> Problem:
    return Problem(
        code="module.variables",
        what=f"The variables in {path.name} could not be read.",
        why=one_line(why, 300),
        remedy=f"Run terraform validate in {path.parent}. If it names a line, mend that; if it finds nothing wrong, "
        f"edit the .tfvars file by hand.",
    )
