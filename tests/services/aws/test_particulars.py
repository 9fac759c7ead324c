"""Every failure of a sign-in that real clients were seen to report: told apart, exact, and with a way out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import botocore.exceptions as of_botocore
import pytest

from wizard.core.problem import Problem, Who
from wizard.services.aws import denials, errors, particulars

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "aws_observed_errors.jsonl").read_text().splitlines()
]
EXPECTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("aws.sso.never", ("not signed in", "Sign in through SSO")),
    ("aws.profile.incomplete", ("missing", "[sso-session missing]", "sso_start_url")),
    ("aws.profile.incomplete", ("incomplete", "sso_role_name, sso_start_url, sso_region")),
    ("aws.keys.half", ("aws_secret_access_key", "AWS config file")),
    ("aws.profile.process", ("The program said: nope",)),
    ("aws.profile.process", ("did not answer with JSON",)),
    ("aws.login.crt", ("-m pip install 'botocore[crt]'",)),
    ("aws.profile.missing", ("doesnotexist",)),
    ("aws.sso.expired", ("expired", "again")),
    ("aws.sso.expired", ("expired", "again")),
    ("aws.sso.no_assignment", ("somebody else", "private browser window")),
    ("aws.sso.expired", ("expired", "again")),
    ("aws.sso.never", ("not signed in",)),
    ("aws.sso.expired", ("expired", "again")),
    ("aws.sso.no_assignment", ("somebody else", "private browser window")),
    ("aws.profile.missing", ("nope", "AWS_PROFILE")),
    ("aws.none", ("Sign in through SSO, choose a profile, or paste keys",)),
    ("aws.profile.process", ("exit status 3",)),
    ("aws.denied.identity", ("iam:GetRole",)),
    ("", ()),
    ("aws.denied", ("s3:GetBucketPolicy",)),
    ("aws.denied", ("iam:GetRole",)),
    ("aws.denied", ("lakeformation:ListPermissions",)),
)
"""(code, words that must be on the screen) of each row of the data, in its order."""


@pytest.mark.parametrize(
    ("row", "expected"),
    zip(ROWS, EXPECTED, strict=True),
    ids=[f"{n}-{r['class']}" for n, r in enumerate(ROWS)],
)
def test_every_observed_failure(row: dict[str, Any], expected: tuple[str, tuple[str, ...]]) -> None:
    code, words = expected
    problem = denials.explain(row["text"])
    assert (problem.code if problem else "") == code
    if problem is None:
        return
    shown = "\n".join([problem.what, problem.why, problem.remedy, problem.copy])
    assert all(word in shown for word in words), shown
    if not row["class"].startswith(("authz", "emulator")):
        assert problem.step == "credentials", "this is where it is mended"


def crisis(name: str, **given: Any) -> BaseException:
    made: BaseException = getattr(of_botocore, name)(**given)
    return made


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            crisis("PartialCredentialsError", provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "aws.keys.half",
            ("AWS_SECRET_ACCESS_KEY is missing", "the environment"),
        ),
        (
            crisis("CredentialRetrievalError", provider="custom-process", error_msg="vault is sealed"),
            "aws.profile.process",
            ("The program said: vault is sealed",),
        ),
        (FileNotFoundError(2, "No such file", "get-keys"), "aws.profile.process", ("called get-keys",)),
        (json.JSONDecodeError("Expecting value", "", 0), "aws.profile.process", ("not answer with JSON",)),
        (
            crisis("MissingDependencyException", msg="you need botocore[crt]"),
            "aws.login.crt",
            ("-m pip install 'botocore[crt]'", "export-credentials"),
        ),
        (
            crisis("ProxyConnectionError", proxy_url="http://proxy:3128"),
            "aws.proxy",
            ("HTTPS_PROXY", "NO_PROXY"),
        ),
        (
            crisis(
                "SSLError",
                endpoint_url="https://sts.amazonaws.com/",
                error="certificate verify failed: self-signed certificate in certificate chain",
            ),
            "aws.tls",
            ("company proxy", "AWS_CA_BUNDLE"),
        ),
        (
            crisis("SSLError", endpoint_url="https://x/", error="certificate is not yet valid"),
            "aws.tls",
            ("clock is behind",),
        ),
        (
            crisis(
                "EndpointConnectionError",
                endpoint_url="https://sts.amazonaws.com/",
                error=OSError("Failed to resolve 'sts.amazonaws.com' ([Errno -2] Name or service not known)"),
            ),
            "aws.network",
            ("sts.amazonaws.com could not be looked up", "VPN"),
        ),
        (
            crisis(
                "EndpointConnectionError", endpoint_url="https://a.b/", error=OSError("Connection refused")
            ),
            "aws.network",
            ("a.b refused the connection",),
        ),
        (crisis("ConnectTimeoutError", endpoint_url="https://a.b/"), "aws.timeout", ("VPN",)),
    ],
)
def test_what_botocore_raises(error: BaseException, code: str, words: tuple[str, ...]) -> None:
    problem = errors.problem(error)
    assert problem.code == code
    assert problem.who is Who.YOU
    shown = "\n".join([problem.what, problem.why, problem.remedy, problem.copy])
    assert all(word in shown for word in words), shown


_SENT = (
    "operation error STS: GetCallerIdentity, https response error StatusCode: 0, RequestID: , request send failed, "
    'Post "https://sts.us-east-1.amazonaws.com/": '
)


@pytest.mark.parametrize(
    ("tail", "code"),
    [
        ("dial tcp: lookup sts.us-east-1.amazonaws.com: no such host", "aws.network"),
        ("dial tcp 10.0.0.1:443: connect: connection refused", "aws.network"),
        ("dial tcp 10.0.0.1:443: i/o timeout", "aws.timeout"),
        ("proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", "aws.proxy"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "aws.tls"),
    ],
)
def test_what_terraform_says_without_a_way_to_aws(tail: str, code: str) -> None:
    problem = denials.explain(_SENT + tail)
    assert problem is not None
    assert problem.code == code


def test_others_that_are_not_reached_are_not_aws() -> None:
    assert denials.explain('Get "https://dbc-1.cloud.databricks.com/": dial tcp: no such host') is None


class Refused(Exception):
    """As botocore's ClientError: an answer with its headers."""

    def __init__(self, date: str) -> None:
        super().__init__("An error occurred (RequestTimeTooSkewed) when calling the ListBuckets operation: …")
        self.response = {"ResponseMetadata": {"HTTPHeaders": {"date": date}}}


