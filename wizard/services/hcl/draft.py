"""A change to one place of a file while it is made, and its proof at the end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from wizard.core.problem import Problem
from wizard.services.hcl import collection, placement, proof, syntax
from wizard.services.hcl import path as paths
from wizard.services.hcl import target as targets
from wizard.services.hcl.collection import Splice
from wizard.services.hcl.document import Document
from wizard.services.hcl.path import Path
from wizard.services.hcl.syntax import Node
from wizard.services.hcl.target import Target


@dataclass(frozen=True)
class Edit:
    """A file before and after a change. Nothing is written yet."""

    document: Document
    """As it was read."""
    after: Document
    notes: tuple[str, ...] = ()
    """What the operator should know about the change, in sentences."""

    @property
    def changed(self) -> bool:
        return self.document.data != self.after.data

    @property
    def before_text(self) -> str:
        return self.document.shown

    @property
    def after_text(self) -> str:
        return self.after.shown


class Draft:
    """Splices one after the other. The file as it was stays at hand for the proof."""

    def __init__(self, document: Document, path: Path) -> None:
        self.before = document
        self.path = path
        self.target: Target = targets.find(document, path)
        """The place as it was."""
        self.text = document.text
        self._span = (len(self.text), len(self.text))
        """What may change, in the text as it was."""

    @property
    def found(self) -> Node:
        """The value as it is now."""
        node = targets.find(self._now, self.path).node
        if node is None:
            raise LookupError(paths.spelled(self.path))
        return node

    @cached_property
    def quoted(self) -> Path:
        """The path with its names as `structure` keeps them."""
        return tuple(part if isinstance(part, int) else syntax.quoted(part) for part in self.path)

    @property
    def _now(self) -> Document:
        return self.before if self.text is self.before.text else Document.of(self.text, json=self.before.json)

    def notes(self) -> tuple[str, ...]:
        """What the operator should know about the place."""
        if len(self.target.places) < 2 or self.target.node is None:
            return ()
        times, name = len(self.target.places), paths.spelled(self.path)
        return (f"{name} is set {times} times in its object; Terraform listens to the last one.",)

    def put(self, spelled: str) -> None:
        """Let the place have the value `spelled`; what is missing on the way to it is made."""
        node = self.target.node or self.target.null
        if node is not None:
            nested = self._nested(self.target.rest, spelled)
            self._apply([(node.start, node.end, nested)], (node.start, node.end))
            return
        key, *inner = self.target.rest
        spelled = self._nested(tuple(inner), spelled)
        parent, document = self.target.parent, self.before
        broken = syntax.line_break(self.text)
        if parent is not None:
            member = collection.assigned(
                self.text, parent, self._key(str(key), parent), spelled, json=document.json
            )
            splices = collection.appended(self.text, parent, member, broken, json=document.json)
            self._apply(splices, (parent.start, parent.end))
        elif document.json:
            whole = f"{{{broken}  {self._key(str(key), None)}: {spelled}{broken}}}{broken}"
            self._apply([(0, len(self.text), whole)], (0, len(self.text)))
        else:
            splice = placement.inserted(document, f"{key} = {spelled}", str(key))
            self._apply([splice], splice[:2])

    def append(self, spelled: str) -> None:
        """Put `spelled` at the end of the list."""
        node = self.found
        broken = syntax.line_break(self.text)
        splices = collection.appended(self.text, node, spelled, broken, json=self.before.json)
        self._apply(splices, self._place())

    def exchange(self, place: int, spelled: str) -> None:
        """Put `spelled` where item `place` of the list stands."""
        item = self.found.items[place]
        self._apply([(item.start, item.end, spelled)], self._place())

    def drop(self, place: int) -> None:
        """Take item `place` out of the list."""
        self._apply(collection.removed(self.text, self.found, place), self._place())

    def cut(self) -> None:
        """Take the value out of the file, with its name."""
        parent = self.target.parent
        if parent is None:
            splice = placement.removed(self.before, str(self.path[0]))
            self._apply([splice], splice[:2])
            return
        span = (parent.start, parent.end)
        for place in reversed(self.target.places):
            now = self._now
            above = now.tree.root if len(self.path) == 1 else targets.find(now, self.path[:-1]).node
            self._apply(collection.removed(self.text, above or parent, place), span)

    def proven(self, expected: object) -> Edit:
        """The change, proven to be what is `expected` of the whole file and nothing more. Raises Problem."""
        fault = proof.fault(self.before, self.text, str(self.path[0]), expected, self._span)
        if fault:
            raise _unproven(paths.spelled(self.path), fault)
        return Edit(self.before, Document.of(self.text, json=self.before.json), self.notes())

    def _place(self) -> tuple[int, int]:
        node = self.target.node
        return (node.start, node.end) if node else self._span

    def _apply(self, splices: list[Splice], span: tuple[int, int]) -> None:
        self.text = collection.spliced(self.text, splices)
        self._span = span

    def _nested(self, rest: Path, spelled: str) -> str:
        for part in reversed(rest):
            if isinstance(part, int):
                raise _no_item(self.path)
            key = self._key(part, None)
            spelled = f"{{{key}: {spelled}}}" if self.before.json else f"{{ {key} = {spelled} }}"
        return spelled

    def _key(self, name: str, parent: Node | None) -> str:
        """A member's name as its neighbours are spelled."""
        quotes = (
            parent is not None
            and parent.keys
            and all(self.text.startswith('"', key.start) for key in parent.keys)
        )
        if self.before.json or quotes or not syntax.is_name(name) or name == "for":
            return self.before.quoted(name)
        return name


def _no_item(path: Path) -> Problem:
    return Problem(
        code="tfvars.path",
        what=f"{paths.spelled(path)} cannot be made.",
        why="A list grows at its end only, and here it has no item yet.",
        remedy="Use add to put an item into a list.",
    )


def _unproven(name: str, fault: str) -> Problem:
    return Problem(
        code="tfvars.unproven",
        what=f"{name} was not changed.",
        why=f"Reading the result again showed that {fault}.",
        remedy=f"Change {name} in an editor; the file is as it was.",
    )
