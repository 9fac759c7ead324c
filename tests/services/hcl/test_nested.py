"""Parts of a value, by path, in both spellings of a file of variables."""

from __future__ import annotations

import json

import pytest

from wizard.core.problem import Problem
from wizard.services.hcl import editor, path
from wizard.services.hcl.document import Document

OBJECT = 'tags = {\n  team   = "x" # who\n  "a b"  = 1\n}\nb = 2\n'
SET = {
    "a member": (OBJECT, "tags.team", '"y"', OBJECT.replace('"x"', '"y"')),
    "a quoted member": (OBJECT, 'tags["a b"]', "2", OBJECT.replace("= 1", "= 2")),
    "a new member": (OBJECT, "tags.cost", "7", OBJECT.replace("= 1\n", "= 1\n  cost   = 7\n")),
    "a new member that is no name": (
        OBJECT,
        'tags["x/y"]',
        "7",
        OBJECT.replace("= 1\n", '= 1\n  "x/y"  = 7\n'),
    ),
    "one line": ("t = { a = 1 }", "t.b", "2", "t = { a = 1, b = 2 }"),
    "one line, colons": ("t = {a: 1}", "t.b", "2", "t = {a: 1, b: 2}"),
    "one line, comma at the end": ("t = { a = 1, }", "t.b", "2", "t = { a = 1, b = 2, }"),
    "quoted neighbours": ('t = { "a" = 1 }', "t.b", "2", 't = { "a" = 1, "b" = 2 }'),
    "commas by lines": (
        "t = {\r\n\ta=1,\r\n\tb=2\r\n}",
        "t.c",
        "3",
        "t = {\r\n\ta=1,\r\n\tb=2,\r\n\tc=3\r\n}",
    ),
    "comma behind the last": ("t = {\n  a = 1,\n}", "t.c", "3", "t = {\n  a = 1,\n  c = 3,\n}"),
    "empty": ("t = {}", "t.a", "1", "t = { a = 1 }"),
    "empty over lines": ("t = {\n  # none\n}\n", "t.a", "1", "t = {\n  # none\n  a = 1\n}\n"),
    "empty, with a comment": ("t = { /* none */ }\n", "t.a", "1", "t = { /* none */ a = 1 }\n"),
    "null": ("t = null # c\n", "t.a", "1", "t = { a = 1 } # c\n"),
    "nothing on the way": ("", 't.a["b c"]', "1", 't = { a = { "b c" = 1 } }\n'),
    "an item": ('l = ["a", "b"]', "l[1]", '"c"', 'l = ["a", "c"]'),
    "a member of an item": ("l = [{ a = 1 }, { a = 2 }]", "l[1].a", "3", "l = [{ a = 1 }, { a = 3 }]"),
    "deep": ("t = { a = [{ b = { c = 1 } }] }", "t.a[0].b.d", "2", "t = { a = [{ b = { c = 1, d = 2 } }] }"),
    "beside a calculation": ("t = { a = 1 + 2, b = 3 }", "t.b", "4", "t = { a = 1 + 2, b = 4 }"),
    "behind a heredoc": ("t = {\n  a = <<E\nx\nE\n}\n", "t.b", "1", "t = {\n  a = <<E\nx\nE\n  b = 1\n}\n"),
    "behind a heredoc beside the brace": (
        "t = { a = <<E\nx\nE\n}\n",
        "t.b",
        "1",
        "t = { a = <<E\nx\nE\nb = 1\n}\n",
    ),
    "a heredoc into a line": ("t = { a = 1 }\n", "t.a", "<<E\nx\nE\n", 't = { a = "x\\n" }\n'),
    "a name twice": ("t = { a = 1, a = 2 }", "t.a", "3", "t = { a = 1, a = 3 }"),
    "a computed name beside it": ("t = { (1) = 1, a = 2 }", "t.a", "3", "t = { (1) = 1, a = 3 }"),
}
REMOVED = {
    "a line": ("a = 1 # c\nb = 2\n", "a", "b = 2\n"),
    "the last line": ("a = 1\nb = 2", "b", "a = 1\n"),
    "over lines": ("\ufeffa = [\n  1\n] # c\r\nb = 2\n", "a", "\ufeffb = 2\n"),
    "a heredoc": ("a = <<E\nx\nE\nb = 2\n", "a", "b = 2\n"),
    "a comment before it stays": ("/* c */ a = 1\nb = 2\n", "a", "/* c */ \nb = 2\n"),
    "what is not there": ("a = 1\n", "b", "a = 1\n"),
    "a member": (OBJECT, "tags.team", OBJECT.replace('  team   = "x" # who\n', "")),
    "the last member": (OBJECT, 'tags["a b"]', OBJECT.replace('  "a b"  = 1\n', "")),
    "in a line": ("t = { a = 1, b = 2 }", "t.b", "t = { a = 1 }"),
    "the only one": ("t = { a = 1 }", "t.a", "t = {}"),
    "the first in a line": ("t = { a = 1, b = 2 }", "t.a", "t = { b = 2 }"),
    "lines without commas": ("t = { a = 1\n  b = 2 }", "t.b", "t = { a = 1\n   }"),
    "a name twice": ("t = { a = 1, b = 0, a = 2 }", "t.a", "t = { b = 0 }"),
    "an item": ("l = [1, 2, 3]", "l[1]", "l = [1, 3]"),
}
JSON_SET = {
    "a value": ('{"a": 1, "b" : "x"}', "b", '"y"', '{"a": 1, "b" : "y"}'),
    "a new one": ('{\n\t"a": 1\n}\n', "b", "[]", '{\n\t"a": 1,\n\t"b": []\n}\n'),
    "a new one in a line": ('{"a":1}', "b", "2", '{"a":1, "b":2}'),
    "nested": ('{"t": {"a": 1}}', "t.b", "2", '{"t": {"a": 1, "b": 2}}'),
    "empty object": ("{}", "a", "1", '{"a": 1}'),
    "empty object over lines": ("{\r\n}", "a", "1", '{\r\n  "a": 1\r\n}'),
    "no file yet": ("", "t.a", "1", '{\n  "t": {"a": 1}\n}\n'),
    "exact numbers beside it": ('{"a": 1.50e2, "b": 0.1}', "b", "0.10", None),
    "pairs": ('{"a": "\\ud83d\\ude00\\/"}', "a", '"é"', '{"a": "é"}'),
}