@pytest.mark.parametrize("behind", [-3600, 900])
def test_the_clock_is_measured_by_the_date_of_the_answer(behind: int) -> None:
    answered = datetime.now(UTC) + timedelta(seconds=behind)
    error = Refused(format_datetime(answered, usegmt=True))
    now = answered - timedelta(seconds=behind)
    assert particulars.skew_seconds(str(error), error, now) in (-behind, -behind + 1, -behind - 1)
    problem = denials.explain(str(error), error)
    assert problem is not None
    assert problem.code == "aws.clock"
    assert ("behind AWS" if behind > 0 else "ahead of AWS") in problem.why
    assert problem.copy == particulars.clock_command()


def test_an_answer_of_the_same_time_names_no_seconds() -> None:
    error = Refused(format_datetime(datetime.now(UTC), usegmt=True))
    problem = denials.explain(str(error), error)
    assert problem is not None
    assert "AWS. " not in problem.why


@pytest.mark.parametrize(
    ("system", "release", "command"),
    [
        ("linux", "5.15.90.1-microsoft-standard-WSL2", "sudo hwclock -s"),
        ("linux", "6.1.0", "sudo timedatectl set-ntp true"),
        ("darwin", "24.0.0", "sudo sntp -sS time.apple.com"),
    ],
)
def test_the_command_for_the_clock(system: str, release: str, command: str) -> None:
    assert particulars.clock_command(system, release) == command


def test_only_words_are_made_exact() -> None:
    general = Problem("aws.keys.half", "What.", "Why.", "Do.", evidence=("said",), step="credentials")
    assert vars(particulars.exact(general, "partial", "nothing of use")) == vars(general)
