"""The form is made from the module, and only what the operator changes is written."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wizard.core.drive import drive
from wizard.core.event import Ask, Diff, Event, Line
from wizard.core.facts import Facts, Machine, VariablesWritten, WorkspaceProven
from wizard.core.journey import Script, Visit
from wizard.core.problem import Problem
from wizard.steps.variables import NAME, ON_TOP, Variables

MODULE = Path(__file__).parents[2] / "terraform"
ID = "databricks-serverless-42"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the module."""
    return Path(
        shutil.copytree(MODULE, tmp_path / "module", ignore=shutil.ignore_patterns(".*", "*tfstate*"))
    )


def walked(
    folder: Path, answers: Mapping[str, str], environ: Mapping[str, str] | None = None
) -> tuple[VariablesWritten, list[Event]]:
    """The step from beginning to end, answered as from an answers file."""
    events: list[Event] = []
    services: Any = SimpleNamespace(
        engine=None, environ=environ or {}, now=lambda: datetime(2026, 11, 29, tzinfo=UTC)
    )
    facts = Facts({})
    facts = facts.put(Machine("terraform", "1.11.4", str(folder), "given"))
    facts = facts.put(WorkspaceProven("h", "42", "w", "n", "u", "token"))
    fact = drive(
        "variables",
        Variables().run(facts, services),
        on_event=events.append,
        asker=Script(Visit("variables", answers)),
        cancel=threading.Event(),
    )
    return fact, events


def undone(folder: Path, fact: VariablesWritten) -> Problem:
    """What the undo key does."""
    facts = Facts({}).put(fact)
    taking_back = Variables().undo(facts)
    assert taking_back is not None
    services: Any = SimpleNamespace()
    with pytest.raises(Problem) as caught:
        list(taking_back.run(facts, services))
    return caught.value


def asked(events: list[Event]) -> list[Ask]:
    return [event for event in events if isinstance(event, Ask)]


def warned(events: list[Event]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Line) and event.level == "warning")


def test_every_variable_of_the_module_is_asked_the_journeys_first(folder: Path) -> None:
    fact, events = walked(folder, {"write": "yes", "others": "yes"})
    first, rest, _ = asked(events)
    assert [q.key for q in first.questions] == [*ON_TOP[:5], "others"]
    assert [q.key for q in rest.questions] == ["uc_external_id", "uc_master_role_arn", "tags"]
    assert (first.more, first.settled, rest.more, rest.settled) == ("others", True, "", True)
    assert first.questions[0].default == f'["{ID}"]'
    assert [q.default for q in first.questions[1:5]] == ["htd", "us-east-1", "us-west-2", ""]
    assert "Rule: The project prefix becomes part" in first.questions[1].help
    assert first.questions[4].optional
    assert not first.questions[1].optional
    assert fact.external_ids == (ID,)


def test_without_other_answers_one_line_is_added(folder: Path) -> None:
    before = (folder / "terraform.tfvars").read_bytes()
    fact, events = walked(folder, {"write": "yes"})
    after = (folder / "terraform.tfvars").read_bytes()
    assert after == before + f'{NAME} = ["{ID}"]\n'.encode()
    assert Path(fact.backup).read_bytes() == before
    assert [event.title for event in asked(events)][-1] == "One line changes"
    again, events = walked(folder, {})
    assert (again.changed, again.backup) == (False, "")
    assert not any(isinstance(event, Diff) for event in events)


def test_changed_answers_are_written_as_their_types_ask(folder: Path) -> None:
    _, events = walked(
        folder,
        {
            "others": "yes",
            "aws_region": "eu-central-1",
            "aws_profile": "prod",
            "tags": '{ Team = "data" }',
            "write": "yes",
        },
    )
    text = (folder / "terraform.tfvars").read_text()
    assert 'aws_region        = "eu-central-1"\n' in text
    assert 'aws_profile = "prod"\ntags = { Team = "data" }\n' in text
    assert [event.title for event in asked(events)][-1] == "4 values change"


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        ("aws_region", "Frankfurt", "This does not look like an AWS region"),
        ("project_prefix", "", "This needs an answer"),
        (NAME, '["databricks-serverless-XXXXX"]', "is a placeholder"),
        (NAME, "databricks-serverless-42", "list of string required"),
        (NAME, '["databricks-serverless-42"', "a bracket is not closed"),
    ],
)
def test_an_answer_that_terraform_would_refuse_is_refused_here(
    folder: Path, key: str, answer: str, said: str
) -> None:
    before = (folder / "terraform.tfvars").read_bytes()
    with pytest.raises(Problem, match=said):
        walked(folder, {key: answer, "write": "yes"})
    assert (folder / "terraform.tfvars").read_bytes() == before


