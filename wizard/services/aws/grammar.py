"""The shapes of AWS's refusals, as patterns over flattened text (`envelopes.flat`).

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html for the sentence, and messages
of real clients for the rest; each is kept with its reading in the tests' data.
"""

from __future__ import annotations

import re

_WHO = (
    r"(?:\b[Uu]ser(?:: ?| (?=arn:))(?P<principal>(?:(?!\b[Uu]ser: ).){1,400}?)"
    r"|(?P<arn>arn:[\w-]+:(?:iam|sts):\S{1,700})"
    r"|\bService Principal: (?P<service>\S+)"
    # What is left of an ARN whose beginning was masked or cut; or one name that begins the sentence: `CodeBuild`.
    r"|(?<![^\s\"'(>])(?P<piece>[\w#*.{}-]*:[\w:#*.<>{}-]*/[^\s\"']{1,700})"
    r"|(?:(?<=[:>-] )|(?<=[\"'>])|(?<![\s\S]))"
    r"(?P<name>(?!(?:[Uu]ser|[Rr]ole|You|It|Caller|Principal|Identity)\b)(?:[A-Z]|\w+[-_])[\w.-]+)"
    r") is "
)
_ACTION = r"[A-Za-z][\w-]*:[A-Za-z*]\w*"
# The edge of a terminal may have cut the service's name: `cloudforma tion:DescribeStacks`.
REFUSED = re.compile(
    rf"(?:{_WHO})?\b[Nn]ot authorized to perform(?:: (?P<cut>[a-z][a-z0-9-]*) |:? ?)"
    # Stars and backticks are somebody's emphasis.
    rf"[*`]*(?P<action>{_ACTION})[*`]*"
)
ALONE = re.compile(rf"{_WHO}not authorized\b")
"""Who was refused, where the text does not say what."""
ALLOWS = re.compile(rf"\ballows? (?:the )?(?P<action>{_ACTION})")

# A placeholder may hold blanks, and a masked part may leave one: `arn:aws:glue:eu-west-1:<my account>:catalog`.
_WORD = r"(?:<[^<>]{1,60}>|(?<=:)\{[^{}]{1,60}\}|(?<=:)\[[^\[\]]{1,60}\]|(?<=\w) (?=:\w)|\S)+"
ON_RESOURCE = re.compile(
    r"^ ?on (?:(?:the |this )?resource(?:: ?| (?=[\"*]|arn:))|(?=arn:))"
    r"(?:\"(?P<quoted>[^\"]+)\""
    rf"|(?P<bare>(?:(?:role|user|group|policy|instance profile|mfa|database|table|catalog) )?{_WORD}"
    # An ARN that somebody's line breaking cut after a slash goes on behind it.
    r"(?:(?<=[/:]) (?!(?i:because|with) )\S+(?= (?i:because no|with an) )"
    # A name may hold blanks: `job/Copy the landing zone`. How far it goes, the clause behind it tells.
    r"|(?<=\S)(?<!\.)(?: (?!(?i:because|with) )[^\s(){}\[\]\"':]+){1,12}(?= (?i:because no|with an explicit) ))?))"
)
CLAUSE = re.compile(
    r"(?P<how>because no|because the(?= role trust policy allows)|with an explicit deny in (?:an?|the)) "
    r"(?P<layer>[A-Z][A-Z -]{2,40}? polic(?:y|ies)|permissions? boundary)"
    r"(?: transitively through an? (?P<through>[A-Z -]{3,40}? policy))?"
    r"(?:(?:, with policy ARN)?:? ?(?P<arn>arn:[\w-]+:[^\s\[]+(?:(?<=[/:-]) [^\s\[]+)?))?",
    re.IGNORECASE,
)
DENY = re.compile(r"with an explicit deny\b")
ABSENT = re.compile(r"because the resource does not exist in this Region, no resource-based polic")
"""What KMS and others say across accounts, where they would not tell whether the resource is there."""
CONSOLE = re.compile(
    r"\bUser: (?P<principal>\S+?) ?(?:Service: (?P<service>\S+?) ?)?Action: (?P<action>[\w:-]+?) ?"
    r"(?:On resource\(s\): (?P<resource>\S+?) ?)?"
    r"Context: (?P<how>no|an?) (?P<layer>[a-z][A-Za-z -]{2,40}?(?: policy|boundary)) (?:allows|explicitly denies) the\b"
)
"""What the console shows to be copied; its lines may have been glued together."""
LAYERS = {
    "identity": "identity",
    "service control": "scp",
    "resource control": "rcp",
    "permission": "boundary",
    "session": "session",
    "resource-based": "resource",
    "resource based": "resource",
    "vpc endpoint": "vpce",
    "role trust": "trust",
    "trust": "trust",
}
"""How a clause's policy type begins -> the first half of the reason word."""

PUBLIC_POLICY = re.compile(
    r"\bpublic (?:policies|ACLs|access control lists) are (?:prevented|blocked).{0,40}?BlockPublic"
    r"|because public (?:policies|ACLs|access control lists).{0,80}?BlockPublic",
    re.IGNORECASE,
)

LAKE = (
    re.compile(
        r"Insufficient Lake ?Formation permission\(?s?\)?: Required (?P<grant>[A-Z][A-Za-z_, ]*?) on (?P<resource>\S+)"
    ),
    re.compile(r"Insufficient Lake ?Formation permission\(?s?\)? on (?P<resource>\S+)"),
    re.compile(r"Insufficient Glue permissions to access (?:database|table) (?P<resource>\S+)"),
    re.compile(r"Resource does not exist or requester is not authorized to access requested permissions"),
    re.compile(r"Insufficient Lake ?Formation permission"),
    re.compile(r"Principal does not have any privilege on specified resource"),
)

