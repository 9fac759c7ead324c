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
from wizard.services.hcl.document import Document

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
        f'{NAME} = [\n  "a",\n  "b",\n  "{NEW}"]\n',
    ),
    "tight": (f'{NAME}=["a","b"]\n', f'{NAME}=["a","b","{NEW}"]\n'),
    "aligned": (f'{NAME} = ["a",   "b"]\n', f'{NAME} = ["a",   "b",   "{NEW}"]\n'),
    "padded and empty": (f"{NAME} = [ ]\n", f'{NAME} = [ "{NEW}" ]\n'),
    "several a line": (
        f'{NAME} = [\n  "a", "b",\n  "c", "d",\n]\n',
        f'{NAME} = [\n  "a", "b",\n  "c", "d", "{NEW}",\n]\n',
    ),
    "comment between slashes and stars behind the last": (
        f'{NAME} = [\n  "a" /* one */\n]\n',
        f'{NAME} = [\n  "a", /* one */\n  "{NEW}"\n]\n',
    ),
    "comment before the bracket": (
        f'{NAME} = [\n  "a" /* one */ ]\n',
        f'{NAME} = [\n  "a",\n  "{NEW}" /* one */ ]\n',
    ),
    "comma on the next line": (
        f'{NAME} = [\n  "a" # one\n  ,\n]\n',
        f'{NAME} = [\n  "a" # one\n  ,\n  "{NEW}",\n]\n',
    ),
    "first item beside the bracket": (f'{NAME} = ["a" # one\n]\n', f'{NAME} = ["a", "{NEW}" # one\n]\n'),
    "heredoc at the end": (
        f"{NAME} = [<<E\nx\nE\n]\n",
        f'{NAME} = [<<E\nx\nE\n, "{NEW}"\n]\n',
    ),
    "heredoc at the end, with a comma": (
        f"{NAME} = [\r\n  <<E\r\nx\r\nE\r\n  ,\r\n]\r\n",
        f'{NAME} = [\r\n  <<E\r\nx\r\nE\r\n  , "{NEW}",\r\n]\r\n',
    ),
    "numbers and booleans": (f"{NAME} = [12, 1.50, true]\n", f'{NAME} = [12, 1.50, true, "{NEW}"]\n'),
    "empty over lines": (f"{NAME} = [\n]\n", f'{NAME} = [\n  "{NEW}",\n]\n'),
    "empty over lines, indented": (f"{NAME} = [\r\n\t]\r\n", f'{NAME} = [\r\n\t  "{NEW}",\r\n\t]\r\n'),
    "empty, comment between slashes and stars": (
        f"{NAME} = [/* none */]\r\n",
        f'{NAME} = [/* none */ "{NEW}"]\r\n',
    ),
    "empty, comment deep": (
        f"{NAME} = [ # one\n      # two\n  ]\n",
        f'{NAME} = [ # one\n      # two\n      "{NEW}",\n  ]\n',
    ),
    "placeholder with a comment": (
        f'{NAME} = [\n    "databricks-serverless-XXXXX" # mine\n]\n',
        f'{NAME} = [\n    "{NEW}" # mine\n]\n',
    ),
    "two placeholders": (
        f'{NAME} = [\n  "<one>",\n  "a",\n  "<two>", # gone\n]\n',
        f'{NAME} = [\n  "{NEW}",\n  "a",\n]\n',
    ),
    "empty with a comment": (
        f"{NAME} = [\n  # fill me in\n]\n",
        f'{NAME} = [\n  # fill me in\n  "{NEW}",\n]\n',
    ),
    "placeholder": (f'{NAME} = ["databricks-serverless-XXXXX"]\n', f'{NAME} = ["{NEW}"]\n'),
    "placeholder among others": (
        f'{NAME} = ["a", "databricks-serverless-<WORKSPACE_ID>", "b"]\n',
        f'{NAME} = ["a", "{NEW}", "b"]\n',
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
    edit = editor.add_to_list(Document.of(before), NAME, NEW)
    assert edit.after.text == after
    assert edit.changed
    assert editor.strings(edit.after, NAME).count(NEW) == 1
    assert editor.add_to_list(edit.after, NAME, NEW).changed is False


@pytest.mark.parametrize("before", [pair[0] for pair in ADDED.values()], ids=ADDED)
def test_what_was_added_can_be_removed(before: str) -> None:
    added = editor.add_to_list(Document.of(before), NAME, NEW)
    removed = editor.remove_from_list(added.after, NAME, NEW)
    assert NEW not in editor.strings(removed.after, NAME)
    kept = [each for each in editor.strings(added.after, NAME) if each != NEW]
    assert list(editor.strings(removed.after, NAME)) == kept


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
        (f'{NAME} = [\n  "a", # one\n  "{NEW}" # two\n]', f'{NAME} = [\n  "a" # one\n]'),
        (f'{NAME} = ["a" /* , */, /* " */ "{NEW}"]', f'{NAME} = ["a" /* , */ /* " */ ]'),
        (f'{NAME} = ["a","{NEW}","b"]', f'{NAME} = ["a","b"]'),
        (f'{NAME} = ["a", "{NEW}",]', f'{NAME} = ["a",]'),
        (f'{NAME} = ["{NEW}",]', f"{NAME} = []"),
        (f'{NAME} = [ "{NEW}" ]', f"{NAME} = []"),
        (f'{NAME} = [\r\n  "{NEW}",\r\n  "http://b", # "#"\r\n]', f'{NAME} = [\r\n  "http://b", # "#"\r\n]'),
        (f'{NAME} = [\n  "{NEW}", "b",\n]', f'{NAME} = [\n  "b",\n]'),
        (f'{NAME} = [\n  "a", "{NEW}"\n]', f'{NAME} = [\n  "a"\n]'),
        (f'{NAME} = ["a"]', f'{NAME} = ["a"]'),
        ("a = 1", "a = 1"),
    ],
)
def test_removing(before: str, after: str) -> None:
    assert editor.remove_from_list(Document.of(before), NAME, NEW).after.text == after


