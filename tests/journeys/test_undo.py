"""The way back in the pretend world, unattended: each change has its own answer, and what stays is said."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.ui import scripted
from tests.ui.conftest import Driven
from wizard import wiring
from wizard.core.facts import Applied, Connected, Registered, VariablesWritten
from wizard.core.journey import Script, Visit
from wizard.core.problem import Problem
from wizard.core.record import Record
from wizard.plain.printer import Printer
from wizard.plain.unattended import walk
from wizard.steps import FRONT
from wizard.steps.summary import summary
from wizard.ui.app import WizardApp

NO = {"configuration": {"config": "no"}, "stop": {"stop": "no"}}
YES = {
    "configuration": {"config": "yes"},
    "registration": {"registration": "yes"},
    "stop": {"stop": "yes"},
}


def calls(played: Any) -> list[str]:
    """Calls so far that changed something."""
    made = [c.action for c in played.world.aws.calls if c.mutating and c.action != "sts:AssumeRole"]
    return made + [f"{c.method} {c.path}" for c in played.world.workspace.calls if c.mutating]


class TakenBack:
    """One walk of the way back, as `htd-wizard undo --answers` takes it, signed in anew."""

    def __init__(self, played: Any, answers: dict[str, dict[str, str]]) -> None:
        services = played.flow.services
        services.aws = services.workspace = services.engine = None
        self.record = Record.at(services.paths.state, "default")
        out = io.StringIO()
        with ExitStack() as stack:
            forth = wiring.Opening(played.flow, FRONT, lambda _: False, played.redact)
            opening = wiring.with_way_back(forth, wiring.Options(), services.paths, self.record, stack)
            assert opening.undoable()
            assert opening.back is not None
            back = opening.back()
            visits = [Visit(step.id, answers.get(step.id, {})) for step in back.flow.steps]
            self.problem = walk(back.flow, back.front, visits, Printer(out), threading.Event())
            self.summary = summary(back.flow, self.problem)
        self.said = out.getvalue()

    @property
    def left(self) -> Any:
        """What is still remembered, read from the file."""
        return Record.at(self.record._file.parent.parent, "default").facts  # the same file


@pytest.mark.terraform
def test_no_changes_nothing_and_yes_takes_everything_back_and_says_the_rest(play: Any) -> None:
    with play(engine="terraform") as played:
        played.walk()
        made = calls(played)
        # Without its own answer nothing is destroyed.
        taken = TakenBack(played, NO)
        assert taken.problem is not None
        assert taken.problem.code == "answers.missing", taken.said
        (asked,) = taken.problem.evidence
        word = asked.partition("Type ")[2].partition(",")[0]
        assert word.startswith("destroy ")
        assert calls(played) == made
        assert "still names this instance profile" in taken.said
        assert {Applied, Connected, Registered} <= {type(fact) for fact in taken.left}

        before = played.world.workspace.config
        assert before["instance_profile_arn"]
        # Somebody else changes something else meanwhile: that stays theirs.
        played.world.workspace.set_config({**before, "statement_history_days": 7})
        taken = TakenBack(played, {**YES, "destroy": {"destroy": word}})
        assert taken.problem is None, taken.said
        after = played.world.workspace.config
        assert "instance_profile_arn" not in after
        assert after["statement_history_days"] == 7
        assert after["data_access_config"] == before["data_access_config"]
        iam = played.world.aws.client("iam")
        assert "htd-role" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}
        assert "What stays" in taken.said
        assert not {Applied, Connected, Registered} & {type(fact) for fact in taken.left}
        assert VariablesWritten in taken.left
        whole = json.loads(json.dumps(taken.summary))
        assert [step["status"] for step in whole["steps"]] == ["done"] * 5
        assert any("destroyed in AWS account" in line for line in whole["done"])
        assert any(each["remove"].startswith("rm -r ") for each in whole["stays"])


def test_where_nothing_was_done_there_is_no_way_back(play: Any) -> None:
    with play() as played, ExitStack() as stack:
        record = Record.at(played.flow.services.paths.state, "default")
        forth = wiring.Opening(played.flow, FRONT, lambda _: False, played.redact)
        opening = wiring.with_way_back(forth, wiring.Options(), played.flow.services.paths, record, stack)
        assert not opening.undoable()
        assert opening.back is not None
        back = opening.back()
        with pytest.raises(Problem, match="nothing here that could be taken back"):
            back.flow.perform(
                back.front,
                on_event=lambda _: None,
                asker=Script(Visit(back.front.id)),
                cancel=threading.Event(),
            )


@pytest.mark.soak
@pytest.mark.terraform
def test_full_screen_a_destroy_takes_its_plan_and_its_word(play: Any, tmp_path: Path) -> None:
    async def run(played: Any, opening: wiring.Opening) -> None:
        app = WizardApp(opening.flow, opening.front, save_folder=tmp_path)
        async with app.run_test(size=(80, 24)) as pilot:
            d = Driven(app, pilot, scripted.World(), [])
            await _still(d)
            await d.shell.visit("destroy", begin=True)
            await _still(d)
            made = calls(played)
            assert "TO DESTROY" in d.text
            assert "aws_iam_role.this" in d.text
            word = d.text.partition("Type ")[2].partition(",")[0]
            await pilot.press(*_keys("destroy 1"), "enter")
            await _still(d)
            assert f"! Type {word}" in d.text
            assert calls(played) == made
            await pilot.press(*["backspace"] * 20, *_keys(word), "enter")
            await _still(d)
            assert "✓ Done: " in d.text
            count = word.removeprefix("destroy ")
            assert f"{count} of {count} done" in d.text

    with play(engine="terraform") as played, ExitStack() as stack:
        played.walk(until="connect")
        services = played.flow.services
        record = Record.at(services.paths.state, "default")
        forth = wiring.Opening(played.flow, FRONT, lambda _: False, played.redact)
        opening = wiring.with_way_back(forth, wiring.Options(), services.paths, record, stack)
        assert opening.back is not None
        asyncio.run(run(played, opening.back()))
        iam = played.world.aws.client("iam")
        assert "htd-role" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}
        assert Applied not in Record.at(services.paths.state, "default").facts


def _keys(text: str) -> list[str]:
    return ["space" if letter == " " else letter for letter in text]


async def _still(d: Driven) -> None:
    """Terraform takes its time."""
    for _ in range(60):
        with suppress(AssertionError):
            await d.settled()
            return
    raise AssertionError(d.text)
