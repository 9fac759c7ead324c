"""What stands in the files of a Terraform module, in both of Terraform's spellings: blocks, and their expressions.

Sources: https://developer.hashicorp.com/terraform/language/syntax/configuration and, for `.tf.json`,
https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from wizard.core.text import one_line
from wizard.services.hcl import expressions, json_syntax, syntax
from wizard.services.hcl.expressions import Expression, Scope, Undecided
from wizard.services.hcl.syntax import Malformed, Tree

_LABELS = {
    **dict.fromkeys(("resource", "data"), 2),
    **dict.fromkeys(("module", "variable", "output", "provider"), 1),
    **dict.fromkeys(("locals", "terraform"), 0),
}
"""Block -> how many names stand before its braces."""


@dataclass(frozen=True)
class Part:
    """What stands between the braces of a block."""

    arguments: Mapping[str, Expression]
    spelled: Mapping[str, str]
    """The same arguments as they are written; a text of a JSON file without its quotes."""
    blocks: tuple[tuple[str, tuple[str, ...], Part], ...] = ()
    """(kind, labels, what is inside)."""


@dataclass
class Configuration:
    """The blocks of one folder, by name."""

    variables: dict[str, Part] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    outputs: dict[str, Part] = field(default_factory=dict)
    resources: dict[str, Part] = field(default_factory=dict)
    """By address, data sources too: `aws_iam_role.this`, `data.aws_region.here`."""
    modules: dict[str, Part] = field(default_factory=dict)
    providers: dict[str, Part] = field(default_factory=dict)
    """AWS providers: `aws`, `aws.remote`."""
    required: str = ""
    """What the module asks of the version of hashicorp/aws: `~> 5.0`."""
    rearranged: bool = False
    """Blocks called `moved` or `removed` say what becomes of things that are declared no more."""
    unread: list[str] = field(default_factory=list)
    """Names of files that are not valid."""

    def learn(self, kind: str, labels: tuple[str, ...], part: Part) -> None:
        """Take in one block of a file."""
        self.rearranged |= kind in ("moved", "removed")
        if len(labels) != _LABELS.get(kind, -1):
            return
        if kind == "locals":
            self.locals |= part.arguments
        elif kind == "terraform":
            self.required = _required(part) or self.required
        elif kind == "provider" and labels == ("aws",):
            alias = part.spelled.get("alias", "").strip('"')
            self.providers[f"aws.{alias}" if alias else "aws"] = part
        elif kind in ("resource", "data"):
            self.resources[".".join((*(["data"] if kind == "data" else []), *labels))] = part
        elif kind != "provider":
            {"variable": self.variables, "output": self.outputs, "module": self.modules}[kind][labels[0]] = (
                part
            )


def read(folder: Path) -> Configuration:
    """The module in `folder`; an empty one when there is none. A file that is not valid is named in `unread`."""
    found = Configuration()
    for file in sorted([*folder.glob("*.tf"), *folder.glob("*.tf.json")]):
        try:
            text = file.read_text("utf-8").removeprefix(syntax.BOM)
            blocks = list(_json_blocks(text) if file.suffix == ".json" else parse(text).blocks)
        except (Malformed, Undecided, OSError, UnicodeDecodeError, RecursionError):
            found.unread.append(one_line(file.name, 200))
            continue
        for kind, labels, part in blocks:
            found.learn(kind, labels, part)
    return found


def parse(text: str) -> Part:
    """Arguments and blocks of a text in Terraform's own language. Raises Malformed."""
    tree = syntax.read(text)
    spelled = {each.name: _spelled(tree, each.node) for each in tree.arguments}
    blocks = tuple(
        (block.name, block.labels, parse(text[block.body[0] : block.body[1]] + "\n")) for block in tree.blocks
    )
    return Part({name: written(expression) for name, expression in spelled.items()}, spelled, blocks)


def values(file: Path) -> dict[str, Expression]:
    """What a `.tfvars` or `.tfvars.json` file sets; nothing when it is not valid."""
    try:
        text = file.read_text("utf-8")
        if file.suffix == ".json":
            return {each.name: _plain(each.node.value) for each in json_syntax.read(text).arguments}
        return dict(parse(text).arguments)
    except (Malformed, Undecided, OSError, UnicodeDecodeError, RecursionError):
        return {}