def test_a_placeholder_that_makes_way_is_told() -> None:
    document = Document.of(f'{NAME} = ["databricks-serverless-XXXXX", "a", "<id>"]')
    edit = editor.add_to_list(document, NAME, NEW)
    assert edit.notes == (
        f"“databricks-serverless-XXXXX” was a placeholder; {NEW} takes its place.",
        "“<id>” was a placeholder; it is taken out.",
    )
    assert editor.strings(edit.after, NAME) == (NEW, "a")
    there = editor.add_to_list(document, NAME, "a")
    assert there.after.text == f'{NAME} = ["a"]'


@pytest.mark.parametrize(
    "item", ['say "hi"', "back\\slash", "${x}", "%{x}", "$${x}", "line\nbreak", "tab\t", "é😀", "", "#", "$"]
)
def test_items_are_spelled_so_that_they_are_read_back(item: str) -> None:
    for text in (
        "",
        f"{NAME} = []\n",
        f'{NAME} = ["%%{{", "b\\"c"]\n',
        f'{NAME} = ["a"]\n',
        f'{NAME} = [\n  "a",\n]\n',
    ):
        edit = editor.add_to_list(Document.of(text), NAME, item)
        assert editor.strings(edit.after, NAME)[-1] == item
        assert editor.add_to_list(edit.after, NAME, item).changed is False


def test_numbers_count_as_the_texts_terraform_makes_of_them() -> None:
    document = Document.of(f"{NAME} = [12, 1.50, 1e3, -7, true, 1]\n")
    assert editor.strings(document, NAME) == ("12", "1.5", "1000", "-7", "true", "1")
    assert editor.add_to_list(document, NAME, "12").changed is False
    assert editor.remove_from_list(document, NAME, "1.5").after.text == f"{NAME} = [12, 1e3, -7, true, 1]\n"


def test_items_that_terraform_works_out_are_known() -> None:
    document = Document.of(f'{NAME} = ["a${{1 + 1}}"]\n')
    assert editor.strings(document, NAME) == ("a2",)
    assert editor.add_to_list(document, NAME, "a2").changed is False
    assert editor.remove_from_list(document, NAME, "a2").after.text == f"{NAME} = []\n"


def test_a_heredoc_needs_the_rest_of_its_line() -> None:
    for before, after in (
        ("a = 1\n", "a = <<E\nx\nE\n"),
        ("a = 1 # c\n", 'a = "x\\n" # c\n'),
        ("a = 1", 'a = "x\\n"'),
    ):
        assert editor.set_value(Document.of(before), "a", "<<E\nx\nE\n").after.text == after


def test_a_number_that_would_fill_the_memory_is_not_written_out() -> None:
    document = Document.of(f"{NAME} = [1e999999999, -1E-999999999]\n")
    assert editor.strings(document, NAME) == ("1E+999999999", "-1E-999999999")
    assert editor.add_to_list(document, NAME, NEW).after.text.endswith(f', "{NEW}"]\n')


def test_setting_a_value_and_leaving_an_equal_one() -> None:
    text = '\ufeffa = "x"\t# c\r\nb = { c = 1 }\r\n'
    document = Document.of(text)
    assert editor.set_value(document, "a", '"y"').after.text == text.replace('"x"', '"y"')
    assert editor.set_value(document, "b", '{\n "c" : 1\n}').changed is False
    assert editor.set_value(Document.of("a = 1\n"), "a", "true").changed
    assert editor.get(document, "b") == "{ c = 1 }"
    assert editor.get(document, "d") is None
    assert editor.set_value(document, "d", "[1, 2]").after.text == text + "d = [1, 2]\r\n"
    assert editor.set_value(Document.of("a = 1"), "b", "<<E\nx\nE\n").after.text == "a = 1\nb = <<E\nx\nE\n"
    assert editor.set_value(Document.of("a = 1 # c\n"), "a", "(1 + 2)").after.text == "a = (1 + 2) # c\n"


