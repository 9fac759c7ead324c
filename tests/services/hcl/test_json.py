"""Files in JSON: whatever they hold, one value changes and Terraform reads the rest as before."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.services.hcl import editor
from wizard.services.hcl.document import Document
from wizard.services.hcl.path import spelled

TERRAFORM = shutil.which("terraform") or "terraform"
words = st.text(st.characters(codec="utf-8"), max_size=6)
names = st.from_regex(r"[a-z][a-z_]{0,4}", fullmatch=True)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(-1e6, 1e6) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
styles = st.sampled_from([(None, (",", ":")), (None, (", ", ": ")), (2, (",", ": ")), ("\t", (",", " : "))])


def written(value: Any, style: tuple[Any, tuple[str, str]], *, ascii_only: bool) -> str:
    """The file as some other program would write it."""
    return json.dumps(value, indent=style[0], separators=style[1], ensure_ascii=ascii_only)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(names, values, max_size=4), styles, st.booleans(), names, values, st.booleans())
def test_one_value_is_set(
    whole: dict[str, Any], style: Any, ascii_only: bool, name: str, value: Any, crlf: bool
) -> None:
    text = written(whole, style, ascii_only=ascii_only)
    text = text.replace("\n", "\r\n") if crlf else text
    edit = editor.set_value(Document.of(text, json=True), name, json.dumps(value))
    assert json.loads(edit.after.text) == {**whole, name: value}
    before, after = edit.document.find(name), edit.after.find(name)
    assert after is not None
    if before is not None:
        assert edit.after.text[: after.node.start] == text[: before.node.start]
        assert edit.after.text[after.node.end :] == text[before.node.end :]
    back = editor.remove(edit.after, name)
    assert json.loads(back.after.text) == {key: each for key, each in whole.items() if key != name}


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(words, values, max_size=3), st.lists(values, max_size=3), styles, words, values)
def test_members_and_items(
    members: dict[str, Any], items: list[Any], style: Any, key: str, value: Any
) -> None:
    document = Document.of(written({"m": members, "l": items}, style, ascii_only=True), json=True)
    path = spelled(("m", key))
    changed = editor.set_value(document, path, json.dumps(value))
    assert json.loads(changed.after.text) == {"m": {**members, key: value}, "l": items}
    removed = editor.remove(changed.after, path)
    assert json.loads(removed.after.text)["m"] == {
        name: each for name, each in members.items() if name != key
    }
    for place in range(len(items)):
        rest = items[:place] + items[place + 1 :]
        assert json.loads(editor.remove(document, f"l[{place}]").after.text)["l"] == rest


@pytest.mark.terraform
def test_terraform_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('variable "a" {\n  type = any\n}\nvariable "b" {\n  type = any\n}\n')
    text = '{\n  "//": "a note",\n  "a" : {"x y": ["${z}", "\\ud83d\\ude00", 1.50]},\n  "b": null\n}\n'
    document = editor.set_value(Document.of(text, json=True), 'a["x y"][1]', '"%{ é"').after
    document = editor.add(document, "b", '"\\"\\\\"').after
    (tmp_path / "terraform.tfvars.json").write_bytes(document.data)
    done = subprocess.run(
        [TERRAFORM, f"-chdir={tmp_path}", "console"],
        input="jsonencode([var.a, var.b])",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(json.loads(done.stdout)) == [{"x y": ["${z}", "%{ é", 1.5]}, ['"\\']]
