"""A portal's address: with what the page adds, and under a company's own name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import start_url
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.start_url import Portal


@contextmanager
def company(onward: str) -> Iterator[tuple[str, list[str]]]:
    """A server that sends every visitor to `onward`; its address, and the methods it was asked with."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:  # the name that http.server calls
            asked.append(self.command)
            self.send_response(302 if onward else 200)
            if onward:
                self.send_header("Location", onward)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_companys_own_name_is_followed_to_the_portal(aws: EmbeddedAws, places: AwsPlaces) -> None:
    with company(f"{aws.portal.start_url}/#/?tab=accounts") as (address, asked):
        assert start_url.resolve(f"{address}/", places) == Portal(aws.portal.start_url, "", address)
        assert asked == ["HEAD"], "only headers are asked for"


def test_several_hops_and_a_circle(aws: EmbeddedAws, places: AwsPlaces) -> None:
    with company(aws.portal.start_url) as (second, _), company(second) as (first, _):
        assert start_url.resolve(first, places).start_url == aws.portal.start_url
    with company("/again") as (circle, asked):
        assert start_url.resolve(circle, places) == Portal(circle)
        assert len(asked) == 5


def test_what_leads_nowhere_is_given_back(places: AwsPlaces) -> None:
    with company("") as (address, _):
        assert start_url.resolve(address, places) == Portal(address)
    assert start_url.resolve("http://127.0.0.1:9/x", places) == Portal("http://127.0.0.1:9/x")


@pytest.mark.parametrize(
    ("typed", "start", "region"),
    [
        ("https://corp.awsapps.com/start/#/?tab=accounts", "https://corp.awsapps.com/start", ""),
        ("corp.awsapps.com/start", "https://corp.awsapps.com/start", ""),
        ("d-90671234ab", "https://d-90671234ab.awsapps.com/start", ""),
        (" https://D-123.awsapps.com/start ", "https://d-123.awsapps.com/start", ""),
        (
            "https://ssoins-1.portal.eu-central-1.app.aws/",
            "https://ssoins-1.portal.eu-central-1.app.aws",
            "eu-central-1",
        ),
    ],
)
def test_a_portal_of_aws_is_known_without_asking_anybody(
    tmp_path: Path, typed: str, start: str, region: str
) -> None:
    assert start_url.fault(typed) is None
    found = start_url.resolve(typed, AwsPlaces.of({}, tmp_path))
    assert (found.start_url, found.region) == (start, region)


@pytest.mark.parametrize("host", ["https://awsapps.com.evil.example/start", "https://notawsapps.com/start"])
def test_a_name_that_only_looks_like_aws_is_none(tmp_path: Path, host: str) -> None:
    assert not start_url._is_portal(host, AwsPlaces.of({}, tmp_path))


@pytest.mark.parametrize(
    "typed", ["", "my company", "corp", "ftp://corp.awsapps.com/start", "https://", "a b.c"]
)
def test_what_is_no_address(typed: str) -> None:
    assert start_url.fault(typed)
