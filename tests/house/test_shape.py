"""The house keeps its shape: small modules, small functions, one list of steps."""

import ast
from pathlib import Path

import pytest

import wizard
from wizard.steps import FRONT, STEPS

ROOT = Path(wizard.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_and_no_function_becomes_a_giant(module: Path) -> None:
    text = module.read_text("utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is two things"


def test_the_journey_is_the_one_of_the_story() -> None:
    assert [step.id for step in STEPS] == [
        "credentials",
        "permissions",
        "workspace",
        "variables",
        "apply",
        "connect",
        "warehouse",
        "proof",
    ]
    assert FRONT.id == "start"


def test_every_step_rests_only_on_steps_before_it() -> None:
    known = {FRONT.fact}
    for step in STEPS:
        assert set(step.needs) <= known, step.id
        known.add(step.fact)


@pytest.mark.parametrize("step", [FRONT, *STEPS], ids=lambda step: step.id)
def test_every_step_says_why_in_a_sentence_that_fits(step: object) -> None:
    why = str(getattr(step, "why", ""))
    assert why.endswith((".", "?"))
    assert len(why) <= 120


def test_every_step_has_its_picture_and_no_picture_asks_the_network() -> None:
    pictures = {file.stem: file.read_text("utf-8") for file in (ROOT.parent / "screenshots").glob("*.svg")}
    assert pictures.keys() == {step.id for step in (FRONT, *STEPS)}
    assert not [name for name, svg in pictures.items() if "@font-face" in svg or "url(http" in svg]
