"""Console sign-ins of `aws login`, in the format that botocore reads, renewed over the wire."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.utils import JSONFileCache, LoginTokenLoader
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from wizard.core.problem import Problem
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import console_login, roster, sign_in, sso_cache
from wizard.services.aws.identity import who_am_i
from wizard.services.aws.profiles import Source, list_sources
from wizard.services.aws.session import AwsPlaces

NOW = datetime.now(UTC).replace(microsecond=0)
ME = "arn:aws:sts::123456789012:assumed-role/Console/me"


class Curve:
    """What botocore asks of awscrt's EC, for computers that lack it; the signatures are real ones."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def new_key_from_der_data(cls, der: bytes) -> Curve:
        key = serialization.load_der_private_key(der, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return cls(key)

    def get_public_coords(self) -> tuple[bytes, bytes]:
        numbers = self._key.public_key().public_numbers()
        return numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")

    def sign(self, digest: bytes) -> bytes:
        return self._key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))

    @staticmethod
    def decode_der_signature_to_padded_pair(signature: bytes, pad_to: int) -> bytes:
        return b"".join(part.to_bytes(pad_to, "big") for part in utils.decode_dss_signature(signature))


@pytest.fixture(autouse=True)
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is here, no AWS CLI, and it is now, not when this file was read."""
    monkeypatch.setitem(globals(), "NOW", datetime.now(UTC).replace(microsecond=0))
    if not console_login.library():
        monkeypatch.setattr("botocore.credentials.EC", Curve)
    monkeypatch.setattr("wizard.services.aws.console_login.library", lambda: True)
    monkeypatch.setattr("wizard.services.aws.console_login.program", lambda: False)


class SignIn(HTTPServer):
    """AWS's sign-in service: it renews keys for whoever holds the key that the token is bound to."""

    def __init__(self, keys: Any) -> None:
        super().__init__(("127.0.0.1", 0), Renewals)
        self.keys, self.refusal, self.asked = keys, "", [dict[str, Any]()]
        self.asked.clear()


class Renewals(BaseHTTPRequestHandler):
    server: SignIn

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(said)
        proven(self.headers["DPoP"])
        keys, status = self.server.keys, 200
        answer: dict[str, Any] = {
            "accessToken": {
                "accessKeyId": keys.access_key_id,
                "secretAccessKey": keys.secret_access_key,
                "sessionToken": keys.session_token,
            },
            "tokenType": "aws_sigv4",
            "expiresIn": 900,
            "refreshToken": "another",
        }
        if self.server.refusal:
            answer, status = {"error": self.server.refusal, "message": "no"}, 401
        self.send_response(status)
        if self.server.refusal:
            self.send_header("x-amzn-ErrorType", "AccessDeniedException")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        pass


