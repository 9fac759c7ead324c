"""An edit changes the value it was asked to change, and not a byte beside it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.core.problem import Problem
from wizard.services.hcl import editor, syntax

NAME = "databricks_serverless_workspace_ids"
TERRAFORM = shutil.which("terraform") or "terraform"
NEW = "databricks-serverless-42"

ADDED = {
    "single": (f'{NAME} = ["a"]\n', f'{NAME} = ["a", "{NEW}"]\n'),
    "padded": (f'{NAME} = [ "a" ]\n', f'{NAME} = [ "a", "{NEW}" ]\n'),
    "empty": (f"{NAME}   =   []   # none yet\nb = 1\n", f'{NAME}   =   ["{NEW}"]   # none yet\nb = 1\n'),
    "null": (f"{NAME} = null\n", f'{NAME} = ["{NEW}"]\n'),
    "trailing comma": (f'{NAME} = ["a",]\n', f'{NAME} = ["a", "{NEW}",]\n'),
    "no final line break": (f'{NAME}=["a"]', f'{NAME}=["a", "{NEW}"]'),
    "by lines": (f'{NAME} = [\n\t"a",\n\t"b"\n]\n', f'{NAME} = [\n\t"a",\n\t"b",\n\t"{NEW}"\n]\n'),
    "by lines, trailing comma and comment": (
        f'{NAME} = [\r\n  "a", # first\r\n  "b", # second\r\n]\r\n',
        f'{NAME} = [\r\n  "a", # first\r\n  "b", # second\r\n  "{NEW}",\r\n]\r\n',
    ),
    "by lines, comment behind the last": (
        f'{NAME} = [\n  "a" # first\n  # last word\n]\n',
        f'{NAME} = [\n  "a", # first\n  "{NEW}"\n  # last word\n]\n',
    ),
    "bracket on the last line": (
        f'{NAME} = [\n  "a",\n  "b"]\n',
        f'{NAME} = [\n  "a",\n  "b",\n  "{NEW}"\n]\n',
    ),
    "empty with a comment": (
        f"{NAME} = [\n  # fill me in\n]\n",
        f'{NAME} = [\n  # fill me in\n  "{NEW}",\n]\n',
    ),
    "placeholder": (f'{NAME} = ["databricks-serverless-XXXXX"]\n', f'{NAME} = ["{NEW}"]\n'),
    "placeholder among others": (
        f'{NAME} = ["a", "databricks-serverless-<WORKSPACE_ID>", "b"]\n',
        f'{NAME} = ["a", "b", "{NEW}"]\n',
    ),
    "missing": ("a = 1\n", f'a = 1\n{NAME} = ["{NEW}"]\n'),
    "missing, no final line break": ("a = 1", f'a = 1\n{NAME} = ["{NEW}"]'),
    "missing in an empty file": ("", f'{NAME} = ["{NEW}"]\n'),
    "missing, after a byte order mark": ("\ufeff", f'\ufeff{NAME} = ["{NEW}"]\n'),
    "commented placeholder": (
        f'a = 1\n# {NAME} = ["databricks-serverless-XXXXX"]\n\nb = 2\n',
        f'a = 1\n# {NAME} = ["databricks-serverless-XXXXX"]\n{NAME} = ["{NEW}"]\n\nb = 2\n',
    ),
    "commented placeholder over lines": (
        f'// {NAME} = [\r\n//   "databricks-serverless-XXXXX",\r\n// ]\r\nb = 2\r\n',
        f'// {NAME} = [\r\n//   "databricks-serverless-XXXXX",\r\n// ]\r\n{NAME} = ["{NEW}"]\r\nb = 2\r\n',
    ),
    "commented placeholder that never closes": (
        f"# {NAME} = [\nb = 2\n",
        f'# {NAME} = [\n{NAME} = ["{NEW}"]\nb = 2\n',
    ),
    "placeholder inside a heredoc is none": (
        f"a = <<EOT\n# {NAME} = []\nEOT\nb = 2\n",
        f'a = <<EOT\n# {NAME} = []\nEOT\nb = 2\n{NAME} = ["{NEW}"]\n',
    ),
    "same name nested": (
        f'a = {{\n  {NAME} = ["x"]\n}}\n{NAME} = ["y"]\n',
        f'a = {{\n  {NAME} = ["x"]\n}}\n{NAME} = ["y", "{NEW}"]\n',
    ),
    "hcl2 cannot read the neighbours": (
        f'größe /* c */ = --1\n{NAME} = ["a"]\n',
        f'größe /* c */ = --1\n{NAME} = ["a", "{NEW}"]\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), ADDED.values(), ids=ADDED)
def test_adding(before: str, after: str) -> None:
    edit = editor.add_to_list(before.encode(), NAME, NEW)
    assert edit.after.decode() == after
    assert edit.changed
    assert editor.strings(edit.after, NAME)[-1] == NEW
    assert editor.add_to_list(edit.after, NAME, NEW).changed is False


@pytest.mark.parametrize("before", [pair[0] for pair in ADDED.values()], ids=ADDED)
def test_what_was_added_can_be_removed(before: str) -> None:
    added = editor.add_to_list(before.encode(), NAME, NEW)
    removed = editor.remove_from_list(added.after, NAME, NEW)
    assert NEW not in editor.strings(removed.after, NAME)
    assert editor.strings(removed.after, NAME) == editor.strings(added.after, NAME)[:-1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'{NAME} = ["{NEW}", "b"]', f'{NAME} = ["b"]'),
        (f'{NAME} = ["a", "{NEW}"]', f'{NAME} = ["a"]'),
        (f'{NAME} = ["{NEW}"]', f"{NAME} = []"),
        (f'{NAME} = ["{NEW}", "a", "{NEW}"]', f'{NAME} = ["a"]'),
        (
            f'{NAME} = [\n  "a", # one\n  "{NEW}", # two\n  "b", # three\n]',
            f'{NAME} = [\n  "a", # one\n  "b", # three\n]',
        ),
        (f'{NAME} = [\n  "a",\n  "{NEW}"\n]', f'{NAME} = [\n  "a"\n]'),
    ],
)
def test_removing(before: str, after: str) -> None:
    assert editor.remove_from_list(before.encode(), NAME, NEW).after.decode() == after


def test_a_placeholder_that_makes_way_is_told() -> None:
    edit = editor.add_to_list(f'{NAME} = ["databricks-serverless-XXXXX"]'.encode(), NAME, NEW)
    assert edit.notes == ("“databricks-serverless-XXXXX” was a placeholder, no workspace; it is taken out.",)


def test_setting_a_value_and_leaving_an_equal_one() -> None:
    data = b'\xef\xbb\xbfa = "x"\t# c\r\nb = { c = 1 }\r\n'
    assert editor.set_value(data, "a", '"y"').after == data.replace(b'"x"', b'"y"')
    assert editor.set_value(data, "b", '{\n "c" : 1\n}').changed is False
    assert editor.get(data, "b") == "{ c = 1 }"
    assert editor.get(data, "d") is None
    assert editor.set_value(data, "d", "[1, 2]").after == data + b"d = [1, 2]\r\n"


@pytest.mark.parametrize(
    "literal", ['"x"\nb = 2', '"x" # c\nb = 1', "", "# c", "]", '"x', "1 }", '"a" "b" ]', "<<E\nx"]
)
def test_a_literal_cannot_smuggle_anything_in(literal: str) -> None:
    with pytest.raises(Problem) as caught:
        editor.set_value(b"a = 1\n", "a", literal)
    assert caught.value.code in ("tfvars.value", "tfvars.unproven")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f'{NAME} = ["a"]\n{NAME} = ["b"]\n', "tfvars.duplicate"),
        (f'{NAME} = "a"\n', "tfvars.not_a_list"),
        (f"{NAME} = [1, 2]\n", "tfvars.not_a_list"),
        (f'{NAME} = concat(["a"], ["b"])\n', "tfvars.not_a_list"),
        (f'{NAME} = [upper("a")]\n', "tfvars.not_a_list"),
        (f'{NAME} = ["${{1}}"]\n', "tfvars.not_a_list"),
        ('variable "a" {\n}\n', "tfvars.invalid"),
        ("a = 1 b = 2\n", "tfvars.invalid"),
        ("a = [\n", "tfvars.invalid"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(text: str, code: str) -> None:
    with pytest.raises(Problem) as caught:
        editor.add_to_list(text.encode(), NAME, NEW)
    assert caught.value.code == code
    assert caught.value.remedy


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(Problem, match="line 2 is not UTF-8"):
        editor.add_to_list(b"a = 1\nb = '\xff'\n", NAME, NEW)


# ---- any file ----

blanks = st.sampled_from(["", " ", "  ", "\t"])
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)
comments = st.builds(
    lambda lead, text: f"{lead} {text}", st.sampled_from(["#", "//"]), words.filter(lambda w: "=" not in w)
)
scalars = st.one_of(
    words.map(syntax.quoted),
    st.integers(-9, 9).map(str),
    st.sampled_from(["true", "null", "1 + 2", 'upper("a")', '"${1}"', "<<E\nx = [\nE", "<<-E\n  # y\n  E"]),
)
plain = scalars.filter(lambda text: not text.startswith("<<"))
values = st.one_of(
    scalars,
    st.lists(plain, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    st.lists(plain, max_size=3).map(
        lambda items: "[\n" + "".join(f"  {item}, # c\n" for item in items) + "]"
    ),
    st.lists(plain, max_size=3).map(
        lambda items: "{" + ", ".join(f"k{n} = {i}" for n, i in enumerate(items)) + "}"
    ),
)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A valid .tfvars file with anything in it, and perhaps the list."""
    lines: list[str] = []
    for number in range(draw(st.integers(0, 4))):
        lines += draw(st.lists(st.one_of(comments, blanks, st.just("/* a\nb */")), max_size=2))
        value = draw(values)
        behind = "" if "<<" in value else draw(st.one_of(blanks, comments.map(lambda text: f" {text}")))
        lines.append(f"{draw(blanks)}n{number}{draw(blanks)}={draw(blanks)}{value}{behind}")
    if draw(st.booleans()):
        items = draw(st.lists(words, max_size=3))
        spelled = ", ".join(syntax.quoted(item) for item in items)
        lines.insert(draw(st.integers(0, len(lines))), f"{draw(blanks)}{NAME} = [{spelled}]{draw(blanks)}")
    text = "\n".join(lines) + ("\n" if draw(st.booleans()) or (lines and "<<" in lines[-1]) else "")
    text = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    return ("\ufeff" if draw(st.booleans()) else "") + text


