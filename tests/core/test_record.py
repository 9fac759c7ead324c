"""What is remembered between sessions comes back equal, and holds no secret."""

from __future__ import annotations

import dataclasses
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wizard.core import facts
from wizard.core.chain import JOINT, Chain
from wizard.core.facts import Applied, AwsIdentity, Connected, VariablesWritten, WorkspaceProven
from wizard.core.finding import Verdict
from wizard.core.problem import Problem
from wizard.core.record import KINDS, Record
from wizard.core.redact import Redactor

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
IDENTITY = AwsIdentity("123456789012", "arn:aws:iam::123456789012:user/ann", "us-east-1", "profile a", NOON)
IDS = VariablesWritten(
    "/m/terraform.tfvars", ("databricks-serverless-1", "databricks-serverless-2"), True, "b"
)


def test_facts_come_back_equal_with_the_time_they_were_proven(tmp_path: Path) -> None:
    file = tmp_path / "records" / "default.json"
    record = Record(file, now=lambda: NOON)
    workspace = WorkspaceProven("h", "1", "w", "W", "ann", "profile htd")
    for fact in (IDENTITY, IDS, workspace):
        record.keep(fact)
    again = Record(file)
    assert again.facts.get(AwsIdentity) == IDENTITY
    assert again.facts.need(AwsIdentity).expires_at == NOON
    assert again.facts.get(VariablesWritten) == IDS
    assert again.facts.get(WorkspaceProven) == workspace
    assert again.when(AwsIdentity) == NOON
    assert again.when(Applied) is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_outputs_nobody_reads_are_not_kept(tmp_path: Path) -> None:
    record = Record(tmp_path / "r.json")
    record.keep(
        Applied("terraform", "1.11.4", 1, 0, 0, {"role_arn": "arn:r", "db_password": "hunter2hunter2"})
    )
    kept = Record(tmp_path / "r.json").facts.need(Applied)
    assert dict(kept.outputs) == {"role_arn": "arn:r"}
    assert "hunter2" not in (tmp_path / "r.json").read_text()


def test_a_learnt_secret_is_masked(tmp_path: Path) -> None:
    redact = Redactor()
    redact.learn("s3cr3t-s3cr3t")
    Record(tmp_path / "r.json", redact).keep(dataclasses.replace(IDENTITY, source="s3cr3t-s3cr3t"))
    assert "s3cr3t" not in (tmp_path / "r.json").read_text()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"facts": {"Applied": {"fact": {}}}}', '{"facts": []}'])
def test_a_spoilt_file_is_an_empty_record(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    assert list(Record(tmp_path / "r.json").facts) == []


def test_a_place_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "records").write_text("a file")
    with pytest.raises(Problem) as caught:
        Record.at(tmp_path, "default").keep(IDENTITY)
    assert caught.value.code == "record.write"


def test_every_fact_of_the_journey_is_remembered() -> None:
    declared = {name for name, value in vars(facts).items() if dataclasses.is_dataclass(value)}
    assert declared == set(KINDS)


def test_how_the_chain_was_seen_comes_back_with_since_when(tmp_path: Path) -> None:
    chain = Chain().seen(JOINT["chain.role"].finding(Verdict.PROVEN, "arn"), NOON)
    Record(tmp_path / "r.json").keep(chain)
    link = Record(tmp_path / "r.json").chain.link("chain.role")
    assert link is not None
    assert (link.finding.verdict, link.since) == (Verdict.PROVEN, NOON)
    (tmp_path / "r.json").write_text('{"facts": {}, "chain": {"chain.role": {"verdict": "MAYBE"}}}')
    assert Record(tmp_path / "r.json").chain == Chain()


def test_a_record_of_an_older_wizard_is_read(tmp_path: Path) -> None:
    record = Record(tmp_path / "r.json")
    record.keep(IDENTITY)
    record.keep(Connected("arn:p", "arn:r", "NONE", True, backup="b.json"))
    document = json.loads((tmp_path / "r.json").read_text())
    del document["facts"]["Connected"]["fact"]["backup"]
    document["facts"]["Connected"]["fact"]["of_old"] = True
    (tmp_path / "r.json").write_text(json.dumps(document))
    again = Record(tmp_path / "r.json").facts
    assert (again.get(AwsIdentity), again.need(Connected).backup) == (IDENTITY, "")
