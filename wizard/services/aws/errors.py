"""Whatever botocore raises, as a problem with a way out. The one place where exceptions become words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wizard.core.problem import Cancelled, Problem
from wizard.core.text import one_line
from wizard.services.aws import denials, particulars
from wizard.services.aws.reasons import REASONS

_CLASSES = {
    "SSOTokenLoadError": "sso_no_token",
    "TokenRetrievalError": "sso_expired",
    "UnauthorizedSSOTokenError": "sso_expired",
    "InvalidConfigError": "config",
    "ConfigParseError": "config",
    "ConfigNotFound": "config",
    "InfiniteLoopConfigError": "config",
    "UnknownCredentialError": "config",
    "PartialCredentialsError": "partial",
    "CredentialRetrievalError": "process",
    "JSONDecodeError": "process",
    "FileNotFoundError": "process",
    "MissingDependencyException": "login_needs_crt",
    "LoginTokenLoadError": "login_never",
    "LoginRefreshRequired": "login_expired",
    "LoginRefreshTokenError": "login_expired",
    "LoginInsufficientPermissions": "login_denied",
    "ProfileNotFound": "no_profile",
    "NoCredentialsError": "no_credentials",
    "MetadataRetrievalError": "container",
    "RefreshWithMFAUnsupportedError": "mfa_needed",
    "EndpointConnectionError": "no_network",
    "ConnectTimeoutError": "slow",
    "ReadTimeoutError": "slow",
    "ProxyConnectionError": "proxy",
    "SSLError": "tls",
    "ConnectionClosedError": "no_network",
    "ResponseParserError": "intercepted",
    "HTTPClientError": "no_network",
}
"""Class of the exception -> reason word. Classes are known by name, so that botocore stays unimported."""

_PROVIDERS = {"container-role": "container", "iam-role": "instance"}
"""Botocore's name of a provider of the machine's own keys -> reason word, whatever the class."""


def problem(error: BaseException, doing: str = "talking to AWS") -> Problem:
    """`error` as a problem; `doing` says in the present what was tried: "asking AWS who you are"."""
    if isinstance(error, Problem):
        return error
    text = one_line(error, 1000)
    name = type(error).__name__
    if name == "ClientError":
        return denials.explain(str(error), error) or _other_answer(error, text, doing)
    reason = next(
        (_CLASSES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _CLASSES), None
    )
    reason = _PROVIDERS.get(str(getattr(error, "kwargs", {}).get("provider"))) or reason
    if reason is None:
        explained = denials.explain(str(error))
        return explained or Problem(
            code="aws.unexpected",
            what=f"Something unexpected happened while {doing}.",
            why=f"{name}: {text}",
            remedy="Try again. If it happens again, please report it with the text below.",
            evidence=(f"{name}: {text}",),
        )
    row = REASONS[reason]
    general = Problem(
        code=row.code,
        what=row.what,
        why=row.why,
        remedy=row.remedy,
        who=row.who,
        evidence=(f"{name}: {text}",),
        step=row.step,
    )
    return particulars.exact(general, reason, text, error)


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turns every failure inside into a Problem; a Cancelled goes through."""
    try:
        yield
    except (Problem, Cancelled):
        raise
    except Exception as error:  # credential providers raise bare ValueErrors and OSErrors too
        raise problem(error, doing) from error


def failures() -> tuple[type[Exception], ...]:
    """Everything a call to AWS may raise, for `except`; faults of our own are not among them."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return (BotoCoreError, ClientError, ResponseParserError, Problem, OSError, ValueError)


def code_of(error: BaseException) -> str:
    """The error code AWS gave with `error`; empty when it is not AWS's answer."""
    response = getattr(error, "response", None)
    details = response.get("Error") if isinstance(response, dict) else None
    return str(details.get("Code", "")) if isinstance(details, dict) else ""


def _status(error: BaseException) -> int:
    """The HTTP status that came with `error`; 0 when it is not AWS's answer."""
    response = getattr(error, "response", None)
    meta = response.get("ResponseMetadata") if isinstance(response, dict) else None
    status = meta.get("HTTPStatusCode") if isinstance(meta, dict) else None
    return status if isinstance(status, int) else 0


def _other_answer(error: BaseException, text: str, doing: str) -> Problem:
    code = code_of(error) or "an error"
    if _status(error) >= 500:
        return Problem(
            code="aws.failed",
            what=f"AWS could not answer while {doing}.",
            why=f"It said {one_line(code, 80)}: a fault on its own side.",
            remedy="Wait a minute and try again; https://health.aws.amazon.com/health/status shows its disturbances.",
            evidence=(text,),
        )
    return Problem(
        code="aws.error",
        what=f"AWS answered with {one_line(code, 80)} while {doing}.",
        why=text,
        remedy="Try again; if the answer stays the same, hand it to an AWS administrator.",
        evidence=(text,),
    )
