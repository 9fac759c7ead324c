"""A list that is answered line by line: by number, by a part of a name, or by the value itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from wizard.core.event import Ask
from wizard.core.question import Choice, Kind, Question
from wizard.plain.prompts import Prompts

ACCOUNTS = tuple(Choice(f"{n:012}", f"Team {n:03}", "sandbox" if n == 42 else "") for n in range(120))


@pytest.fixture
def said() -> list[str]:
    return []


def answered(monkeypatch: pytest.MonkeyPatch, said: list[str], typed: Sequence[str]) -> str:
    waiting = list(typed)

    class Prompt:
        def __init__(self, *_: object, **__: object) -> None: ...

        def unsafe_ask(self) -> str:
            return waiting.pop(0)

    monkeypatch.setattr("questionary.text", Prompt)
    question = Question("account", "Which account?", Kind.CHOICE, choices=ACCOUNTS, default=ACCOUNTS[0].value)
    answer = Prompts(said.append).answer("credentials", Ask((question,)))["account"]
    assert not waiting
    return answer


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (["3"], 2),
        (["Team 007"], 7),
        (["sandbox"], 42),
        (["000000000055"], 55),
        (["Team 11", "115"], 114),
        (["team 10", "103"], 102),
        (["nobody", "5"], 4),
        (["Team", "1"], 0),
        ([""], 0),
        (["Team 11", ""], 0),
        (["500", "3"], 2),
    ],
)
def test_a_long_list_is_narrowed(
    monkeypatch: pytest.MonkeyPatch, said: list[str], typed: list[str], number: int
) -> None:
    assert answered(monkeypatch, said, typed) == ACCOUNTS[number].value


def test_only_what_matches_is_listed_again_under_its_old_number(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    answered(monkeypatch, said, ["Team 11", "115"])
    again = said[said.index(next(line for line in said if "Team 119" in line)) + 1 :]
    assert [line.split()[0] for line in again if "Team" in line] == ["12", *(str(n) for n in range(111, 121))]
