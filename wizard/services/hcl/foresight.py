"""What the resources of a module are going to be called, before any plan: names, ARNs, regions, from its text alone.

Only what is certain is told. Variables with their values, locals, references to other resources, child modules,
count and for_each are followed; whatever else a name is made of, the name stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from wizard.core.text import one_line
from wizard.services.hcl import computed, configuration, instances, operators, types
from wizard.services.hcl.configuration import Configuration, Part
from wizard.services.hcl.expressions import Expression, Failed, Scope, Undecided
from wizard.services.hcl.instances import Instance, Lazy
from wizard.services.hcl.syntax import Malformed

_PAIR = re.compile(r"([\w.-]+)\"?\s*[=:]\s*\"?([\w.-]+)")
"""`aws.here = aws.there`, in either spelling."""

Unread = Literal["file", "module", "folder"]
"""Why something was not read: the file is not valid; the module is not fetched yet; its folder is not there."""


@dataclass(frozen=True)
class Place:
    """Where the module is going to be applied; what is empty is not known."""

    account: str = ""
    partition: str = "aws"
    region: str = ""
    """Of a provider that does not name one."""


@dataclass(frozen=True)
class Foreseen:
    """One resource or data source, as far as the text tells."""

    address: str
    """With the modules it is in, and its index where that is certain."""
    type: str
    values: Mapping[str, object]
    """Shaped as in the state; arguments that are not known are missing."""
    region: str
    """Of its provider; empty when that is not known."""
    arn: str
    """Empty when it is not known, or the type has none."""
    given: frozenset[str]
    """Names of the arguments that are set to something; `tags` too when the provider tags everything."""
    certain: bool
    """How many of it there will be is known."""


@dataclass(frozen=True)
class Outlook:
    """Everything that is declared in a folder and in the modules it calls."""

    resources: tuple[Foreseen, ...]
    unread: tuple[tuple[str, Unread], ...]
    """What could not be looked into: address of a module or name of a file, and why."""
    complete: bool
    """Whatever is not among the resources is not declared, and Terraform would destroy it."""


def foresee(folder: Path, place: Place = Place(), environ: Mapping[str, str] | None = None) -> Outlook:
    """Every resource and data source of the module in `folder`. `environ` is Terraform's: TF_VAR_…, TF_DATA_DIR."""
    environ = environ or {}
    ground = _Ground(place, folder, configuration.fetched(folder, environ))
    given = {name: _bound(each, {}) for name, each in configuration.assigned(folder, environ)}
    root = _Module(ground, folder, "", given)
    resources, unread = tuple(root.resources()), tuple(root.unread())
    return Outlook(resources, unread, bool(resources) and not unread and not ground.rearranged)


def regions(folder: Path) -> dict[str, str]:
    """Region of every declared resource whose provider's region the text tells, by address without index."""
    return {re.sub(r"\[[^\]]*\]", "", r.address): r.region for r in foresee(folder).resources if r.region}


def required(folder: Path) -> str:
    """What the module asks of the version of hashicorp/aws, as it is written; empty when nothing."""
    return configuration.read(folder).required


def _bound(expression: Expression, scope: Scope) -> Callable[[], object]:
    return lambda: expression(scope)


@dataclass(frozen=True)
class _Ground:
    """What all modules of one folder stand on."""

    place: Place
    folder: Path
    fetched: Mapping[str, Path]
    _read: dict[Path, Configuration] = field(default_factory=dict)

    def read(self, folder: Path) -> Configuration:
        """The configuration in `folder`, read once however often it is called."""
        return self._read.setdefault(folder, self._read.get(folder) or configuration.read(folder))

    @property
    def rearranged(self) -> bool:
        """Some module says what becomes of things that are declared no more."""
        return any(each.rearranged for each in self._read.values())


@dataclass
class _Provider:
    part: Part
    owner: _Module


