"""The wrappings AWS's refusals arrive in: SDKs, the CLI, CloudFormation, Terraform's boxes and its `-json` lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from wizard.services.aws import operations, unfold

_CODE_WORDS = (
    "AccessDeniedException|AccessDenied|UnauthorizedOperation|UnauthorizedException|UnauthorizedAccess|"
    "ExpiredTokenException|ExpiredToken|RequestExpired|InvalidClientTokenId|UnrecognizedClientException|"
    "InvalidAccessKeyId|AuthFailure|SignatureDoesNotMatch|InvalidSignatureException|RequestTimeTooSkewed|"
    "SSOProviderInvalidToken|ForbiddenException|AuthorizationError|AuthorizationErrorException|"
    "NotAuthorizedException|AllAccessDisabled|ThrottlingException|Throttling|TooManyRequestsException|SlowDown|"
    "InvalidToken|InvalidInputException|InvalidGrantException|NoCredentialProviders|LimitExceededException|"
    "OptInRequired|SubscriptionRequiredException"
)
_CODES = (
    re.compile(r"\bapi error (?P<code>[\w.]+):"),
    re.compile(r"An error occurred \((?P<code>[\w.]+)\)"),
    re.compile(r"\bError Code: (?P<code>[\w.]+)"),
    re.compile(r"\bHandlerErrorCode: (?P<code>[\w.]+)"),
    re.compile(r"<Code>(?P<code>[\w.]+) ?</Code>"),
    re.compile(r"\bRequestID: ?[^, ]*, (?:HostID: ?[^, ]*, )?(?P<code>\w+(?:Exception|Fault)):"),
    re.compile(r"\bcode:? \"?(?P<code>" + _CODE_WORDS + r")\b"),
    re.compile(r"(?:^|\W)(?P<code>" + _CODE_WORDS + r")(?: \(client\))?: "),
    re.compile(r"(?:^|[^\w.])(?P<code>" + _CODE_WORDS + r")\b"),
    re.compile(r"\b(?P<code>Forbidden): Forbidden\b"),
)
_OPERATIONS = (
    re.compile(r"operation error (?P<service>[A-Za-z][A-Za-z0-9 ]{0,30}): (?P<operation>\w+)"),
    re.compile(r"when calling the (?P<operation>\w+) operation"),
    re.compile(r"\bcalling (?P<service>\w+):(?P<operation>[A-Z]\w+)"),
    re.compile(r"\bResponse (?P<service>[a-z0-9]+)/(?P<operation>[A-Z]\w+) failed"),
)
_ACTIONS = re.compile(
    r"(?:\bAPI: |[Yy]ou don.t have permissions? to )(?P<action>[a-z][a-z0-9-]*:[A-Z]\w+)"
    # Whatever was asked for, it is the key that was refused.
    r"|(?P<decrypt>ciphertext refers to a customer master key)"
    # Athena looks where the bucket of its results is before every query.
    r"|(?P<locate>verify/create output bucket(?!.{0,200}?Insufficient))"
)
_NAMED = (
    re.compile(r"(?:on S3 path: |access denied on |output bucket )(?P<name>(?:s3://)?[a-z0-9][\w./=:*-]+)"),
    re.compile(r'object "(?P<key>[^"]+)" in S3 bucket "(?P<bucket>[^"]+)"'),
    re.compile(
        r"(?:S3 (?:\(Simple Storage\) )?[Bb]ucket|S3 Object|Lake ?Formation \w+|Glue Catalog \w+"
        r"|IAM [A-Z]\w+(?: [A-Z]\w+)?)"
        r" \((?P<name>(?!\.+\))[^)]+)\)"
    ),
)


LARGEST = 16 * 1024 * 1024
"""Characters of a text that are looked at."""
_BETWEEN = re.compile(
    r"(?m)(?=^\s*(?:\* )?Error: )|(?=^\s*\* [\w.\[\]\"]+: )"
    # An envelope over a blank line still belongs to its sentence.
    r"|\n\s*\n(?=\S)(?!User:? )|\n(?=[^\n]{0,80}An error occurred \()"
)


def flat(text: str) -> str:
    """`text` without colours, box drawing and line breaks, so that wrapped sentences are whole again.

    What JSON and XML escape (`\\"`, `&quot;`) reads as what it stands for.
    """
    return " ".join(unfold.lines(unfold.unfolded(text, 200_000)))


def pieces(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each error of a text that may hold several: `-json` lines, Terraform's "Error:" headings, blank lines.

    Flattened, each with the places where its lines began: several refusals may still stand in one.
    """
    for part in _BETWEEN.split(unfold.unfolded(text, LARGEST)):
        if said := unfold.lines(part or ""):
            begins = accumulate((len(line) + 1 for line in said[:-1]), initial=0)
            yield " ".join(said), tuple(begins)


def code(flat_text: str) -> str | None:
    """The error code AWS gave, or None where the text holds none."""
    for shape in _CODES:
        if found := shape.search(flat_text):
            return found["code"]
    return None


def action(flat_text: str) -> str | None:
    """The IAM action behind the operation that failed, or None where no operation is named."""
    if found := _ACTIONS.search(flat_text):
        return (
            "kms:Decrypt"
            if found["decrypt"]
            else "s3:GetBucketLocation"
            if found["locate"]
            else found["action"]
        )
    for shape in _OPERATIONS:
        if found := shape.search(flat_text):
            parts = found.groupdict()
            service = parts.get("service") or operations.service_of(parts["operation"])
            if not service and code(flat_text) == "UnauthorizedOperation":
                service = "ec2"  # nobody else answers with this code
            return operations.action(service, parts["operation"]) if service else None
    return None


def named(flat_text: str) -> str | None:
    """The resource that the program around AWS's answer was busy with, or None."""
    for shape in _NAMED:
        if found := shape.search(flat_text):
            parts = found.groupdict()
            return f"{parts['bucket']}/{parts['key']}" if "key" in parts else parts["name"]
    return None