@pytest.mark.parametrize(("before", "name", "value", "after"), SET.values(), ids=SET)
def test_setting_a_part(before: str, name: str, value: str, after: str) -> None:
    edit = editor.set_value(Document.of(before), name, value)
    assert edit.after.text == after
    assert editor.set_value(edit.after, name, value).changed is False


@pytest.mark.parametrize(("before", "name", "after"), REMOVED.values(), ids=REMOVED)
def test_removing_a_name(before: str, name: str, after: str) -> None:
    edit = editor.remove(Document.of(before), name)
    assert edit.after.text == after
    assert editor.get(edit.after, name) is None or name.endswith("]")


@pytest.mark.parametrize(("before", "name", "value", "after"), JSON_SET.values(), ids=JSON_SET)
def test_json(before: str, name: str, value: str, after: str | None) -> None:
    edit = editor.set_value(Document.of(before, json=True), name, value)
    assert edit.after.text == (before if after is None else after)
    assert edit.changed is (after is not None)
    json.loads(edit.after.text)


def test_json_lists_and_removal() -> None:
    document = Document.of('{\n  "ids": [\n    "a"\n  ],\n  "b": 1\n}\n', json=True)
    added = editor.add(document, "ids", '"c"')
    assert added.after.text == '{\n  "ids": [\n    "a",\n    "c"\n  ],\n  "b": 1\n}\n'
    assert editor.remove(added.after, "ids", '"c"').after.text == document.text
    assert editor.remove(document, "b").after.text == '{\n  "ids": [\n    "a"\n  ]\n}\n'
    assert editor.remove(document, "ids").after.text == '{\n  "b": 1\n}\n'
    assert editor.add_to_list(document, "new", "x").after.text.endswith('"b": 1,\n  "new": ["x"]\n}\n')


