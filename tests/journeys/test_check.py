"""The morning after: `check` signs in again from what was remembered, and finds the chain as it is."""

from __future__ import annotations

import argparse
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

from wizard.commands import check
from wizard.core.chain import Chain
from wizard.core.record import Record

NOTHING_SAID = argparse.Namespace(aws_profile="", databricks_profile="", warehouse_id="", location="")


def next_morning(played: Any) -> Chain:
    """A new process: no session in memory, only files."""
    services = replace(played.flow.services, aws=None, workspace=None, engine=None)
    record = Record.at(services.paths.state, "default")
    return check.look(NOTHING_SAID, services, record, threading.Event())


def test_after_the_journey_the_chain_is_whole_and_then_breaks_where_it_is_broken(play: Any) -> None:
    with play() as played:
        played.walk()
        before = len(played.world.aws.calls), len(played.world.workspace.calls)
        chain = next_morning(played)
        assert [link.finding.line() for link in chain.links if not link.finding.ok] == []
        assert (chain.status, chain.whole) == (0, True)
        aws = [c.action for c in played.world.aws.calls[before[0] :] if c.mutating]
        assert [a for a in aws if a != "sts:AssumeRole"] == []
        posted = {c.path for c in played.world.workspace.calls[before[1] :] if c.mutating}
        assert posted == {"/api/2.0/sql/statements"}
        tomorrow = played.flow.services.now() + timedelta(days=1)
        said = "\n".join(check.told(chain, tomorrow))
        assert "The chain is whole" in said
        assert said.count(" · since ") == 11
        seen_by_the_wizard = {link.joint.id: link.since for link in played.flow.services.chain.links}
        assert {link.joint.id: link.since for link in chain.links} == seen_by_the_wizard

        played.world.aws.client("iam").remove_role_from_instance_profile(
            InstanceProfileName="htd-instance-profile", RoleName="htd-role"
        )
        broken = next_morning(played)
        assert broken.status == 15
        lost = broken.link("chain.profile")
        assert lost is not None
        assert lost.since > seen_by_the_wizard["chain.profile"]
        assert "step apply" in "\n".join(check.told(broken, tomorrow))