def test_the_workspace_may_not_be_left_out(folder: Path) -> None:
    with pytest.raises(Problem, match=f"does not name {ID}"):
        walked(folder, {NAME: "[]", "write": "yes"})


def test_who_overrules_a_changed_line_is_told(folder: Path) -> None:
    (folder / "z.auto.tfvars").write_text('aws_region = "us-east-2"\nunheard = 1\n')
    _, events = walked(folder, {"aws_region": "eu-west-1", "write": "yes"}, {f"TF_VAR_{NAME}": "[]"})
    said = warned(events)
    assert "z.auto.tfvars line 1 sets aws_region too, and Terraform listens to it instead" in said
    assert f"TF_VAR_{NAME} sets {NAME} too, and Terraform listens to terraform.tfvars instead" in said
    assert "z.auto.tfvars line 2: unheard is no variable of this module" in said
    (region,) = (q for q in asked(events)[0].questions if q.key == "aws_region")
    assert region.preview is not None
    assert "Set by z.auto.tfvars line 1." in region.preview("us-east-2")


def test_values_from_elsewhere_are_shown_as_a_person_types_them(folder: Path) -> None:
    (folder / "terraform.tfvars").unlink()
    (folder / "terraform.tfvars.json").write_text('{"tags": {"a b": "${x}"}, "aws_profile": "${y}"}')
    _, events = walked(
        folder, {"write": "yes", "others": "yes"}, {"TF_VAR_aws_region": "eu-west-1", "TF_VAR_tags": "{}"}
    )
    shown = {question.key: question.default for ask in asked(events) for question in ask.questions}
    assert shown["aws_region"] == "eu-west-1"
    assert shown["aws_profile"] == "${y}"
    assert shown["tags"] == '{ "a b" = "$${x}" }'
    assert (folder / "terraform.tfvars").read_text() == f'{NAME} = ["{ID}"]\n'


def test_a_faulty_value_of_the_rest_comes_to_the_top(folder: Path) -> None:
    with (folder / "terraform.tfvars").open("a") as file:
        file.write('tags = { "aws:x" = "y" }\n')
    with pytest.raises(Problem, match="AWS keeps tag names"):
        walked(folder, {"write": "yes"})
    walked(folder, {"tags": "{}", "write": "yes"})
    assert "tags = {}\n" in (folder / "terraform.tfvars").read_text()


def test_secret_and_required_variables(folder: Path) -> None:
    (folder / "more.tf").write_text(
        'variable "password" {\n  type = string\n  sensitive = true\n}\nvariable "size" {\n  type = number\n}\n'
    )
    with pytest.raises(Problem, match=r"answer is missing"):
        walked(folder, {"write": "yes"})
    _, events = walked(folder, {"size": "3", "write": "yes"})
    assert "size = 3\n" in (folder / "terraform.tfvars").read_text()
    assert "set TF_VAR_password" in warned(events)
    assert all(q.key != "password" for ask in asked(events) for q in ask.questions)


def test_a_module_that_cannot_be_read_still_gets_its_line(folder: Path) -> None:
    (folder / "broken.tf").write_text('variable "x" {\n')
    _, events = walked(folder, {"write": "yes"})
    assert "broken.tf could not be read" in warned(events)
    assert ID in (folder / "terraform.tfvars").read_text()


def test_a_list_that_outgrows_the_trust_policy_is_told_before(folder: Path) -> None:
    many = ", ".join(f'"databricks-serverless-{10**15 + n}"' for n in range(45))
    (folder / "terraform.tfvars").write_text(f"{NAME} = [{many}]\n")
    _, events = walked(folder, {"write": "yes"})
    assert "With 46 workspaces the role's trust policy has 2," in warned(events)


def test_one_key_undoes(folder: Path) -> None:
    path = folder / "terraform.tfvars"
    before = path.read_bytes()
    fact, _ = walked(folder, {"write": "yes"})
    assert undone(folder, fact).code == "variables.undone"
    assert path.read_bytes() == before
    fact, _ = walked(folder, {"write": "yes"})
    path.write_bytes(path.read_bytes() + b"# mine\n")
    assert undone(folder, fact).code == "tfvars.moved_on"
    assert path.read_bytes().endswith(b"# mine\n")
    unchanged, _ = walked(folder, {})
    assert Variables().undo(Facts({}).put(unchanged)) is None


def test_undo_of_a_file_that_was_not_there(folder: Path) -> None:
    path = folder / "terraform.tfvars"
    path.unlink()
    fact, _ = walked(folder, {"write": "yes"})
    assert path.read_text() == f'{NAME} = ["{ID}"]\n'
    undone(folder, fact)
    assert not path.exists()
