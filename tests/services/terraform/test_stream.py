"""Every line of a stream is a message: recorded ones, broken ones, hostile ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.services.terraform.conftest import STREAMS, recorded
from wizard.services.terraform import stream
from wizard.services.terraform.stream import JUNK, Message

KNOWN = {
    "version", "log", "diagnostic", "planned_change", "resource_drift", "change_summary", "outputs", "init_output",
    "refresh_start", "refresh_complete", "apply_start", "apply_progress", "apply_complete", "apply_errored",
    "state_lock_acquire",
}  # fmt: skip
COMMANDS = {*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066"} - {"\n", "\t"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("type", "@message", "@level", "hook", "change", "diagnostic", "resource", "addr", "action", "changes",
         "elapsed_seconds", "range", "snippet", "code", "start", "line", "filename", "summary", "detail", "severity",
         "address", "outputs", "value")  # fmt: skip
shaped = st.recursive(
    anything,
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=12,
)


def obeyed(text: str) -> set[str]:
    """What of `text` a terminal would take for a command."""
    return COMMANDS & set(text)


def taken_apart(message: Message) -> list[str]:
    """Everything that is shown of a message."""
    found = stream.diagnostic(message)
    return [
        message.type, message.text, message.address, message.action, found.severity, found.summary, found.detail,
        found.address, found.place, found.snippet, found.text, json.dumps(stream.outputs(message), default=str),
    ]  # fmt: skip


def test_there_are_streams() -> None:
    assert len(list(STREAMS.glob("*.jsonl"))) >= 25


@pytest.mark.parametrize("file", sorted(STREAMS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_no_line_of_a_real_stream_is_lost(file: Path) -> None:
    lines = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
    messages = [stream.parse(line) for line in lines]
    assert {message.type for message in messages} <= KNOWN | {JUNK}
    for line, message in zip(lines, messages, strict=True):
        assert message.text
        assert message.level in ("debug", "info", "warning", "error")
        if message.type.startswith(("apply_", "refresh_", "planned")):
            assert message.address
        if message.type.startswith(("apply_", "planned")):
            assert message.action in ("create", "update", "delete", "replace", "read", "noop", "import")
        if message.type == "apply_progress":
            assert message.seconds >= 10
        for text in taken_apart(message):
            assert not obeyed(text), line


@given(st.text())
@example("\x1b]52;c;cm0gLXJm\x07 {")
@example("[31mError[0m")
def test_any_text_is_a_message(line: str) -> None:
    message = stream.parse(line)
    for text in taken_apart(message):
        assert not obeyed(text)


@given(shaped)
def test_any_document_is_a_message(document: object) -> None:
    message = stream.parse(json.dumps(document))
    assert message.seconds >= 0
    for text in taken_apart(message):
        assert not obeyed(text)
    stream.is_data(message.address)


@given(
    st.fixed_dictionaries({"type": st.sampled_from(sorted(KNOWN))}, optional=dict.fromkeys(NAMES[1:], shaped))
)
def test_any_message_of_a_known_type_can_be_taken_apart(document: dict[str, object]) -> None:
    message = stream.parse(json.dumps(document))
    assert message.type == document["type"]
    for text in taken_apart(message):
        assert not obeyed(text)
        text.encode()


@pytest.mark.parametrize("number", ["1e999", "-5", "NaN", "9" * 400, "true", '"ten"', "null", "[]"])
def test_an_odd_time_is_no_time(number: str) -> None:
    message = stream.parse(f'{{"type":"apply_progress","hook":{{"elapsed_seconds":{number}}}}}')
    assert message.type == "apply_progress"
    assert 0 <= message.seconds <= 1


@pytest.mark.parametrize(
    "line",
    [
        "", "   ", "plain words", "{", "[]", "null", '"type"', "{}", '{"type": 5}', '{"type": null}', '{"a":' * 50_000,
        "[" * 50_000, '{"type":"version"} trailing', "\x1b[32mSuccessfully configured the backend\x1b[0m",
        '{"type":"x","n":' + "1" * 5_000 + "}",
    ],
)  # fmt: skip
def test_what_is_no_message_is_junk_that_can_be_read(line: str) -> None:
    message = stream.parse(line)
    assert (message.type, message.level) == (JUNK, "debug")
    assert not obeyed(message.text)
    assert "Successfully" not in line or message.text == "Successfully configured the backend"


def test_a_long_line_is_cut_for_the_screen_and_kept_for_the_program() -> None:
    value = "x" * 1_200_000
    line = json.dumps({"type": "outputs", "@message": value, "outputs": {"o": {"value": value}}})
    message = stream.parse(line)
    assert message.type == "outputs"
    assert len(message.text) < 25_000
    assert stream.outputs(message) == {"o": stream.cleaned(value)}


def test_a_type_of_tomorrow_and_a_newer_minor_version_are_passed_on() -> None:
    message = stream.parse('{"@level":"warn","@message":"hello","type":"quantum_start","new":{"hook":1}}')
    assert (message.type, message.text, message.level) == ("quantum_start", "hello", "warning")
    assert stream.parse('{"type":"version","ui":"1.9","@message":"Terraform 1.19"}').type == "version"


def test_half_a_surrogate_cannot_stop_the_screen() -> None:
    message = stream.parse('{"type":"log","@message":"\\ud800 and on"}')
    assert "and on" in message.text
    message.text.encode()


def test_the_fields_of_a_diagnostic() -> None:
    (line,) = [line for line in recorded("plan_missing_variable") if '"diagnostic"' in line]
    found = stream.diagnostic(stream.parse(line))
    assert found.severity == "error"
    assert found.summary == "No value for required variable"
    assert found.detail.startswith('The root module input variable "owner" is not set')
    assert found.place.startswith("variables.tf line ")
    assert found.snippet == 'variable "owner" {'
    assert found.text == f"{found.summary}\n{found.detail}"


def test_a_denial_names_its_resource() -> None:
    (line,) = [line for line in recorded("plan_denied_iam_GetRole") if '"diagnostic"' in line]
    found = stream.diagnostic(stream.parse(line))
    assert found.address == "aws_iam_role.role"
    assert found.detail == ""
    assert "iam:GetRole" in found.summary
    assert found.place.startswith("main.tf line ")


def test_outputs_of_an_apply_and_of_a_plan() -> None:
    messages = [stream.parse(line) for line in recorded("apply_ok")]
    (last,) = [stream.outputs(each) for each in messages if each.type == "outputs"]
    assert last["instance_profile_name"] == "htd-instance-profile"
    assert last["buckets"] == {
        "primary": "htd-primary-123456789012",
        "remote": "htd-remote-123456789012",
        "second": "htd-second-123456789012",
    }
    planned = stream.parse('{"type":"outputs","outputs":{"o":{"sensitive":false,"action":"create"}}}')
    assert stream.outputs(planned) == {}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("data.aws_partition.p", True),
        ("data.aws_partition.p[0]", True),
        ("module.m.data.aws_partition.p", True),
        ('module.m["a.b"].module.n.data.aws_x.y["z"]', True),
        ("aws_iam_role.data", False),
        ("module.data.aws_iam_role.r", False),
        ('aws_s3_object.o["a.data.b"]', False),
        ('module.m["x.data.y"].aws_s3_object.o', False),
        ("", False),
    ],
)
def test_data_sources_are_told_from_resources(address: str, expected: bool) -> None:
    assert stream.is_data(address) is expected
