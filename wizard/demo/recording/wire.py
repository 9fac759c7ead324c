"""Sending a recorded call to the embedded AWS, signed with the credentials of the environment."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from wizard.demo.recording.tape import made_in

if TYPE_CHECKING:
    from wizard.demo.recording.session import Json, Session
    from wizard.demo.recording.tape import Call

_PATIENCE = (0.05, 0.2, 0.8)
"""Seconds before each new try after a 429 or 5xx."""
_NOT_FOUND = ("NoSuch", "NotFound", "EntityNotFound")


class CannotSend(Exception):
    """There is no embedded AWS to talk to, or nothing to sign with."""


@dataclass(frozen=True)
class Answer:
    """What AWS said."""

    status: int
    code: str
    """AWS's error code; empty when all went well."""
    message: str
    request_id: str
    text: str = field(repr=False)

    @property
    def is_error(self) -> bool:
        """Whether it is a refusal or a failure."""
        return self.status >= 400

    @property
    def is_absence(self) -> bool:
        """Whether it says that the thing asked about is not there."""
        return self.is_error and (self.status == 404 or any(word in self.code for word in _NOT_FOUND))

    @property
    def made(self) -> list[str]:
        """Ids and dates, at the same places as in the recorded answer."""
        return made_in(self.text)


class Wire:
    """A connection to an embedded AWS on this machine."""

    def __init__(self, url: str, credentials: Any) -> None:
        """`credentials` are botocore's. Raises CannotSend unless `url` leads to this machine.

        A recording invents nothing for real accounts: any other address is refused.
        """
        address = urlsplit(url)
        if address.hostname not in ("127.0.0.1", "localhost", "::1") or address.port is None:
            raise CannotSend(
                "This is a recording of Terraform. It talks to the demo's own AWS on this machine and to nothing "
                "else, and AWS_ENDPOINT_URL does not name one. Install Terraform to change a real account."
            )
        self._host, self._port = address.hostname, address.port
        self._connection: http.client.HTTPConnection | None = None
        self._credentials = credentials

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Wire:
        """The AWS that AWS_ENDPOINT_URL names, with the credentials every AWS tool would find.

        Raises CannotSend without one or the other.
        """
        return cls(environ.get("AWS_ENDPOINT_URL", ""), _credentials())

    @classmethod
    def with_keys(cls, url: str, access_key_id: str, secret_access_key: str) -> Wire:
        """The AWS at `url`, with these keys."""
        from botocore.credentials import Credentials

        return cls(url, Credentials(access_key_id, secret_access_key))

    def send(self, call: Call, session: Session) -> Answer:
        """Make the call with this session's names; busy answers are tried again a few times.

        Raises CannotSend when nothing answers.
        """
        answer = self._once(call, session)
        for pause in _PATIENCE:
            if answer.status != 429 and answer.status < 500:
                break
            time.sleep(pause)
            answer = self._once(call, session)
        return answer

    def _once(self, call: Call, session: Session) -> Answer:
        target, headers, body = _signed(call, session, f"{self._host}:{self._port}", self._credentials)
        try:
            return self._exchange(call.method, target, headers, body)
        except (http.client.HTTPException, ConnectionError):
            self.close()  # a server may end an idle connection at any time; a new one decides
        try:
            return self._exchange(call.method, target, headers, body)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise CannotSend(
                f"The demo's AWS at {self._host}:{self._port} does not answer: {error}"
            ) from error

    def _exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        self._connection.request(method, target, body=body or None, headers=dict(headers))
        response = self._connection.getresponse()
        text = response.read().decode(errors="replace")
        return _answer(response, text)

    def close(self) -> None:
        """End the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _credentials() -> Any:
    """Credentials as every AWS tool finds them: environment, profile, sign-in cache."""
    import botocore.session
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = botocore.session.Session().get_credentials()
        if found is not None:
            found.get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        raise CannotSend(f"The AWS credentials cannot be used: {error}") from error
    if found is None:
        raise CannotSend("No valid credential sources found")
    return found


def _signed(call: Call, session: Session, host: str, credentials: Any) -> tuple[str, dict[str, str], bytes]:
    """Target, headers and body of the call, ready to send."""
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest

    query = urlencode([(name, session.text(value)) for name, value in call.query], quote_via=quote)
    target = quote(session.text(call.path)) + (f"?{query}" if query else "")
    body = _body(call.body, session)
    headers = {name: session.text(value) for name, value in call.headers.items()}
    request = AWSRequest(call.method, f"http://{host}{target}", headers=headers, data=body)
    signer = S3SigV4Auth if call.service == "s3" else SigV4Auth
    signer(credentials.get_frozen_credentials(), call.service, call.region).add_auth(request)
    return target, dict(request.headers.items()), body


def _body(recorded: Json, session: Session) -> bytes:
    content = session.json(recorded)
    if isinstance(content, dict):
        if "form" in content and isinstance(form := content["form"], dict):
            return urlencode({name: str(value) for name, value in form.items()}).encode()
        return json.dumps(content["json"]).encode()
    return str(content).encode()


def _answer(response: http.client.HTTPResponse, text: str) -> Answer:
    identity = response.getheader("x-amzn-RequestId") or response.getheader("x-amz-request-id") or ""
    code = message = ""
    if response.status >= 400:
        code, message = _error(text, response.getheader("x-amzn-ErrorType") or "")
        # An answer to HEAD has no body; the SDK then names the status.
        code = code or {403: "Forbidden", 404: "NotFound"}.get(response.status, response.reason)
        message = message or code
    return Answer(response.status, code, message, identity, text)


def _error(text: str, kind: str) -> tuple[str, str]:
    """Code and message of an error answer, XML or JSON."""
    if text.lstrip().startswith("{"):
        document = json.loads(text)
        code = str(document.get("__type") or kind)
        message = str(document.get("message") or document.get("Message") or "")
    else:
        found = {name: re.search(f"<{name}>(.*?)</{name}>", text, re.S) for name in ("Code", "Message")}
        code, message = (match[1] if match else "" for match in found.values())
        code = code or kind
    return code.rpartition("#")[2].partition(":")[0], message
