"""Whatever Terraform accepts can be edited, nothing beside the value changes, and Terraform reads what was asked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.hcl.grammar import Grammar
from wizard.core.problem import Problem
from wizard.services.hcl import editor, syntax
from wizard.services.hcl.document import Document
from wizard.services.hcl.draft import Edit
from wizard.services.hcl.syntax import Malformed

TERRAFORM = shutil.which("terraform") or "terraform"
LITERALS = ('"x"', "1", '["a", "b"]', "{ a = 1 }", "true", "null", "(1 + 2)", '"${1}"', "-1", "<<E\nx\nE\n")


def edited(text: str, random: Random) -> list[tuple[str, str, Edit]]:
    """(name, literal, edit) for everything in the file and for a new variable."""
    document = Document.of(text)
    found = []
    for name in (*(each.name for each in document.tree.arguments), "new"):
        literal = random.choice(LITERALS)
        found.append((name, literal, editor.set_value(document, name, literal)))
    return found


def parts_edited(text: str, random: Random) -> list[Edit]:
    """Edits of members and items, and of whole lists."""
    document = Document.of(text)
    found = []
    for each in document.tree.arguments:
        literal = random.choice(LITERALS)
        found.append(editor.remove(document, each.name))
        if each.node.kind == "object":
            names = [key.name for key in each.node.keys if key.name is not None]
            path = f"{each.name}[{syntax.quoted(random.choice([*names, 'new member']))}]"
            found += [editor.set_value(document, path, literal), editor.remove(document, path)]
        if each.node.kind == "list":
            found.append(editor.add(document, each.name, literal))
            if each.node.items:
                found.append(
                    editor.remove(document, f"{each.name}[{random.randrange(len(each.node.items))}]")
                )
    return found


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.booleans())
def test_every_edit_leaves_the_rest_as_it_was(seed: int, known: bool) -> None:
    random = Random(seed)
    text = Grammar(random, known=known).file()
    try:
        before = syntax.read(text)
    except Malformed:
        return
    for name, literal, edit in edited(text, random):
        after = edit.after.tree
        (new,) = after.named(name)
        old = before.named(name)
        if old:
            assert edit.after.text[: new.node.start] == text[: old[0].node.start]
            assert edit.after.text[new.node.end :] == text[old[0].node.end :]
        else:
            rest = edit.after.text[: new.start], edit.after.text[new.node.end :]
            assert text in {head + tail for head in _less(rest[0], -1) for tail in _less(rest[1], 1)}
        assert syntax.value(literal).value == new.node.value
    for edit in parts_edited(text, random):
        assert edit.after.tree.comments is not None


@pytest.mark.terraform
def test_nothing_that_terraform_accepts_is_refused_and_every_edit_is_accepted(tmp_path: Path) -> None:
    random = Random(20261129)
    texts = [Grammar(random, known=number % 2 == 0).file() for number in range(400)]
    refused = _refused(tmp_path / "before", texts)
    accepted = [text for number, text in enumerate(texts) if number not in refused]
    assert len(accepted) > 300
    edits = [edit.after.text for text in accepted for _, _, edit in edited(text, random)]
    edits += [edit.after.text for text in accepted for edit in parts_edited(text, random)]
    wrong = _refused(tmp_path / "after", edits)
    assert {edits[number]: why for number, why in wrong.items()} == {}


@pytest.mark.terraform
def test_terraform_reads_what_was_asked_and_nothing_else_changed(tmp_path: Path) -> None:
    random = Random(4)
    names = ("v0", "v1", "v2", "new")
    (tmp_path / "main.tf").write_text(
        "".join(f'variable "{name}" {{\n  type = any\n  default = null\n}}\n' for name in names)
    )
    asked = 0
    while asked < 12:
        text = Grammar(random, known=True).file()
        before = _values(tmp_path, text, names)
        if before is None:
            continue
        asked += 1
        assert Document.of(text).objections() == [], text
        name, literal, edit = random.choice(edited(text, random))
        after = _values(tmp_path, edit.after.text, names)
        wanted = _values(tmp_path, f"{name} = {literal}\n", names)
        assert wanted is not None
        assert after == {**before, name: wanted[name]}, edit.after.text


@pytest.mark.terraform
def test_what_terraform_refuses_in_such_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('variable "a" {\n  default = null\n}\n')
    for value, refused in (
        ("foo", True), ('upper("x")', True), ('"${x}"', True), ("[for x in [1] : y]", True), ("{ a.b = 1 }", True),
        ("[1, 2][5]", True), ('"a" + 1', True), ("(1 +)", True), ("[1 2]", True), ("{ a = 1 b = 2 }", True),
        ("1 + 2", False), ("[for x in [1] : x]", False), ('"%{ if true }x%{ endif }"', False), ("{}.a", True),
        ("{ (1 + 1) = 1 }", False), ("true ? 1 : 2", False), ("!true", False), ("[{ x = 1 }][*].x", False),
    ):  # fmt: skip
        text = f"a = {value}\n"
        try:
            told = bool(Document.of(text).objections())
        except Problem:
            told = True
        assert told is refused, value
        assert (_values(tmp_path, text, ("a",)) is None) is refused, value


def _less(text: str, side: int) -> list[str]:
    """The text, and the text without the line break that a new line may have brought."""
    if side < 0:
        return [text, text.removesuffix("\n"), text.removesuffix("\r\n")]
    return [text, text.removeprefix("\n"), text.removeprefix("\r\n")]


def _refused(folder: Path, texts: list[str]) -> dict[int, str]:
    """Which of the texts `terraform fmt` cannot read, and why."""
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"f{number}.tfvars").write_bytes(text.encode())
    done = subprocess.run(
        [TERRAFORM, "fmt", "-no-color", "-write=false", "-list=false", str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found: dict[int, str] = {}
    why = ""
    for line in done.stderr.splitlines():
        why = line if "Error:" in line else why
        place = re.search(r"on .*?f(\d+)\.tfvars line", line)
        if place:
            found.setdefault(int(place[1]), why)
    return found


def _values(folder: Path, text: str, names: tuple[str, ...]) -> dict[str, object] | None:
    """What Terraform reads in the file, None when it refuses it."""
    (folder / "x.tfvars").write_bytes(text.encode())
    done = subprocess.run(
        [TERRAFORM, f"-chdir={folder}", "console", "-no-color", "-var-file=x.tfvars"],
        input=f"jsonencode({{{', '.join(f'{name} = var.{name}' for name in names)}}})",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode or not done.stdout.startswith('"') or "Error" in done.stderr:
        return None
    return dict(json.loads(json.loads(done.stdout)))
