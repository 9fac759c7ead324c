"""An edit that is not exactly what was asked for never passes."""

from __future__ import annotations

import pytest

from wizard.services.hcl import lists, proof
from wizard.services.hcl.document import Document
from wizard.services.hcl.syntax import Node

BEFORE = '# one\na = 1\nids = ["x"] # two\nb = "y"\n'
AFTER = '# one\na = 1\nids = ["x", "z"] # two\nb = "y"\n'


def _asked(node: Node, text: str) -> bool:
    return lists.texts(node, text) == ("x", "z")


def test_a_right_edit_passes() -> None:
    assert proof.fault(Document.of(BEFORE), AFTER, "ids", _asked, sure=True) == ""


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (AFTER.replace("a = 1", "a = 2"), "another value"),
        (AFTER.replace("a = 1", "a  = 1"), "another value"),
        (AFTER.replace('b = "y"\n', ""), "another value"),
        (AFTER + "c = 1\n", "another value"),
        (AFTER.replace("# two", "# 2"), "outside the value"),
        (AFTER.replace("# one\n", ""), "outside the value"),
        (AFTER + "\n", "outside the value"),
        (AFTER.replace('"z"', '"q"'), "not be what was asked for"),
        (BEFORE, "not be what was asked for"),
        (AFTER.replace('"z"', '"z'), "could not be read (line 3"),
        (AFTER + "ids = []\n", "set 2 times"),
        (AFTER.replace("ids", "other"), "set 0 times"),
    ],
)
def test_anything_else_is_named(after: str, said: str) -> None:
    assert said in proof.fault(Document.of(BEFORE), after, "ids", _asked, sure=True)


def test_a_new_argument_may_bring_its_line_and_nothing_more() -> None:
    before = Document.of("a = 1\n# ids = []\nb = 2\n")
    line = 'ids = ["x", "z"]\n'
    assert proof.fault(before, f"a = 1\n# ids = []\n{line}b = 2\n", "ids", _asked, sure=True) == ""
    faults = [
        proof.fault(before, after, "ids", _asked, sure=True)
        for after in (f"a = 1\n# ids = []\n\n{line}b = 2\n\n", f"a = 1\n{line}b = 2\n")
    ]
    assert all("outside the value" in fault for fault in faults)


def test_the_second_reader_judges_what_the_first_does_not_understand() -> None:
    def anything(node: Node, _: str) -> bool:
        return node.kind == "expression"

    before = Document.of("a = 1\n")
    assert proof.fault(before, "a = (1 + 2)\n", "a", anything, sure=False) == ""
    assert "second reader" in proof.fault(before, 'a = ["x" "y"][0]\n', "a", anything, sure=False)


def test_of_a_long_file_the_second_reader_sees_the_change_and_its_neighbours() -> None:
    filling = "".join(f'v{number} = "{number}" # comment\n' for number in range(500))
    before = Document.of(filling + BEFORE + filling.replace("v", "w"))
    after = filling + AFTER + filling.replace("v", "w")
    assert proof.fault(before, after, "ids", _asked, sure=True) == ""
    excerpt = proof.excerpt(before.tree, Document.of(after).tree, "ids")
    assert excerpt == BEFORE.removeprefix("# one\n").removesuffix("\n")
