"""The morning after: `check` signs in again from what was remembered, and finds the chain as it is."""

from __future__ import annotations

import argparse
import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from wizard.commands import check, report
from wizard.core.chain import Chain
from wizard.core.facts import Applied, WorkspaceProven
from wizard.core.problem import Problem
from wizard.core.record import Record
from wizard.steps.report import Report

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


def pointing(played: Any, **said: Any) -> Chain:
    """A person with a chain that the wizard never made: an empty record, and what the command line names."""
    given = {
        **vars(NOTHING_SAID),
        "aws_profile": "htd-admin",
        "terraform_dir": None,
        "outputs": "",
        "workspace": "",
    }
    services = replace(played.flow.services, aws=None, workspace=None, engine=None)
    record = Record.at(services.paths.state, "never-run")
    arguments = argparse.Namespace(**{**given, **said})
    facts = check.pointed_at(arguments, services, record.facts)
    return check.look(arguments, services, record, threading.Event(), facts)


def report_of(played: Any, **said: Any) -> Report:
    """What `htd-wizard report` makes of the same."""
    given = {**vars(NOTHING_SAID), "aws_profile": "htd-admin", "outputs": "", "no_look": False}
    services = replace(played.flow.services, aws=None, workspace=None, engine=None)
    record = Record.at(services.paths.state, "never-run")
    return report.reported(argparse.Namespace(**{**given, **said}), services, record, threading.Event())


def state_in(folder: Path, outputs: dict[str, str]) -> Path:
    folder.mkdir()
    document = {
        "version": 4,
        "resources": [],
        "outputs": {name: {"value": value, "type": "string"} for name, value in outputs.items()},
    }
    (folder / "terraform.tfstate").write_text(json.dumps(document))
    return folder


def test_a_chain_the_wizard_never_made_is_looked_at_where_it_is_pointed_to(play: Any, tmp_path: Path) -> None:
    with play() as played:
        played.walk()
        facts = played.flow.facts
        proven, outputs = facts.need(WorkspaceProven), dict(facts.need(Applied).outputs)
        made = {name: outputs[name] for name in ("role_arn", "instance_profile_arn", "proof_location")}
        folder = state_in(tmp_path / "theirs", made)
        # The id is not in the address: the workspace says it.
        url = f"https://{proven.host}/sql/warehouses/{proven.warehouse_id}"
        written = sorted(path for path in played.home.rglob("*") if path.is_file())
        chain = pointing(played, terraform_dir=folder, workspace=url)
        assert [link.finding.line() for link in chain.links if not link.finding.ok] == []
        assert chain.status == 0
        assert sorted(path for path in played.home.rglob("*") if path.is_file()) == written
        assert [path.name for path in folder.iterdir()] == ["terraform.tfstate"]

        file = tmp_path / "outputs.json"
        file.write_text(
            json.dumps({name: {"value": value, "sensitive": False} for name, value in made.items()})
        )
        assert pointing(played, outputs=str(file), workspace=url).status == 0

        # The report is about what is pointed at, and says nothing of what the wizard did elsewhere.
        shown = report_of(played, terraform_dir=folder, workspace=url)
        assert (shown.status, shown.done(), shown.open()) == ("complete", [], [])
        assert made["role_arn"] in shown.markdown()

        # Another workspace's id in the address is not taken for the truth, and no warehouse is no broken one.
        elsewhere = pointing(played, terraform_dir=folder, workspace=f"https://{proven.host}/?o=42")
        assert elsewhere.status == 14
        unnamed = pointing(played, terraform_dir=folder, workspace=f"https://{proven.host}/")
        assert unnamed.status == 10
        assert "--warehouse-id" in "\n".join(check.told(unnamed, played.flow.services.now()))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"workspace": "https://accounts.cloud.databricks.com/"}, "check.address"),
        ({"workspace": "nothing"}, "check.address"),
        ({"terraform_dir": Path("nowhere")}, "check.state"),
        ({"terraform_dir": "other"}, "check.outputs.missing"),
        ({"outputs": "text"}, "check.outputs"),
        ({"outputs": "missing"}, "cli.file"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_before_anybody_is_asked(
    said: dict[str, Any], code: str, play: Any, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("Apply complete!")
    state_in(tmp_path / "other", {"bucket": "b"})
    said = {
        name: tmp_path / value if value in ("other", "text", "missing") else value
        for name, value in said.items()
    }
    with play() as played:
        played.walk(until=played.visits[0].step)
        before = len(played.world.aws.calls), len(played.world.workspace.calls)
        with pytest.raises(Problem) as caught:
            pointing(played, **said)
        assert caught.value.code == code
        assert (len(played.world.aws.calls), len(played.world.workspace.calls)) == before
