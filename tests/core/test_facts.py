from dataclasses import dataclass, field

import pytest

from wizard.core.facts import AwsIdentity, Facts


@dataclass(frozen=True)
class Ground:
    word: str
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Floor:
    word: str


@dataclass(frozen=True)
class Roof:
    word: str


@dataclass(frozen=True)
class Garden:
    word: str


def house() -> Facts:
    needs = {Ground: (), Floor: (Ground,), Roof: (Floor,), Garden: ()}
    return Facts(needs).put(Ground("clay")).put(Floor("oak")).put(Roof("slate")).put(Garden("roses"))


def test_a_new_fact_drops_whatever_rested_on_the_old_one() -> None:
    facts = house().put(Ground("rock"))
    assert [type(fact) for fact in facts] == [Garden, Ground]


def test_the_same_fact_again_drops_nothing_but_is_refreshed() -> None:
    facts = house().put(Ground("clay", seconds=9.0))
    assert Roof in facts
    assert facts.need(Ground).seconds == 9.0


def test_dropping_takes_the_dependents_along() -> None:
    facts = house().drop(Floor)
    assert Ground in facts
    assert Floor not in facts
    assert Roof not in facts


def test_the_store_itself_never_changes() -> None:
    before = house()
    before.put(Ground("sand"))
    assert before.need(Ground) == Ground("clay")


def test_a_missing_fact_is_named() -> None:
    with pytest.raises(LookupError, match="Roof is not known yet"):
        house().drop(Roof).need(Roof)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("profile htd-admin (SSO)", ("htd-admin", "SSO")),
        ("profile a (console sign-in)", ("a", "console sign-in")),
        ("keys in the environment", ("", "")),
        ("profile two words (SSO)", ("", "")),
    ],
)
def test_the_profile_behind_an_identity(source: str, expected: tuple[str, str]) -> None:
    assert AwsIdentity("1", "arn", "us-east-1", source).profile == expected
