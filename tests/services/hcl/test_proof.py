"""An edit that is not exactly what was asked for never passes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wizard.services.hcl import proof, structure, syntax
from wizard.services.hcl.document import Document
from wizard.services.hcl.structure import Number

BEFORE = '# one\na = 1\nids = ["x"] # two\nb = "y"\n'
AFTER = '# one\na = 1\nids = ["x", "z"] # two\nb = "y"\n'
LIST = (BEFORE.index("["), BEFORE.index("]") + 1)


def fault(before: str, after: str, asked: str, span: tuple[int, int], *, json: bool = False) -> str:
    """What is wrong with `after`, when the file should say what `asked` says."""
    expected = structure.of_file(Document.of(asked, json=json).tree)
    return proof.fault(Document.of(before, json=json), after, "ids", expected, span)


def test_a_right_edit_passes() -> None:
    assert fault(BEFORE, AFTER, AFTER, LIST) == ""


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (AFTER.replace("a = 1", "a = 2"), "another value"),
        (AFTER.replace("a = 1", "a = true"), "another value"),
        (AFTER.replace("a = 1", "a  = 1"), "outside the value"),
        (AFTER.replace('b = "y"\n', ""), "another value"),
        (AFTER + "c = 1\n", "another value"),
        (AFTER.replace("# two", "# 2"), "outside the value"),
        (AFTER.replace("# one\n", ""), "outside the value"),
        (AFTER + "\n", "outside the value"),
        (AFTER.replace('"z"', '"q"'), "not be what was asked for"),
        (BEFORE, "not be what was asked for"),
        (AFTER.replace('"z"', '"z'), "could not be read (line 3"),
        (AFTER + "ids = []\n", "set 2 times"),
        (AFTER.replace("ids", "other"), "another value"),
    ],
)
def test_anything_else_is_named(after: str, said: str) -> None:
    assert said in fault(BEFORE, after, AFTER, LIST)


def test_a_new_argument_brings_its_line_and_nothing_more() -> None:
    before, line = "a = 1\n# ids = []\nb = 2\n", 'ids = ["x", "z"]\n'
    right, at = f"a = 1\n# ids = []\n{line}b = 2\n", before.index("b = ")
    assert fault(before, right, right, (at, at)) == ""
    for wrong in (f"a = 1\n# ids = []\n{line}b = 2\n\n", f"a = 1\n{line}b = 2\n"):
        assert "outside the value" in fault(before, wrong, right, (at, at))


def test_the_second_reader_of_json_is_pythons_own(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = '{"ids": 1, "b": 1.50}', '{"ids": 2, "b": 1.50}'
    assert fault(before, after, after, (8, 9), json=True) == ""
    monkeypatch.setattr(proof, "_number", lambda _: Number(Decimal(3)))
    assert "second reader" in fault(before, after, after, (8, 9), json=True)


def test_of_a_long_file_the_second_reader_sees_the_change_and_its_neighbours() -> None:
    filling = "".join(f'v{number} = "{number}" # comment\n' for number in range(500))
    before, after = filling + BEFORE + filling.replace("v", "w"), filling + AFTER + filling.replace("v", "w")
    start, end = len(filling) + LIST[0], len(filling) + LIST[1]
    assert fault(before, after, after, (start, end)) == ""
    seen = proof.excerpt(syntax.read(before), syntax.read(before), syntax.read(after), "ids")
    assert seen == BEFORE.removeprefix("# one\n").removesuffix("\n")