BARE = re.compile(
    r"You are not authorized to perform this operation|\bAccess ?Denied\b|AccessDeniedException\b"
    r"|or you are not allowed to access\b|[Yy]ou don.t have permissions? to [a-z]"
    r"|Permission denied on S3 path|Insufficient permissions to execute the query|verify/create output bucket"
    r"|\bAllAccessDisabled\b|Forbidden: Forbidden|operation: Forbidden\b|\bUnauthorizedOperation\b|StatusCode: 403\b"
    r"|\bOptInRequired\b|\bSubscriptionRequired|with an explicit deny\b|Access to the specified \w+ resource is denied"
)
BLOCKED = (
    ("disabled", re.compile(r"\bAllAccessDisabled\b")),
    ("subscription", re.compile(r"\bOptInRequired\b|\bSubscriptionRequired")),
    (
        "service",
        re.compile(
            r"KMS key does not exist or is not allowed to be used"
            r"|does not have permission to access the ECR image"
        ),
    ),
)
"""Refusals that no policy of the caller is behind -> their row of `reasons.UNSPECIFIED`."""

SKEW = re.compile(
    r"(?P<signed>\d{8}T\d{6}Z) (?:is now earlier than|is still later than) \d{8}T\d{6}Z "
    r"\((?P<server>\d{8}T\d{6}Z) [-+] "
)
"""Both times are UTC; the one in brackets is the server's."""


def _any(*shapes: str) -> re.Pattern[str]:
    return re.compile("|".join(shapes))


CREDENTIALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "clock_skew",
        _any(
            "Signature expired",
            "Signature not yet current",
            "RequestTimeTooSkewed",
            "difference between the request",
        ),
    ),
    ("mfa_failed", _any("MultiFactorAuthentication failed")),
    (
        "mfa_needed",
        _any("AssumeRoleTokenProvider session option not set", "MFA is required", "requires? MFA"),
    ),
    (
        "sso_no_assignment",
        _any(
            "GetRoleCredentials.{0,200}(?:ForbiddenException|No access)",
            "ForbiddenException.{0,60}GetRoleCredentials",
        ),
    ),
    (
        "sso_no_token",
        _any(
            "failed to read cached SSO token",
            "Error loading SSO Token",
            "SSOTokenLoadError",
            "SSO session has expired or is invalid.{0,300}no such file",
        ),
    ),
    (
        "sso_expired",
        _any(
            "SSO session has expired",
            "SSO session associated with",
            "Session token not found or invalid",
            "SSOProviderInvalidToken",
            "cached SSO token (?:failed|is expired)",
            "Token has expired and refresh failed",
            "UnauthorizedSSOToken",
        ),
    ),
    ("web_identity", _any("InvalidIdentityToken", "IDPRejectedClaim", "IDPCommunicationError")),
    ("login_needs_crt", _any(r"botocore\[crt\]")),
    ("login_never", _any("LoginTokenLoadError", "[Ll]oading login session token", "existing login session")),
    (
        "login_expired",
        _any(
            "LoginRefreshRequired",
            "[Yy]our session has expired.{0,60}reauthenticate",
            "login session has expired",
        ),
    ),
    ("login_denied", _any("LoginInsufficientPermissions", "refresh login credentials due to insufficient")),
    (
        "expired_token",
        _any(
            r"\bExpiredToken",
            "RequestExpired",
            "security token included in the request is expired",
            "provided token has expired",
        ),
    ),
    (
        "invalid_key",
        _any(
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "AuthFailure",
            r"\bInvalidToken\b",
            "not able to validate the provided access credentials",
            "Access Key Id you provided does not exist",
            "security token included in the request is invalid",
        ),
    ),
    (
        "wrong_secret",
        _any(
            "SignatureDoesNotMatch", "InvalidSignatureException", "does not match the signature you provided"
        ),
    ),
    (
        "no_profile",
        _any("failed to get shared config profile", r"config profile \(.{0,200}?\) could not be found"),
    ),
    ("config", _any("InvalidConfigError", "sso-session does not exist", "configured to use (?:the )?SSO")),
    ("partial", _any("Partial ?[Cc]redentials")),
    ("process", _any("custom-process", "credential_process", "process provider error", "JSONDecodeError")),
    (
        "throttled",
        _any("Throttling", "Rate exceeded", "TooManyRequests", "RequestLimitExceeded", r"\bSlowDown\b"),
    ),
    # Only where AWS is what was not reached: Terraform talks to others too.
    ("proxy", _any(r"amazonaws\.com.{0,200}proxyconnect", "ProxyConnectionError", "connect to proxy URL")),
    ("tls", _any(r"amazonaws\.com.{0,200}(?:x509|failed to verify certificate)", "SSL validation failed")),
    (
        "no_network",
        _any(
            r"(?:amazonaws\.com|request send failed, dial tcp).{0,200}"
            r"(?:no such host|connection refused|network is unreachable|no route to host)",
            "Could not connect to the endpoint URL",
        ),
    ),
    (
        "slow",
        _any(
            r"(?:amazonaws\.com|request send failed, dial tcp).{0,200}(?:i/o timeout|deadline exceeded)",
            "timeout on endpoint URL",
        ),
    ),
    # Terraform says this first, whatever was in the way.
    (
        "no_credentials",
        _any(
            "[Nn]o valid credential sources",
            "NoCredentialProviders",
            "Unable to locate credentials",
            "NoCredentialsError",
            "Could not load credentials from any",
            "Unable to load (?:AWS )?credentials from",
            "no EC2 IMDS role found",
        ),
    ),
)
"""In order: the telling before the general."""
