"""The role of an EC2 instance: known from its papers, its keys over real HTTP from a small metadata server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from wizard.core.problem import Problem
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import instance, sign_in, sso_cache
from wizard.services.aws.errors import problem
from wizard.services.aws.identity import who_am_i
from wizard.services.aws.profiles import list_sources
from wizard.services.aws.session import AwsPlaces

ROLE = "/latest/meta-data/iam/security-credentials/"


class Metadata(HTTPServer):
    """An instance's metadata, version 2 only; it remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[str] = []
        self.keys: dict[str, str] = {}


class Answers(BaseHTTPRequestHandler):
    server: Metadata

    def do_PUT(self) -> None:
        self._say("token-1")

    def do_GET(self) -> None:
        if self.headers.get("x-aws-ec2-metadata-token") != "token-1":
            self._say("", 401)
        elif self.path == ROLE and self.server.keys:
            self._say("htd-runner")
        elif self.path == f"{ROLE}htd-runner":
            self._say(json.dumps(self.server.keys))
        else:
            self._say("", 404)

    def _say(self, text: str, status: int = 200) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def metadata() -> Iterator[Metadata]:
    with Metadata() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def environ(metadata: Metadata) -> dict[str, str]:
    return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{metadata.server_port}"}


def machine(folder: Path, **papers: str) -> Path:
    """A /sys with these papers: dmi names with their text, or `hypervisor`."""
    for name, text in papers.items():
        file = folder / ("hypervisor/uuid" if name == "hypervisor" else f"class/dmi/id/{name}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return folder


@pytest.mark.parametrize(
    ("papers", "environ", "ec2"),
    [
        ({"sys_vendor": "Amazon EC2"}, {}, True),
        ({"sys_vendor": "Xen", "hypervisor": "ec2e1916-9099-7caf-fd21-012345abcdef"}, {}, True),
        ({"board_asset_tag": "i-0123456789abcdef0"}, {}, True),
        ({"product_uuid": "EC2E1916-9099-7CAF-FD21-012345ABCDEF"}, {}, True),
        ({"sys_vendor": "Amazon EC2"}, {"AWS_EC2_METADATA_DISABLED": "True"}, False),
        ({"sys_vendor": "LENOVO", "board_asset_tag": "No Asset Information"}, {}, False),
        ({}, {}, False),
    ],
)
def test_an_instance_is_told_from_its_papers(
    tmp_path: Path, papers: dict[str, str], environ: dict[str, str], ec2: bool
) -> None:
    assert instance.here(machine(tmp_path, **papers), environ) is ec2
    assert not instance.here(None, environ), "nobody's machine is looked at in the demo"


def test_its_role_is_a_way_to_sign_in_and_asked_only_when_chosen(
    aws: EmbeddedAws, home: Path, tmp_path: Path, metadata: Metadata, environ: dict[str, str]
) -> None:
    role = aws.portal.assign(aws.account_id, "Production", "Runner", admin=True).rpartition("/")[2]
    keys = aws.keys_for_role(role, "i-0123456789abcdef0")
    metadata.keys = {
        "Code": "Success",
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "Token": keys.session_token or "",
        "Expiration": sso_cache.spelled(datetime.now(UTC) + timedelta(hours=6)),
    }
    places = AwsPlaces.of(
        {"AWS_ENDPOINT_URL": aws.url}, home, machine(tmp_path / "sys", sys_vendor="Amazon EC2")
    )
    (found,) = list_sources(places, environ)
    assert (found.words, found.in_effect, found.usable) == ("the role of this EC2 instance", True, True)
    assert metadata.asked == [], "listing sends nothing"
    session = sign_in.open_source(found, places, environ)
    assert metadata.asked == ["PUT /latest/api/token", f"GET {ROLE}", f"GET {ROLE}htd-runner"]
    assert who_am_i(session).role == role
    assert (session.renews, session.method) == (True, "iam-role")
    child = session.child_environ(environ)
    assert child["AWS_SESSION_TOKEN"] == keys.session_token
    assert child["AWS_EC2_METADATA_DISABLED"] == "true", "Terraform is given the keys that were proven"


def test_whatever_else_is_given_comes_before_it(home: Path, tmp_path: Path) -> None:
    places = AwsPlaces.of({}, home, machine(tmp_path / "sys", sys_vendor="Amazon EC2"))
    assert not next(
        each for each in list_sources(places, {"AWS_PROFILE": "x"}) if each.id == "instance"
    ).in_effect
    lent = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/x"}
    assert [each.id for each in list_sources(places, lent)] == ["container"], (
        "a task does not take its node's role"
    )


@pytest.mark.usefixtures("metadata")
def test_an_instance_without_a_role_says_so(home: Path, tmp_path: Path, environ: dict[str, str]) -> None:
    places = AwsPlaces.of({}, home, machine(tmp_path / "sys", sys_vendor="Amazon EC2"))
    for where in (environ, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}):
        with pytest.raises(Problem) as caught:
            sign_in.open_source(list_sources(places, where)[0], places, where)
        assert (caught.value.code, caught.value.step) == ("aws.instance", "credentials")
        assert "Modify IAM role" in caught.value.remedy


def test_a_role_taken_away_later_is_told_as_the_instances() -> None:
    from botocore.exceptions import CredentialRetrievalError

    gone: Any = CredentialRetrievalError(provider="iam-role", error_msg="Credential refresh failed")
    assert problem(gone).code == "aws.instance"
