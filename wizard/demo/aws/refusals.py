"""Errors in the shape and wording each AWS protocol really uses.

Shapes: https://smithy.io/2.0/aws/protocols/index.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import secrets
import uuid
from typing import Literal
from xml.sax.saxutils import escape

from wizard.demo.aws.authority import Judgement
from wizard.demo.aws.principals import Principal
from wizard.demo.aws.target import Need, Protocol
from wizard.demo.aws.wire import Reply, json_reply

_NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
_INVALID_TOKEN = "The security token included in the request is invalid."
_EXPIRED_TOKEN = "The security token included in the request is expired"

_KEY_ERRORS: dict[str, dict[str, tuple[int, str, str]]] = {
    "query": {
        "unknown": (403, "InvalidClientTokenId", _INVALID_TOKEN),
        "expired": (403, "ExpiredToken", _EXPIRED_TOKEN),
        "unsigned": (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
    },
    "json": {
        "unknown": (400, "UnrecognizedClientException", _INVALID_TOKEN),
        "expired": (400, "ExpiredTokenException", _EXPIRED_TOKEN),
        "unsigned": (400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    },
    "rest-json": {
        "unknown": (403, "UnrecognizedClientException", _INVALID_TOKEN),
        "expired": (403, "ExpiredTokenException", _EXPIRED_TOKEN),
        "unsigned": (403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    },
    "rest-xml": {
        "unknown": (
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        "expired": (400, "ExpiredToken", "The provided token has expired."),
        "unsigned": (403, "AccessDenied", "Access Denied"),
    },
}


def error(protocol: Protocol, service: str, status: int, code: str, message: str) -> Reply:
    """An error of any kind, as `protocol` writes it."""
    request_id = str(uuid.uuid4())
    if protocol in ("json", "rest-json"):
        content_type = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
        headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": code, "Content-Type": content_type}
        return json_reply({"__type": code, "Message": message}, status, headers)
    if protocol == "rest-xml":
        return _s3_error(status, code, message)
    space = _NAMESPACES.get(service, f"https://{service}.amazonaws.com/")
    body = (
        f'<ErrorResponse xmlns="{space}"><Error><Type>{"Sender" if status < 500 else "Receiver"}</Type>'
        f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Reply(status, body.encode(), {"Content-Type": "text/xml", "x-amzn-RequestId": request_id})


def key_refused(protocol: Protocol, service: str, reason: Literal["unknown", "expired", "unsigned"]) -> Reply:
    """The answer to a key that is not known, has expired, or is missing."""
    return error(protocol, service, *_KEY_ERRORS[protocol][reason])


def denied(
    protocol: Protocol, service: str, caller: Principal, need: Need, judgement: Judgement, region: str = ""
) -> Reply:
    """Access denied. `region` is the bucket's own, which S3 tells even to those it refuses."""
    message = sentence(caller, need, judgement)
    if protocol == "rest-xml":
        reply = _s3_error(403, "AccessDenied", message)
        return Reply(
            403, reply.body, {**reply.headers, **({"x-amz-bucket-region": region} if region else {})}
        )
    if protocol in ("json", "rest-json"):
        return error(protocol, service, 400, "AccessDeniedException", message)
    return error(protocol, service, 403, "AccessDenied", message)


def sentence(caller: Principal, need: Need, judgement: Judgement) -> str:
    """AWS's sentence: who, what, on what, because of which layer."""
    if (
        need.action.startswith("s3:")
        and judgement.layer == "resource-based policy"
        and not judgement.explicit
    ):
        return "Access Denied"  # S3 tells another account nothing
    head = f"User: {caller.arn} is not authorized to perform: {need.action}"
    if need.in_words:
        head += f" on resource: {need.in_words}"
    if not judgement.layer:
        return head
    return f"{head} {judgement.reason}{'' if judgement.explicit else f' {need.action} action'}"


def _s3_error(status: int, code: str, message: str) -> Reply:
    request_id, host_id = secrets.token_hex(8).upper(), secrets.token_urlsafe(56)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        f"<RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>"
    )
    headers = {"Content-Type": "application/xml", "x-amz-request-id": request_id, "x-amz-id-2": host_id}
    return Reply(status, body.encode(), headers)
