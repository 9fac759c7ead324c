"""Signing in through the browser, against the pretend workspace's own sign-in page."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from wizard.core.event import DeviceCode, Wait
from wizard.core.problem import Problem
from wizard.services.databricks import browser, callback
from wizard.services.databricks.client import Workspace

if TYPE_CHECKING:
    from wizard.demo.workspace import EmbeddedWorkspace

HOST = "dbc-a1b2c3d4-e5f6.cloud.databricks.com"


class Person:
    """Somebody with a browser: opens the page, or what `goes` makes of its address."""

    def __init__(self, goes: Callable[[str], str | None] = lambda url: url) -> None:
        self._goes = goes
        self.pages: list[str] = []
        self.came = threading.Event()

    def open(self, url: str) -> bool:
        target = self._goes(url)
        if target is not None:
            threading.Thread(target=self._visit, args=(target,), daemon=True).start()
        return target is not None

    def _visit(self, url: str) -> None:
        try:
            with urllib.request.urlopen(url, timeout=5) as page:  # noqa: S310  # loopback
                self.pages.append(page.read().decode())
        except urllib.error.HTTPError as error:
            self.pages.append(error.read().decode())
        self.came.set()


def signed_in(url: str, person: Person, **options: Any) -> tuple[browser.BrowserTokens, list[object]]:
    work = browser.sign_in(url, HOST, open_browser=person.open, **options)
    events: list[object] = []
    try:
        while True:
            event = next(work)
            events.append(event)
            if isinstance(event, Wait):
                person.came.wait(event.seconds)
    except StopIteration as end:
        return end.value, events


def test_the_page_leads_to_a_token_that_the_workspace_takes(world: EmbeddedWorkspace) -> None:
    person = Person()
    tokens, events = signed_in(world.url, person)
    me, _ = Workspace(world.url, tokens).me()
    assert me["userName"] == "admin@example.com"
    shown = next(event for event in events if isinstance(event, DeviceCode))
    assert shown.url.startswith(f"{world.url}/oidc/v1/authorize?")
    assert shown.user_code == ""
    assert "You are signed in" in person.pages[0]
    assert tokens() not in repr(tokens)


def test_a_token_that_runs_out_is_renewed_for_the_same_client(world: EmbeddedWorkspace) -> None:
    world.oidc.lifetime = 30
    tokens, _ = signed_in(world.url, Person())
    first = tokens.access
    client = Workspace(world.url, tokens)
    assert client.me()[0]["userName"] == "admin@example.com"
    assert tokens.access != first
    world.oidc._refreshers.clear()
    with pytest.raises(Problem) as caught:
        client.me()
    assert (caught.value.code, caught.value.why) == (
        "databricks.sign_in",
        "The earlier sign-in has expired.",
    )


def test_nobody_comes(world: EmbeddedWorkspace) -> None:
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(9)])
    with pytest.raises(Problem) as caught:
        signed_in(world.url, Person(lambda _: None), now=lambda: next(moments))
    assert caught.value.code == "databricks.browser.timeout"
    assert "5 minutes" in caught.value.what


def test_the_page_says_no(world: EmbeddedWorkspace) -> None:
    def declined(url: str) -> str:
        state = url.partition("state=")[2].partition("&")[0]
        back = url.partition("redirect_uri=")[2].partition("&")[0]
        port = back.rpartition("%3A")[2]
        return f"http://127.0.0.1:{port}/?error=access_denied&error_description=Not+yours&state={state}"

    person = Person(declined)
    with pytest.raises(Problem) as caught:
        signed_in(world.url, person)
    assert (caught.value.code, caught.value.evidence) == (
        "databricks.browser.refused",
        ("access_denied: Not yours",),
    )
    assert person.came.wait(5)
    assert "did not work" in person.pages[0]


def test_only_the_answer_that_knows_the_state_counts() -> None:
    with callback.Callback("s3cret-state") as page:
        assert page.take("/?code=1&state=guess") == (404, "This is not the page you were looking for.")
        assert page.take("/favicon.ico?state=s3cret-state&code=1")[0] == 404
        assert page.take("/?code=%FF&state=%FF")[0] == 404
        assert page.answer is None
        assert page.take("/?code=1&state=s3cret-state")[0] == 200
        page.take("/?code=2&state=s3cret-state")
        assert page.answer == {"code": "1", "state": "s3cret-state"}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that somebody else listens on, and the first that is tried; other tests keep the usual ones."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        monkeypatch.setattr(callback, "PORTS", range(port, port + 8))
        yield port


def test_another_port_when_the_usual_one_is_taken(world: EmbeddedWorkspace, taken: int) -> None:
    tokens, events = signed_in(world.url, Person())
    shown = next(event for event in events if isinstance(event, DeviceCode))
    assert f"%3A{taken}&" not in shown.url
    assert tokens()


def test_no_port_at_all(world: EmbeddedWorkspace, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "PORTS", range(taken, taken + 1))
    with pytest.raises(Problem) as caught:
        signed_in(world.url, Person())
    assert caught.value.code == "databricks.browser.port"


@pytest.mark.parametrize(
    "said",
    [
        "<html>sign in</html>",
        [],
        {},
        {"authorization_endpoint": "https://evil.org/a", "token_endpoint": "https://evil.org/t"},
        {"authorization_endpoint": "https://databricks.com.evil.org/a", "token_endpoint": "https://x/t"},
        {
            "authorization_endpoint": "https://a@x.databricks.com/a",
            "token_endpoint": "https://x.databricks.com",
        },
    ],
)
def test_a_page_of_a_stranger_is_never_opened(world: EmbeddedWorkspace, said: object) -> None:
    world.faults.add("GET /oidc/*", status=200, body=said)
    person = Person()
    with pytest.raises(Problem) as caught:
        signed_in(world.url, person)
    assert caught.value.code == "databricks.browser.unknown"
    assert not person.pages


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "no"}, "databricks.sign_in"),
        (200, {"token_type": "Bearer"}, "databricks.sign_in"),
        (200, "<html>", "databricks.not_json"),
    ],
)
def test_no_token_for_the_code(world: EmbeddedWorkspace, status: int, body: object, code: str) -> None:
    world.faults.add("POST /oidc/v1/token", status=status, body=body)
    with pytest.raises(Problem) as caught:
        signed_in(world.url, Person())
    assert caught.value.code == code