def proven(header: str) -> None:
    """Raises when the proof of possession was not signed by the key that it names."""
    head, body, signature = header.split(".")
    part = [base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) for text in (head, signature)]
    named = json.loads(part[0])["jwk"]
    x, y = (int.from_bytes(base64.urlsafe_b64decode(named[name] + "==")) for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    pair = utils.encode_dss_signature(int.from_bytes(part[1][:32]), int.from_bytes(part[1][32:]))
    digest = sha256(f"{head}.{body}".encode()).digest()
    key.verify(pair, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


@pytest.fixture
def service(aws: EmbeddedAws) -> Iterator[SignIn]:
    role = aws.portal.assign(aws.account_id, "Production", "Console", admin=True).rpartition("/")[2]
    with SignIn(aws.keys_for_role(role, "me")) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def places(aws: EmbeddedAws, service: SignIn, home: Path) -> AwsPlaces:
    (home / ".aws").mkdir(parents=True)
    where = {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ENDPOINT_URL_SIGNIN": f"http://127.0.0.1:{service.server_port}",
    }
    places = AwsPlaces.of(where, home)
    places.config_file.write_text(f"[profile console]\nlogin_session = {ME}\n")
    return places


def keep(places: AwsPlaces, ends: timedelta, keys: Any, session: str = ME, **changed: object) -> None:
    """Put a sign-in into the cache through botocore's own code."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    access = {
        "accessKeyId": keys.access_key_id if keys else "ASIAOLD",
        "secretAccessKey": keys.secret_access_key if keys else "old",
        "sessionToken": keys.session_token if keys else "t",
        "accountId": "123456789012",
        "expiresAt": sso_cache.spelled(NOW + ends),
    }
    token = {
        "accessToken": access,
        "tokenType": "aws_sigv4",
        "refreshToken": "first",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": pem.decode(),
        **changed,
    }
    LoginTokenLoader(JSONFileCache(str(places.login_cache))).save_token(session, token)


def found(places: AwsPlaces) -> Source:
    return next(each for each in list_sources(places, {}, NOW) if each.name == "console")


def test_the_list_tells_until_when_and_why_not(places: AwsPlaces) -> None:
    asleep = found(places)
    assert (asleep.usable, asleep.needs_login, asleep.login_profile) == (False, True, "console")
    assert "Nobody has signed in to it with `aws login`" in asleep.why_not
    keep(places, timedelta(minutes=9), None)
    awake = found(places)
    assert (awake.usable, awake.expires_at, awake.account) == (
        True,
        NOW + timedelta(minutes=9),
        "123456789012",
    )
    ends = roster.until(NOW + timedelta(minutes=9), NOW)
    assert f"signed in, keys {ends}, renewed for 12 hours at most" in roster.line(awake, NOW)
    keep(places, timedelta(hours=-1), None)
    assert "signed in, renews itself" in roster.line(found(places), NOW)
    keep(places, timedelta(hours=-13), None)
    assert "lasts twelve hours at most" in found(places).why_not
    keep(places, timedelta(minutes=9), None, dpopKey="")
    assert "not whole" in found(places).why_not


@pytest.mark.parametrize(("left", "renewed"), [(14, 0), (9, 1), (-30, 1)])
def test_keys_are_renewed_before_they_are_too_short_for_an_apply(
    places: AwsPlaces, service: SignIn, left: int, renewed: int
) -> None:
    keep(places, timedelta(minutes=left), service.keys)
    session = sign_in.open_source(found(places), places, {})
    session.last({}, datetime.now(UTC))
    assert len(service.asked) == renewed
    assert who_am_i(session).role.startswith("AWSReservedSSO_Console")
    assert session.child_environ({})["AWS_ACCESS_KEY_ID"] == service.keys.access_key_id
    kept = sso_cache.read(console_login.file_of(places.login_cache, ME))
    assert kept["refreshToken"] == ("another" if renewed else "first"), "other tools go on with it"


@pytest.mark.parametrize(
    ("refusal", "code", "copy"),
    [
        ("TOKEN_EXPIRED", "aws.login.expired", "aws login --profile console"),
        ("USER_CREDENTIALS_CHANGED", "aws.login.expired", "aws login --profile console"),
        ("INSUFFICIENT_PERMISSIONS", "aws.login.denied", ""),
    ],
)
def test_a_refused_renewal_is_told_apart(
    places: AwsPlaces, service: SignIn, refusal: str, code: str, copy: str
) -> None:
    keep(places, timedelta(minutes=-1), service.keys)
    service.refusal = refusal
    with pytest.raises(Problem) as caught:
        sign_in.open_source(found(places), places, {})
    assert (caught.value.code, caught.value.copy) == (code, copy)
    assert caught.value.step == "credentials"


def test_without_the_library_and_the_cli_the_way_out_is_a_command(
    places: AwsPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.credentials.EC", None)
    monkeypatch.setattr("wizard.services.aws.console_login.library", lambda: False)
    keep(places, timedelta(minutes=9), None)
    source = found(places)
    assert (source.usable, source.leads_on) == (False, True)
    with pytest.raises(Problem) as caught:
        sign_in.open_source(source, places, {})
    assert caught.value.code == "aws.login.crt"
    assert caught.value.copy == console_login.install()
    assert "`aws configure export-credentials --profile console`" in caught.value.remedy


@pytest.mark.parametrize(
    ("prefix", "pip", "uv", "command"),
    [
        ("/home/me/.local/pipx/venvs/htd-wizard", True, True, "pipx inject htd-wizard 'botocore[crt]'"),
        ("/home/me/x/.venv", True, True, "/p/python -m pip install 'botocore[crt]'"),
        ("/home/me/x/.venv", False, True, "uv pip install --python /p/python 'botocore[crt]'"),
    ],
)
def test_the_library_goes_where_this_program_is(
    monkeypatch: pytest.MonkeyPatch, prefix: str, pip: bool, uv: bool, command: str
) -> None:
    monkeypatch.setattr("sys.prefix", prefix)
    monkeypatch.setattr("sys.executable", "/p/python")
    monkeypatch.setattr(console_login, "find_spec", lambda _: object() if pip else None)
    monkeypatch.setattr("shutil.which", lambda _: "/bin/uv" if uv else None)
    assert console_login.install() == command
