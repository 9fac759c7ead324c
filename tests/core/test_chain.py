"""The chain as plain data: order, first break, status, since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from wizard.core.chain import JOINTS, Chain
from wizard.core.finding import Finding, Verdict

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def whole(but: dict[int, Verdict] | None = None) -> Chain:
    verdicts = but or {}
    found = [joint.finding(verdicts.get(joint.number, Verdict.PROVEN), "read") for joint in JOINTS]
    return Chain().all_seen(reversed(found), NOON)


def test_links_are_in_the_order_of_the_joints_however_they_came() -> None:
    assert [link.joint.number for link in whole().links] == list(range(1, 12))
    assert (whole().whole, whole().status) == (True, 0)


def test_the_status_is_ten_and_the_first_break() -> None:
    chain = whole({9: Verdict.GAP, 4: Verdict.GAP, 2: Verdict.UNKNOWN})
    assert (chain.status, chain.whole) == (14, False)
    assert "joint 4 of 11" in chain.verdict()


def test_what_could_not_be_looked_at_is_neither_whole_nor_broken() -> None:
    chain = whole({2: Verdict.UNKNOWN})
    assert (chain.status, chain.whole, chain.first_broken) == (10, False, None)
    assert [joint.number for joint in Chain().unknown] == list(range(1, 12))


def test_since_stays_while_the_verdict_does() -> None:
    later = NOON + timedelta(hours=1)
    same = whole().seen(JOINTS[3].finding(Verdict.PROVEN, "read again"), later)
    link = same.link("chain.trust")
    assert link is not None
    assert (link.since, link.finding.evidence) == (NOON, "read again")
    lost = same.seen(JOINTS[3].finding(Verdict.GAP, "gone"), later).link("chain.trust")
    assert lost is not None
    assert lost.since == later


def test_a_finding_about_something_else_is_no_joint() -> None:
    assert Chain().seen(Finding("machine.engine", "Terraform", Verdict.GAP), NOON) == Chain()


def test_the_mending_step_is_the_problems_else_the_joints() -> None:
    link = whole({7: Verdict.GAP}).first_broken
    assert link is not None
    assert link.step == "connect"
    assert link.as_dict()["step"] == "connect"