@pytest.mark.parametrize(
    "literal",
    [
        '"x"\nb = 2',
        '"x" # c\nb = 1',
        "",
        "# c",
        "]",
        '"x',
        "1 }",
        '"a" "b" ]',
        "<<E\nx",
        '["a" "b"]',
        "{ a = 1 b = 2 }",
        '[upper("x")]',
        "[x]",
        '"${x}"',
    ],
)
def test_a_literal_cannot_smuggle_anything_in(literal: str) -> None:
    with pytest.raises(Problem) as caught:
        editor.set_value(Document.of("a = 1\n"), "a", literal)
    assert caught.value.code in ("tfvars.value", "tfvars.unproven")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f'{NAME} = ["a"]\n{NAME} = ["b"]\n', "tfvars.duplicate"),
        (f'{NAME} = "a"\n', "tfvars.not_a_list"),
        (f"{NAME} = 1\n", "tfvars.not_a_list"),
        (f"{NAME} = true\n", "tfvars.not_a_list"),
        (f"{NAME} = {{}}\n", "tfvars.not_a_list"),
        (f"{NAME} = [null]\n", "tfvars.not_a_list"),
        (f'{NAME} = [["a"]]\n', "tfvars.not_a_list"),
        (f'{NAME} = [for x in ["a"] : x]\n', "tfvars.not_a_list"),
        (f'{NAME} = concat(["a"], ["b"])\n', "tfvars.not_a_list"),
        (f'{NAME} = [upper("a")]\n', "tfvars.not_a_list"),
        ("a = 1\na = 1\n", "tfvars.duplicate"),
        ('variable "a" {\n}\n', "tfvars.invalid"),
        ("a = 1 b = 2\n", "tfvars.invalid"),
        ("a = [\n", "tfvars.invalid"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(text: str, code: str) -> None:
    with pytest.raises(Problem) as caught:
        editor.add_to_list(Document.of(text), NAME, NEW)
    assert caught.value.code == code
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\na = [\n", "line 2: a bracket is not closed"),
        ('a = 1\n\nb "c" {\n}\n', "line 3 begins a block, b { … }"),
        (f"a = 1\n{NAME} = 1\nb = 2\n{NAME} = 2\n", "Keep one of the lines 2, 4"),
        (f'a = 1\n{NAME} = "x"\n', f'Write line 2 as a list by hand: {NAME} = ["x", "{NEW}"]'),
        (
            f'{NAME} = concat(["x"], [])\n',
            "Line 1 sets it to an expression that Terraform would have to work out",
        ),
        (f'{NAME} = concat(["x"], [])\n', f'Add "{NEW}" to line 1 by hand'),
    ],
)
def test_a_refusal_names_the_line_and_the_way_out(text: str, said: str) -> None:
    with pytest.raises(Problem) as caught:
        editor.add_to_list(Document.of(text), NAME, NEW)
    assert said in " ".join(caught.value.lines())


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "1a", "a=1", '"a"', "a..b", "a[", "a[b]", "a.b c", "#"])
def test_a_name_cannot_smuggle_anything_in(name: str) -> None:
    with pytest.raises(Problem) as caught:
        editor.add_to_list(Document.of("x = 1\n"), name, NEW)
    assert caught.value.code == "tfvars.name"


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(Problem, match="line 2 is not UTF-8"):
        editor.add_to_list(Document(b"a = 1\nb = '\xff'\n"), NAME, NEW)


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
    edit = editor.add_to_list(Document.of(text), NAME, item)
    assert item in editor.strings(edit.after, NAME)
    before, after = syntax.read(text), edit.after.tree
    found = before.named(NAME)
    if found:
        start, end = found[0].node.start, found[0].node.end
        changed = after.named(NAME)[0].node
        assert edit.after.text[: changed.start] == text[:start]
        assert edit.after.text[changed.end :] == text[end:]
    else:
        added = after.named(NAME)[0]
        whole = edit.after.text
        head, tail = whole[: added.start], whole[added.node.end :]
        broken = syntax.line_break(text)
        # At most one line break was added, before or behind the new line.
        assert text in (head + tail, head.removesuffix(broken) + tail, head + tail.removeprefix(broken))
    assert editor.add_to_list(edit.after, NAME, item).changed is False
    back = editor.remove_from_list(edit.after, NAME, item)
    assert item not in editor.strings(back.after, NAME)


@pytest.mark.terraform
@settings(max_examples=12, deadline=None)
@given(files())
def test_terraform_accepts_every_edit(text: str) -> None:
    edit = editor.add_to_list(Document.of(text), NAME, NEW)
    for data in (edit.document.data, edit.after.data):
        done = subprocess.run([TERRAFORM, "fmt", "-"], input=data, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()


@pytest.mark.terraform
def test_terraform_reads_what_was_written(tmp_path: Path) -> None:
    source = Path(__file__).parents[3] / "terraform" / "terraform.tfvars"
    edit = editor.add_to_list(Document(source.read_bytes()), NAME, NEW)
    (tmp_path / "terraform.tfvars").write_bytes(edit.after.data)
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
    assert edit.after.data.startswith(source.read_bytes())
