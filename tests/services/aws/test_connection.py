"""What stands between this computer and AWS, met over real sockets."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wizard.core.problem import Problem
from wizard.services.aws import sign_in
from wizard.services.aws.identity import who_am_i
from wizard.services.aws.keys import Keys
from wizard.services.aws.session import AwsPlaces

PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 28\r\nConnection: close\r\n\r\n"
    b"<html>Welcome, guest!</html>"
)


@contextmanager
def answering(reply: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that answers every request with `reply`; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
                connection.settimeout(5)
                with tls.wrap_socket(connection, server_side=True) if tls else connection as talking:
                    talking.recv(65536)
                    talking.sendall(reply)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        over.set()
        thread.join(5)
        listening.close()


def asked(environ: dict[str, str], home: Path) -> Problem:
    session = sign_in.keys_session(Keys("AKIAQWERTYUIOPASDFGH", "x" * 40), AwsPlaces.of(environ, home))
    with pytest.raises(Problem) as caught:
        who_am_i(session)
    return caught.value


def test_a_guest_network_answers_instead_of_aws(tmp_path: Path) -> None:
    with answering(PAGE) as port:
        problem = asked({"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}, tmp_path)
    assert problem.code == "aws.intercepted"
    assert "guest network" in problem.why


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            ("wants a user name", "HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT)"),
        ),
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
            ("refused to connect to AWS: 403 Forbidden",),
        ),
    ],
)
def test_a_proxy_that_says_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: bytes, words: tuple[str, ...]
) -> None:
    with answering(reply) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:hunter2@127.0.0.1:{port}")
        problem = asked({}, tmp_path)
    assert problem.code == "aws.proxy"
    shown = "\n".join(problem.lines())
    assert all(word in shown for word in words), shown
    assert "hunter2" not in shown


def test_a_proxy_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    problem = asked({}, tmp_path)
    assert problem.code == "aws.proxy"
    assert "127.0.0.1:9" in problem.why


@pytest.fixture
def opened_by_a_proxy(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate that only its own maker trusts, and that certificate's file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example Corp Proxy")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "proxy.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(made.public_bytes(pem))
    return context, trusted


def test_a_proxy_that_opens_the_connection(
    tmp_path: Path, opened_by_a_proxy: tuple[ssl.SSLContext, Path]
) -> None:
    context, trusted = opened_by_a_proxy
    with answering(PAGE, context) as port:
        place = {"AWS_ENDPOINT_URL": f"https://localhost:{port}"}
        problem = asked(place, tmp_path)
        assert problem.code == "aws.tls"
        assert "company proxy" in problem.why
        assert "AWS_CA_BUNDLE" in problem.remedy
        # What the remedy says helps: the connection is trusted then, and the page behind it is seen.
        assert asked(place | {"AWS_CA_BUNDLE": str(trusted)}, tmp_path).code == "aws.intercepted"


def test_the_start_of_a_sign_in_meets_them_too(tmp_path: Path) -> None:
    with answering(PAGE) as port:
        places = AwsPlaces.of({"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}, tmp_path)
        with pytest.raises(Problem) as caught:
            list(sign_in.device_login("https://x.awsapps.com/start", "us-east-1", places))
    assert caught.value.code == "aws.intercepted"