def assigned(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, Expression]]:
    """Values of variables, the strongest last.

    Source: https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
    """
    for name, value in environ.items():
        if name.startswith("TF_VAR_"):
            yield name.removeprefix("TF_VAR_"), _from_environment(value)
    automatic = sorted([*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json")])
    for file in (folder / "terraform.tfvars", folder / "terraform.tfvars.json", *automatic):
        if file.is_file():
            yield from values(file).items()


def _from_environment(value: str) -> Expression:
    """A text, unless it spells a list, an object, a number or a truth; the variable's type decides in the end."""
    plain = written(value)

    def read(scope: Scope) -> object:
        return plain(scope) if value.lstrip()[:1] in ("[", "{") else value

    return read


def fetched(folder: Path, environ: Mapping[str, str]) -> dict[str, Path]:
    """Where `terraform init` has put the modules, by the names of the calls that lead to them: `a.b`."""
    data = folder / (environ.get("TF_DATA_DIR") or ".terraform")
    try:
        entries = json.loads((data / "modules" / "modules.json").read_text("utf-8"))["Modules"]
        return {str(each["Key"]): folder / str(each["Dir"]) for each in entries}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def written(text: str) -> Expression:
    """The expression that `text` spells, looked at when it is first needed; Undecided when it is none."""
    return _later(lambda: expressions.parse(text))


def _later(read: Callable[[], Expression]) -> Expression:
    held: list[Expression] = []

    def value(scope: Scope) -> object:
        if not held:
            try:
                held.append(read())
            except Malformed as fault:
                raise Undecided(str(fault)) from fault
        return held[0](scope)

    return value


def _spelled(tree: Tree, node: syntax.Node) -> str:
    text = tree.text[node.start : node.end]
    return f"{text}\n" if node.whole_line else text


def _required(part: Part) -> str:
    """`aws = { source = …, version = "~> 5.0" }`, or as older modules have it, the version alone."""
    for kind, _, inside in part.blocks:
        if kind == "required_providers" and "aws" in inside.arguments:
            try:
                value = inside.arguments["aws"]({})
            except (Undecided, expressions.Failed):
                return ""
            version = value.get("version") if isinstance(value, dict) else value
            return one_line(version or "", 80)
    return ""


def _json_blocks(text: str) -> Iterator[tuple[str, tuple[str, ...], Part]]:
    root = json_syntax.read(text).root
    document = root.value if root and isinstance(root.value, dict) else {}
    for kind, value in document.items():
        for labels, inside in _bodies(value, _LABELS.get(kind, 0)):
            yield kind, labels, _json_part(inside)


def _bodies(value: object, depth: int) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Every body below `depth` names; each may stand alone or in a list."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            continue
        if not depth:
            yield (), each
            continue
        for name, inner in each.items():
            if name != "//":
                yield from (((name, *labels), body) for labels, body in _bodies(inner, depth - 1))


def _json_part(members: Mapping[str, object]) -> Part:
    """JSON does not tell arguments from blocks: all are arguments, and what may be a block is one as well."""
    members = {name: value for name, value in members.items() if name != "//"}
    return Part(
        {name: _json_value(value) for name, value in members.items()},
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in members.items()},
        tuple(
            (name, (), _json_part(body)) for name, value in members.items() for _, body in _bodies(value, 0)
        ),
    )


def _json_value(value: object) -> Expression:
    """A value of a JSON file; texts are templates."""
    if isinstance(value, str):
        return _later(lambda: expressions.template(value))
    if isinstance(value, list):
        items = [_json_value(each) for each in value]
        return lambda scope: [item(scope) for item in items]
    if isinstance(value, dict):
        members = {name: _json_value(each) for name, each in value.items()}
        return lambda scope: {name: each(scope) for name, each in members.items()}
    return _plain(value)


def _plain(value: object) -> Expression:
    """Data as it is, with numbers as Terraform has them."""
    if isinstance(value, list):
        items = [_plain(each)({}) for each in value]
        return lambda _: list(items)
    if isinstance(value, dict):
        members = {name: _plain(each)({}) for name, each in value.items()}
        return lambda _: dict(members)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return lambda _: Decimal(str(value))
    return lambda _: value
