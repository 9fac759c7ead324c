"""The way back in the pretend world: three changes, three questions, and what stays is said."""

from __future__ import annotations

import argparse
import io
import threading
from dataclasses import replace
from typing import Any

import pytest

from wizard.commands import undo
from wizard.core.event import Ask
from wizard.core.facts import Applied, Connected, VariablesWritten
from wizard.core.question import Answers, Question
from wizard.core.record import Record
from wizard.plain.printer import Printer
from wizard.steps.undo import planned

NOTHING_SAID = argparse.Namespace(aws_profile="", databricks_profile="", deployment="default")


class Answering:
    """Answers by key; `no` to whatever is not given. Notes what was asked, and the calls made until then."""

    def __init__(self, played: Any, **given: str) -> None:
        self._played, self._given = played, given
        self.asked: list[str] = []
        self.untouched = True
        self._begun = calls(played)

    def answer(self, step: str, ask: Ask) -> Answers:
        if not self.asked:
            self.untouched = calls(self._played) == self._begun
        self.asked += [question.key for question in ask.questions]
        return {question.key: self._answer(question) for question in ask.questions}

    def _answer(self, question: Question) -> str:
        given = self._given.get(question.key, "no")
        # Whoever agrees types the word that the screen asks for.
        return question.prompt.partition("Type ")[2].partition(",")[0] if given == "the word" else given


def calls(played: Any) -> list[str]:
    """Calls so far that changed something."""
    made = [c.action for c in played.world.aws.calls if c.mutating and c.action != "sts:AssumeRole"]
    return made + [f"{c.method} {c.path}" for c in played.world.workspace.calls if c.mutating]


def taken_back(played: Any, **given: str) -> tuple[int, str, Answering]:
    services = replace(played.flow.services, aws=None, workspace=None, engine=None)
    record = Record.at(services.paths.state, "default")
    out, asker = io.StringIO(), Answering(played, **given)
    code = undo.take_back(NOTHING_SAID, services, record, Printer(out), asker, threading.Event())
    return code, out.getvalue(), asker


@pytest.mark.terraform
def test_no_changes_nothing_and_yes_takes_everything_back_and_says_the_rest(play: Any) -> None:
    with play(engine="terraform") as played:
        played.walk()
        made = calls(played)
        code, said, asker = taken_back(played)
        assert (code, asker.asked) == (0, ["config", "stop", "destroy"])
        assert calls(played) == made
        assert "Nothing was changed." in said
        assert Applied in Record.at(played.flow.services.paths.state, "default").facts

        before = played.world.workspace.config
        assert before["instance_profile_arn"]
        # Somebody else changes something else meanwhile: that stays theirs.
        played.world.workspace.set_config({**before, "statement_history_days": 7})
        code, said, asker = taken_back(
            played, config="yes", registration="yes", stop="yes", destroy="the word"
        )
        assert (code, asker.asked) == (0, ["config", "registration", "stop", "destroy"]), said
        assert asker.untouched
        after = played.world.workspace.config
        assert "instance_profile_arn" not in after
        assert after["statement_history_days"] == 7
        assert after["data_access_config"] == before["data_access_config"]
        iam = played.world.aws.client("iam")
        assert "htd-role" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}
        assert "✓ Instance profile htd-instance-profile taken out of" in said
        assert "databricks instance-profiles remove" in said
        assert "the registration of the instance profile" not in said.partition("What stays")[2]
        assert "What stays" in said
        left = Record.at(played.flow.services.paths.state, "default").facts
        assert Applied not in left
        assert Connected not in left
        assert VariablesWritten in left


@pytest.mark.parametrize(
    ("current", "backup", "after"),
    [
        ({"instance_profile_arn": "ours", "a": 1}, {"a": 0}, {"a": 1}),
        (
            {"instance_profile_arn": "ours"},
            {"instance_profile_arn": "theirs"},
            {"instance_profile_arn": "theirs"},
        ),
        ({"instance_profile_arn": "theirs", "a": 1}, {"a": 0}, {"instance_profile_arn": "theirs", "a": 1}),
        (
            {
                "instance_profile_arn": "ours",
                "security_policy": "DATA_ACCESS_CONTROL",
                "enable_serverless_compute": True,
            },
            {"security_policy": "NONE", "enable_serverless_compute": False},
            {"security_policy": "NONE", "enable_serverless_compute": True},
        ),
    ],
)
def test_only_what_the_wizard_set_is_put_back(
    current: dict[str, object], backup: dict[str, object], after: dict[str, object]
) -> None:
    assert planned(current, backup, "ours") == after


def test_what_was_done_before_a_failure_is_remembered_as_done(play: Any) -> None:
    with play() as played:
        played.walk()
        # The recording knows no destroy, so the last part fails here.
        code, said, asker = taken_back(played, config="yes", stop="yes")
        assert (code, asker.asked) == (1, ["config", "registration", "stop"])
        assert "✓ SQL configuration of" in said
        assert "/api/2.0/instance-profiles/remove" not in " ".join(calls(played))
        left = Record.at(played.flow.services.paths.state, "default").facts
        assert Connected not in left
        assert Applied in left


def test_where_nothing_was_done_nothing_is_asked(play: Any) -> None:
    with play() as played:
        code, said, asker = taken_back(played)
        assert (code, asker.asked) == (0, [])
        assert "nothing here that could be taken back" in said