@dataclass(eq=False)
class _Module:
    """One folder of configuration, called with certain values."""

    ground: _Ground
    folder: Path
    prefix: str
    """`module.a["x"].`, or nothing."""
    given: Mapping[str, Callable[[], object]]
    inherited: Mapping[str, _Provider] = field(default_factory=dict)
    certain: bool = True
    above: frozenset[Path] = frozenset()
    """Folders of the modules that lead here; Terraform refuses one that calls itself."""

    def __post_init__(self) -> None:
        self.read: Configuration = self.ground.read(self.folder)
        self._found: dict[str, object] = {}
        self._busy: set[str] = set()
        own = {name: _Provider(part, self) for name, part in self.read.providers.items()}
        self.providers = {**self.inherited, **own}
        kinds = {address.partition(".")[0] for address in self.read.resources} - {"data"}
        self.scope: dict[str, object] = {
            "var": Lazy(lambda name: self._once(f"var.{name}", lambda: self._variable(name))),
            "local": Lazy(lambda name: self._once(f"local.{name}", lambda: self._local(name))),
            "module": Lazy(self._outputs),
            "data": Lazy(lambda kind: self._of_kind(f"data.{kind}")),
            **{kind: self._of_kind(kind) for kind in kinds},
        }

    # ---- what is declared ----

    def resources(self) -> Iterator[Foreseen]:
        """Everything declared here and in the modules that are called."""
        for address, part in self.read.resources.items():
            kind = address.removeprefix("data.").partition(".")[0]
            found, certain = instances.instances(part, self.scope)
            certain = certain and self.certain
            for each in found:
                yield self._foreseen(address, kind, part, each, certain)
        for name in self.read.modules:
            for child in self._children(name):
                yield from child.resources()

    def _foreseen(self, address: str, kind: str, part: Part, each: Instance, certain: bool) -> Foreseen:
        scope = {**self.scope, **each.more}
        return Foreseen(
            one_line(f"{self.prefix}{address}{each.suffix}", 300),
            one_line(kind, 100),
            self._values(part, scope),
            one_line(self._region(part), 40),
            one_line(self._told(lambda: self._attribute(address, part, each, "arn")), 400),
            self._given(part, scope),
            certain,
        )

    def unread(self) -> Iterator[tuple[str, Unread]]:
        """What cannot be looked into, here and below."""
        root = self.ground.folder
        for file in self.read.unread:
            inside = self.folder / file
            shown = inside.relative_to(root) if inside.is_relative_to(root) else inside
            yield one_line(shown, 200), "file"
        for name in self.read.modules:
            children = self._children(name)
            if self._source(name) is None:
                local = self._is_local(name)
                yield one_line(f"{self.prefix}module.{name}", 200), "folder" if local else "module"
            for child in children[:1]:
                yield from child.unread()

    def _values(self, part: Part, scope: Scope) -> dict[str, object]:
        values = {}
        for name, expression in part.arguments.items():
            known = self._known(expression, scope)
            if known is not None:
                values[name] = known
        for kind, _, inside in part.blocks:
            values.setdefault(kind, [self._values(inside, scope)])
        return values

    def _given(self, part: Part, scope: Scope) -> frozenset[str]:
        named = {name for name, each in part.arguments.items() if not self._is_nothing(each, scope)}
        provider = self._provider(part)
        if provider and any(kind == "default_tags" for kind, _, _ in provider.part.blocks):
            named.add("tags")
        named |= {kind for kind, _, _ in part.blocks if kind not in part.arguments}
        return frozenset(named)

    def _is_nothing(self, expression: Expression, scope: Scope) -> bool:
        try:
            value = expression(scope)
        except (Failed, Undecided, RecursionError):
            return False
        return value is None or value is False or (type(value) is dict and not value)

    def _provider(self, part: Part) -> _Provider | None:
        return self.providers.get(part.spelled.get("provider", "aws"))

    def _region(self, part: Part) -> str:
        provider = self._provider(part)
        if provider is None or "region" not in provider.part.arguments:
            return self.ground.place.region
        region, owner = provider.part.arguments["region"], provider.owner
        return self._told(lambda: region(owner.scope))

    # ---- what expressions may ask for ----

    def _once(self, name: str, work: Callable[[], object]) -> object:
        """The value of `name`, worked out once. Raises Undecided, also when it rests on itself."""
        if name in self._busy:
            raise Undecided(f"{name} rests on itself")
        if name not in self._found:
            self._busy.add(name)
            try:
                self._found[name] = work()
            finally:
                self._busy.discard(name)
        return self._found[name]

    def _variable(self, name: str) -> object:
        part = self.read.variables.get(name)
        if part is None:
            raise Undecided(f"var.{name} is not declared")
        value = self.given[name]() if name in self.given else None
        is_null = value is None and (name not in self.given or part.spelled.get("nullable") == "false")
        if is_null:
            if "default" not in part.arguments:
                raise Undecided(f"var.{name} is not set")
            value = part.arguments["default"]({})
        try:
            return types.convert(value, types.parse(part.spelled.get("type", "").strip('"')))
        except Malformed as fault:
            raise Undecided(str(fault)) from fault

    def _local(self, name: str) -> object:
        if name not in self.read.locals:
            raise Undecided(f"local.{name} is not declared")
        return self.read.locals[name](self.scope)

    def _of_kind(self, kind: str) -> Lazy:
        return Lazy(lambda name: self._resource(f"{kind}.{name}"))

    def _resource(self, address: str) -> object:
        part = self.read.resources.get(address)
        if part is None:
            raise Undecided(f"{address} is not declared")

        def attributes(each: Instance) -> object:
            def find(name: str) -> object:
                known = f"{address}{each.suffix}.{name}"
                return self._once(known, lambda: self._attribute(address, part, each, name))

            return Lazy(find)

        return instances.each(part, self.scope, attributes)

    def _attribute(self, address: str, part: Part, each: Instance, name: str) -> object:
        """An argument as it is given, or what AWS makes of the others. Raises Undecided."""
        if name in part.arguments:
            value = part.arguments[name]({**self.scope, **each.more})
            if value is not None:
                return value
        kind = address.rpartition(".")[0]
        place = self.ground.place
        if kind == "data.aws_partition" and name == "dns_suffix":
            return "amazonaws.com.cn" if place.partition == "aws-cn" else "amazonaws.com"
        pattern = computed.pattern(kind, name)
        if not pattern:
            raise Undecided(f"{address}.{name} is known when it is made")
        held = {"account": place.account, "partition": place.partition, "region": self._region(part)}
        found = {
            word: held[word] if word in held else operators.text(self._attribute(address, part, each, word))
            for word in computed.names(pattern)
        }
        if not all(found.values()):
            raise Undecided(f"{address}.{name} is known when it is made")
        return pattern.format_map(found)

    # ---- modules that are called ----

    def _outputs(self, name: str) -> object:
        part = self.read.modules.get(name)
        if part is None or self._source(name) is None:
            raise Undecided(f"module.{name} is not read")
        made = {child.prefix: child for child in self._children(name)}

        def outputs(each: Instance) -> object:
            return Lazy(made[f"{self.prefix}module.{name}{each.suffix}."].output)

        return instances.each(part, self.scope, outputs)

    def output(self, name: str) -> object:
        """The value of an output. Raises Undecided."""
        part = self.read.outputs.get(name)
        if part is None or "value" not in part.arguments:
            raise Undecided(f"output {name} is not declared")
        return self._once(f"output.{name}", lambda: part.arguments["value"](self.scope))

    def _children(self, name: str) -> list[_Module]:
        """The module that is called as `name`, once for every instance; none when it is not read."""
        held = self._found.get(f"module {name}")
        if isinstance(held, list):
            return held
        part, folder = self.read.modules[name], self._source(name)
        children: list[_Module] = []
        if folder is not None:
            found, certain = instances.instances(part, self.scope)
            children = [self._child(name, part, folder, each, certain) for each in found]
        self._found[f"module {name}"] = children
        return children

    def _child(self, name: str, part: Part, folder: Path, each: Instance, certain: bool) -> _Module:
        scope = {**self.scope, **each.more}
        passed = dict(_PAIR.findall(part.spelled.get("providers", "")))
        providers = {"aws": self.providers["aws"]} if "aws" in self.providers else {}
        providers |= {
            here: self.providers[there] for here, there in passed.items() if there in self.providers
        }
        return _Module(
            self.ground,
            folder,
            f"{self.prefix}module.{name}{each.suffix}.",
            {argument: _bound(expression, scope) for argument, expression in part.arguments.items()},
            providers,
            certain and self.certain,
            self.above | {self.folder.resolve()},
        )

    def _is_local(self, name: str) -> bool:
        return self._told_source(name).startswith(("./", "../"))

    def _told_source(self, name: str) -> str:
        part = self.read.modules[name]
        return self._told(lambda: part.arguments["source"]({})) if "source" in part.arguments else ""

    def _source(self, name: str) -> Path | None:
        """The folder of a module that is called; None when it is not there."""
        if self._is_local(name):
            folder = self.folder / self._told_source(name)
        else:
            calls = re.findall(r"module\.([\w-]+)", re.sub(r"\[[^\]]*\]", "", self.prefix))
            folder = self.ground.fetched.get(".".join((*calls, name)), Path())
        is_there = folder != Path() and folder.is_dir()
        if is_there and folder.resolve() in self.above | {self.folder.resolve()}:
            return None
        return folder if is_there and _any(folder.glob("*.tf"), folder.glob("*.tf.json")) else None

    # ---- working out ----

    def _known(self, expression: Expression, scope: Scope) -> object:
        try:
            value = expression(scope)
        except (Failed, Undecided, RecursionError):
            return None
        return None if isinstance(value, Lazy) else value

    def _told(self, work: Callable[[], object]) -> str:
        """A text, empty when it is not known."""
        try:
            return operators.text(work())
        except (Failed, Undecided, RecursionError):
            return ""


def _any(*found: Iterable[Path]) -> bool:
    return any(True for each in found for _ in each)