@settings(max_examples=150, deadline=None)
@given(files(), words)
def test_nothing_outside_the_value_ever_changes(text: str, item: str) -> None:
    data = text.encode()
    edit = editor.add_to_list(data, NAME, item)
    assert item in editor.strings(edit.after, NAME)
    before, after = syntax.read(text), syntax.read(edit.after.decode())
    found = before.named(NAME)
    if found:
        start, end = found[0].node.start, found[0].node.end
        changed = after.named(NAME)[0].node
        assert edit.after.decode()[: changed.start] == text[:start]
        assert edit.after.decode()[changed.end :] == text[end:]
    else:
        added = after.named(NAME)[0]
        whole = edit.after.decode()
        head, tail = whole[: added.start], whole[added.node.end :]
        broken = syntax.line_break(text)
        # At most one line break was added, before or behind the new line.
        assert text in (head + tail, head.removesuffix(broken) + tail, head + tail.removeprefix(broken))
    back = editor.remove_from_list(edit.after, NAME, item)
    assert item not in editor.strings(back.after, NAME)


@pytest.mark.terraform
@settings(max_examples=12, deadline=None)
@given(files())
def test_terraform_accepts_every_edit(text: str) -> None:
    edit = editor.add_to_list(text.encode(), NAME, NEW)
    for data in (text.encode(), edit.after):
        done = subprocess.run([TERRAFORM, "fmt", "-"], input=data, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()


@pytest.mark.terraform
def test_terraform_reads_what_was_written(tmp_path: Path) -> None:
    source = Path(__file__).parents[3] / "terraform" / "terraform.tfvars"
    edit = editor.add_to_list(source.read_bytes(), NAME, NEW)
    (tmp_path / "terraform.tfvars").write_bytes(edit.after)
    names = ("project_prefix", "aws_region", "aws_second_region", NAME)
    (tmp_path / "main.tf").write_text("".join(f'variable "{name}" {{}}\n' for name in names))
    done = subprocess.run(
        [TERRAFORM, f"-chdir={tmp_path}", "console"],
        input=f"var.{NAME}",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert NEW in done.stdout, done.stderr
    assert edit.after.startswith(source.read_bytes())