def test_lists_of_anything() -> None:
    document = Document.of("l = [{ a = 1 }, 2, null]\n")
    assert editor.add(document, "l", "{ a = 2 }").after.text == "l = [{ a = 1 }, 2, null, { a = 2 }]\n"
    assert editor.add(document, "l", "{a:1}").changed is False
    assert editor.add(document, "l", '"2"').changed is False
    assert editor.remove(document, "l", "{ a = 1 }").after.text == "l = [2, null]\n"
    assert editor.add(Document.of("t = { l = [] }\n"), "t.l", "1").after.text == "t = { l = [1] }\n"
    assert editor.add(Document.of(""), "t.l", "1").after.text == "t = { l = [1] }\n"
    placeholder = Document.of('ids = ["databricks-serverless-XXXXX"]\n')
    assert editor.add(placeholder, "ids", '"x"').after.text == 'ids = ["databricks-serverless-XXXXX", "x"]\n'


def test_a_name_that_an_object_holds_twice_is_told() -> None:
    edit = editor.set_value(Document.of("t = { a = 1, a = 2 }"), "t.a", "3")
    assert edit.notes == ("t.a is set 2 times in its object; Terraform listens to the last one.",)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("l = [1]\n", "l[1]", "l has 1 item, counted from 0"),
        ("l = [1]\n", "l.a", "l is a list and has no member a"),
        ('a = 1\nt = "x"\n', "t.a", "Line 2: t is a text"),
        ("t = merge({}, {})\n", "t.a", "t is an expression that Terraform works out"),
        ("", "l[0]", "Use add to put an item into a list"),
        ("a..b", "a..b", "cannot be the name"),
    ],
)
def test_a_path_that_leads_nowhere_is_told(text: str, name: str, said: str) -> None:
    with pytest.raises(Problem) as caught:
        editor.set_value(Document.of(text), name, "1")
    assert said in " ".join(caught.value.lines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('\ufeff{"a": 1}', "byte order mark"),
        ('{"a": 1,}', "no comma behind the last"),
        ('{"a": 1 "b": 2}', "line 1: a comma is missing"),
        ('{"a": 1, "a": 2}', '"a" stands there twice'),
        ('{"a": {"b": 1, "b": 2}}', '"b" stands there twice'),
        ('{"a": 01}', "a value was expected"),
        ('{"a": "x\ty"}', "a text is not closed"),
        ('{"a": [1}', "a comma is missing"),
        ("{\n", "a name in quotes was expected"),
        ('{"a": [1', "a bracket is not closed"),
        ("[1]", "must be an object"),
        ("{} x", "something behind the value"),
        ("{a: 1}", "a name in quotes was expected"),
        (f'{{"a": {"[" * 100_000}', "nested too deeply"),
    ],
)
def test_json_that_terraform_refuses_is_refused(text: str, said: str) -> None:
    with pytest.raises(Problem, match=said):
        editor.set_value(Document.of(text, json=True), "z", "1")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a", ("a",)),
        ("a.b-c", ("a", "b-c")),
        ('a["b c"].d', ("a", "b c", "d")),
        ("a[0][12].b", ("a", 0, 12, "b")),
        ("a.0.b", ("a", 0, "b")),
        ('a["\\"${1}"]', None),
        ('a["$${x}"]', ("a", "${x}")),
        ("größe.ä", ("größe", "ä")),
    ],
)
def test_paths(name: str, parts: path.Path | None) -> None:
    if parts is None:
        with pytest.raises(Problem):
            path.parse(name)
        return
    assert path.parse(name) == parts
    assert path.parse(path.spelled(parts)) == parts
