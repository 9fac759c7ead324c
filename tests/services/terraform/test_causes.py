"""Every kind of failure has a card of its own: what, why, what to do, who, and a way to go on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.terraform.conftest import recorded
from tests.services.terraform.test_diagnostics import FAILURES
from wizard.core.problem import Problem, Who
from wizard.services.aws import denials
from wizard.services.terraform import causes, diagnostics, stream
from wizard.services.terraform.stream import Diagnostic

DENIALS = Path(__file__).parents[2] / "data" / "aws_denials.jsonl"
IAM = "operation error IAM: {}, https response error StatusCode: {}, RequestID: 5f1c0b2e, "


@dataclass(frozen=True)
class Case:
    """A text as Terraform, its provider or AWS writes it, and the card it must become."""

    code: str
    summary: str
    detail: str = ""
    address: str = ""
    who: Who = Who.YOU
    step: str = ""
    says: str = ""
    copies: str = ""
    again: str = "Plan again"


CASES = (
    Case("terraform.lock", "Error acquiring the state lock",
         "Error message: operation error S3: PutObject, https response error StatusCode: 412, api error "
         "PreconditionFailed\nLock Info:\n  ID:        8d15a297-76a9-4147-c480-dd9b225dc0bc\n  Path:      b/k\n"
         "  Operation: OperationTypeApply\n  Who:       ann@build-7\n  Version:   1.11.4\n"
         "  Created:   2026-11-23 23:44:34.376123871 +0000 UTC\n  Info:      \n",
         says="ann@build-7, for an apply, by version 1.11.4, since 2026-11-23 23:44 UTC",
         copies="terraform force-unlock 8d15a297-76a9-4147-c480-dd9b225dc0bc", again="Look again"),
    Case("terraform.stale", "Saved plan is stale", "The given plan file can no longer be applied because the state "
         "was changed by another operation after the plan was created.", says="state changed after"),
    Case("terraform.stale", "Can't read plan file", "plan file was created by Terraform 1.15.5, but this is 1.11.4; "
         "plan files cannot be transferred between different Terraform versions", says="another version"),
    Case("terraform.variable_missing", "No value for required variable", 'The root module input variable "owner" is '
         "not set, and has no default value.", step="variables", says='"owner" is not set'),
    Case("terraform.variable", "Invalid value for variable", "project_prefix must be 2-19 lower-case letters",
         step="variables", says="2-19 lower-case"),
    Case("terraform.variable", "Invalid value for input variable", "The given value is not suitable for "
         "var.ids declared at variables.tf:18,1-47: list of string required.", step="variables", says="list of string"),
    Case("terraform.variable_unknown", "Value for undeclared variable", 'A variable named "nope" was assigned',
         step="variables", says='"nope"'),
    Case("terraform.provider", "Failed to query available provider packages", "Could not retrieve the list of "
         "available versions for provider hashicorp/aws: could not connect to REGISTRY: failed to request discovery "
         "document: Get \"https://REGISTRY/.well-known/terraform.json\": dial tcp: lookup REGISTRY: no such host",
         says="HTD_PLUGIN_MIRROR", copies="terraform providers mirror", again="Get it again"),
    Case("terraform.provider_version", "Failed to query available provider packages", "Could not retrieve the list of "
         "available versions for provider hashicorp/aws: no available releases match the given constraints >= 6.0.0",
         says="asks for >= 6.0.0", again="Get it again"),
    Case("terraform.lockfile", "Failed to install provider", "Error while installing hashicorp/aws v5.100.0: the local "
         "package doesn't match any of the checksums previously recorded in the dependency lock file",
         says="another kind of computer", copies="init -upgrade", again="Get it again"),
    Case("terraform.provider_died", "Plugin did not respond", "The plugin encountered an error, and failed to respond "
         "to the plugin.(*GRPCProvider).ApplyResourceChange call.", "aws_s3_bucket.data", says="memory"),
    Case("terraform.version", "Unsupported Terraform Core version", "This configuration does not support Terraform "
         "version 1.11.4. To proceed, either choose another supported Terraform version or update this constraint.",
         step="start", says="1.11.4", again="Try again"),
    Case("terraform.exists", "creating IAM Role (htd-role): " + IAM.format("CreateRole", 409) + "EntityAlreadyExists: "
         "Role with name htd-role already exists.", address="aws_iam_role.role", says="there already",
         copies='to = aws_iam_role.role\n  id = "htd-role"'),
    Case("terraform.exists", "creating Glue Catalog Database (htd_standard): operation error Glue: CreateDatabase, "
         "https response error StatusCode: 400, RequestID: 1, AlreadyExistsException: Database already exists.",
         address='aws_glue_catalog_database.db["standard"]', says="terraform import"),
    Case("terraform.exists_yours", "creating S3 Bucket (htd-data): operation error S3: CreateBucket, https response "
         "error StatusCode: 409, RequestID: 1, HostID: 2, BucketAlreadyOwnedByYou: Your previous request to create the "
         "named bucket succeeded and you already own it.", address="aws_s3_bucket.data", says="yours already",
         copies='to = aws_s3_bucket.data\n  id = "htd-data"'),
    Case("terraform.exists_elsewhere", "creating S3 Bucket (htd-data): operation error S3: CreateBucket, https "
         "response error StatusCode: 409, RequestID: 1, HostID: 2, BucketAlreadyExists: ", step="variables",
         address="aws_s3_bucket.data", says="somebody else's", copies="htd-data"),
    Case("terraform.throttled", "reading IAM Role (htd-role): " + IAM.format("GetRole", 400) + "api error Throttling: "
         "Rate exceeded", address="aws_iam_role.role", says="slow down"),
    Case("terraform.throttled", "operation error S3: PutBucketPolicy, exceeded maximum number of attempts, 25, https "
         "response error StatusCode: 503, api error SlowDown: Please reduce your request rate.", says="slow down"),
    Case("terraform.quota", "creating IAM Role (htd-role): " + IAM.format("CreateRole", 409) + "LimitExceeded: Cannot "
         "exceed quota for RolesPerAccount: 1000", who=Who.AWS_ADMIN, says="RolesPerAccount: 1000"),
    Case("terraform.quota", "creating S3 Bucket (a): operation error S3: CreateBucket, https response error "
         "StatusCode: 400, api error TooManyBuckets: You have attempted to create more buckets than allowed",
         who=Who.AWS_ADMIN, says="Service Quotas"),
    Case("terraform.settling", "putting S3 Bucket (htd-data) Policy: operation error S3: PutBucketPolicy, https "
         "response error StatusCode: 400, api error MalformedPolicy: Invalid principal in policy",
         address="aws_s3_bucket_policy.data", says="caught up"),
    Case("terraform.settling", "Provider produced inconsistent result after apply", "When applying changes to "
         "aws_iam_role.role, provider \"provider[...]\" produced an unexpected new value: Root object was present, but "
         "now absent.", says="half a minute"),
    Case("terraform.settling", "creating S3 Bucket (a): operation error S3: CreateBucket, https response error "
         "StatusCode: 409, api error OperationAborted: A conflicting conditional operation is currently in progress "
         "against this resource. Please try again.", says="caught up"),
    Case("terraform.unseen", "reading S3 Bucket (htd-bkt): empty result", address="aws_s3_bucket.b",
         who=Who.AWS_ADMIN, step="permissions", says="may not see"),
    Case("terraform.in_use", "deleting IAM Role (htd-role): " + IAM.format("DeleteRole", 409) + "DeleteConflict: "
         "Cannot delete entity, must detach all policies first.", says="still in use"),
    Case("terraform.in_use", "deleting S3 Bucket (htd-data): operation error S3: DeleteBucket, https response error "
         "StatusCode: 409, api error BucketNotEmpty: The bucket you tried to delete is not empty", says="still in use"),
    Case("terraform.interrupted", "execution halted", says="stopped before"),
    Case("terraform.interrupted", "creating IAM User (htd-user): context canceled", address="aws_iam_user.user",
         says="state does not know"),
    Case("terraform.state_unsaved", "Failed to persist state to backend", "The error shown above has prevented "
         "Terraform from writing the updated state. To allow for recovery, the state has been written to the file "
         '"errored.tfstate" in the current working directory.', says="errored.tfstate",
         copies="state push -force errored.tfstate"),
    Case("terraform.disk_full", "Failed to install provider", "write .terraform/providers/aws: no space left on device",
         says="gigabyte", again="Try again"),
    Case("terraform.timeout", "waiting for IAM Instance Profile (htd) create: timeout while waiting for state to "
         "become 'success' (last state: 'retry', timeout: 2m0s)", says="not done in the time"),
    Case("terraform.network", 'Retrieving AWS account details: operation error STS: GetCallerIdentity, exceeded '
         'maximum number of attempts, 9, https response error StatusCode: 0, RequestID: , request send failed, Post '
         '"http://127.0.0.1:5619/": dial tcp 127.0.0.1:5619: connect: connection refused', says="could not reach"),
    Case("terraform.account", "AWS account ID not allowed: 123456789012", step="credentials",
         says="another AWS account"),
    Case("terraform.region", "Invalid provider configuration", "Invalid AWS Region: us-esat-1", step="credentials",
         says="no AWS region"),
    Case("aws.keys.expired", "reading IAM Role (htd-role): " + IAM.format("GetRole", 403) + "api error ExpiredToken: "
         "The security token included in the request is expired", step="credentials", says="expired"),
    Case("aws.credentials", "loading configuration", "failed to refresh cached credentials, static credentials are "
         "empty", step="credentials", says="Sign in again"),
    Case("aws.denied", "reading S3 Bucket (htd-bkt): operation error S3: HeadBucket, https response error StatusCode: "
         "403, RequestID: 1, HostID: 2, api error Forbidden: Forbidden", who=Who.AWS_ADMIN, step="permissions",
         says="s3:ListBucket on htd-bkt"),
    Case("terraform.arguments", "Failed to parse command-line flags", "flag provided but not defined: -nope",
         says="TF_CLI_ARGS", again="Try again"),
    Case("aws.none", "No valid credential sources found", "Error: failed to refresh cached credentials, no EC2 IMDS "
         "role found, operation error ec2imds: GetMetadata", step="credentials", says="No AWS credentials"),
)  # fmt: skip


def card(*found: Diagnostic) -> Problem:
    return diagnostics.problem(found, "applying", denials.explain)


def said(problem: Problem) -> str:
    return f"{problem.what} {problem.why} {problem.remedy}"


def test_no_cause_is_without_a_text_that_was_seen() -> None:
    seen = {case.code for case in CASES} | {code for code, _ in FAILURES.values()}
    assert {cause.code for cause in (*causes.TERRAFORM, *causes.AFTER_ALL)} <= seen


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.summary[:24]}")
def test_a_failure_becomes_its_card(case: Case) -> None:
    problem = card(Diagnostic("error", case.summary, case.detail, case.address, "", ""))
    assert problem.code == case.code
    assert (problem.who, problem.step, problem.again) == (case.who, case.step, case.again)
    assert case.says in said(problem)
    assert case.copies in problem.copy
    for sentence in (problem.what, problem.why, problem.remedy):
        assert sentence.rstrip()[-1] in ".!?"
    assert problem.evidence


@pytest.mark.parametrize("denial", [json.loads(line) for line in DENIALS.read_text("utf-8").splitlines()],
                         ids=lambda denial: f"{denial['reason']}-{denial['action']}")  # fmt: skip
def test_every_layer_of_denial_is_read_by_the_explainer(denial: dict[str, str]) -> None:
    known = denials.explain(denial["text"])
    problem = card(Diagnostic("error", denial["text"], "", "aws_iam_role.role", "", ""))
    assert known is not None
    assert (problem.code, problem.who, problem.remedy) == (known.code, known.who, known.remedy)
    assert denial["policy_arn"] is None or denial["policy_arn"] in problem.why


def test_each_kind_in_one_run_has_a_card_of_its_own() -> None:
    role = "creating IAM Role (a): EntityAlreadyExists: Role with name a already exists."
    problem = card(
        Diagnostic("error", "AccessDenied: User: arn:aws:iam::1:user/u is not authorized to perform: s3:PutObject on "
                   "resource: arn:aws:s3:::b because no identity-based policy allows the action", "", "x.c", "", ""),
        Diagnostic("error", role, "", "aws_iam_role.a", "", ""),
        Diagnostic("error", role.replace("(a)", "(b)"), "", "aws_iam_role.b", "", ""),
        Diagnostic("error", "Something new", "of which nobody heard", "x.d", "", ""),
    )  # fmt: skip
    assert problem.code.startswith("aws.denied")
    assert [other.code for other in problem.also] == ["terraform.exists", "terraform.failed"]
    exists, new = problem.also
    assert "2 times: aws_iam_role.a, aws_iam_role.b" in exists.why
    assert 'to = aws_iam_role.a\n  id = "a"' in exists.copy
    assert 'to = aws_iam_role.b\n  id = "b"' in exists.copy
    assert (new.what, new.why) == ("Something new", "of which nobody heard")
    assert len(problem.evidence) == 4
    text = "\n".join(problem.lines())
    assert "Something new" in text
    assert text.count("✗") == 3


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("plan_module_syntax_error",
         ['main.tf line 152, in resource "aws_s3_bucket"', '152 resource "aws_s3_bucket" {',
          "    ^^^^^^^^^^^^^^^^^^^^^^^^"]),
        ("plan_tfvars_type_error",
         ["badtype.tfvars line 1", '1 databricks_serverless_workspace_ids = "12"', " " * 40 + "^^^^"]),
        ("plan_var_validation_error",
         ["variables.tf line 1", '1 variable "project_prefix" {', "  " + "^" * 25,
          '  var.project_prefix is "Bad_Prefix"']),
    ],
)  # fmt: skip
def test_the_line_stands_with_a_caret_below_it(name: str, lines: list[str]) -> None:
    messages = [stream.parse(line) for line in recorded(name)]
    found = [stream.diagnostic(message) for message in messages if message.type == "diagnostic"]
    problem = card(*[each for each in found if each.severity == "error"])
    assert list(problem.excerpt) == lines
    assert all(f"│ {line}" in "\n".join(problem.lines()) for line in lines)


def test_a_long_snippet_and_one_beyond_ascii_are_shown_in_part_and_in_place() -> None:
    code = 'name = "ü" + nope\n' + "\n".join(f"line {n}" for n in range(20))
    offset = len('name = "ü" + '.encode())
    document = {
        "type": "diagnostic",
        "diagnostic": {
            "severity": "error", "summary": "Invalid reference", "detail": "",
            "range": {"filename": "a.tf", "start": {"line": 8}},
            "snippet": {"code": code, "start_line": 8, "highlight_start_offset": offset,
                        "highlight_end_offset": offset + 4, "values": None, "context": None},
        },
    }  # fmt: skip
    problem = card(stream.diagnostic(stream.parse(json.dumps(document))))
    assert problem.excerpt[1:3] == (' 8 name = "ü" + nope', "   " + " " * 13 + "^^^^")
    assert problem.excerpt[-1] == "   … and 15 more lines"
    assert len(problem.excerpt) == 9


def test_what_is_mended_in_a_line_can_be_opened_there(tmp_path: Path) -> None:
    messages = [stream.parse(line) for line in recorded("plan_module_syntax_error")]
    found = [stream.diagnostic(message) for message in messages if message.type == "diagnostic"]
    assert diagnostics.problem(found, "planning", denials.explain, "", tmp_path).opens == "", (
        "it is not there"
    )
    (tmp_path / "main.tf").touch()
    problem = diagnostics.problem(found, "planning", denials.explain, "", tmp_path)
    assert problem.opens == f"{tmp_path / 'main.tf'}:152"
    assert f"  The line: {problem.opens}" in problem.lines()
    denied = [stream.diagnostic(each) for each in map(stream.parse, recorded("plan_denied_iam_GetRole"))
              if each.type == "diagnostic"]  # fmt: skip
    assert diagnostics.problem(denied, "planning", denials.explain, "", tmp_path).opens == ""
