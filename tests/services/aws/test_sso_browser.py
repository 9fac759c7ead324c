"""Signing in through a browser on this computer (PKCE), end to end against the embedded portal."""

from __future__ import annotations

import contextlib
import re
import stat
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.services.aws.conftest import Nobody
from wizard.core.drive import drive
from wizard.core.event import DeviceCode, Event, Line
from wizard.core.problem import Cancelled, Problem
from wizard.demo.aws import EmbeddedAws
from wizard.services.aws import sign_in, sso_browser, sso_cache
from wizard.services.aws.identity import who_am_i
from wizard.services.aws.loopback import Loopback
from wizard.services.aws.session import AwsPlaces
from wizard.services.aws.sign_in import SsoToken

Browser = Callable[[str], bool]


def fetched(address: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    data = urlencode(form).encode() if form else None
    try:
        with urllib.request.urlopen(address, data, timeout=10) as answer:  # noqa: S310  # loopback only
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def in_background(visit: Callable[[str], object]) -> Browser:
    """A browser that opens at once and does its visiting beside us, as real ones do."""

    def opens(address: str) -> bool:
        threading.Thread(target=visit, args=(address,), daemon=True).start()
        return True

    return opens


def signed_in(
    aws: EmbeddedAws,
    places: AwsPlaces,
    browser: Browser,
    events: list[Event] | None = None,
    cancel: threading.Event | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SsoToken:
    work = sso_browser.browser_login(aws.portal.start_url, "us-east-1", places, browser, "htd", now)
    seen: list[Event] = events if events is not None else []
    return drive(
        "credentials",
        work,
        on_event=seen.append,
        asker=Nobody(),
        cancel=cancel or threading.Event(),
        pace=0.1,
    )


def test_a_browser_signs_in_and_comes_back(aws: EmbeddedAws, places: AwsPlaces) -> None:
    events: list[Event] = []
    token = signed_in(aws, places, in_background(fetched), events)
    shown = next(event for event in events if isinstance(event, DeviceCode))
    assert shown.user_code == ""
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{8}", shown.url), "short enough to copy by hand"
    file = sso_cache.file_of(places.sso_cache, "htd")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sso_cache.read(file)["accessToken"] == token.access_token
    assert sso_cache.read(file)["refreshToken"]
    session = sign_in.role_session(token, aws.account_id, "Admin", "us-east-1")
    assert who_am_i(session).role.startswith("AWSReservedSSO_Admin_")


def test_the_sign_in_is_renewed_like_any_other(aws: EmbeddedAws, places: AwsPlaces) -> None:
    token = signed_in(aws, places, in_background(fetched))
    later = token.expires_at - timedelta(minutes=5)
    renewed = sign_in.cached_token(aws.portal.start_url, "us-east-1", places, "htd", later)
    assert renewed is not None
    assert renewed.access_token != token.access_token


def test_it_is_registered_for_loopback_and_kept_apart_from_the_code_flow(
    aws: EmbeddedAws, places: AwsPlaces, login: Callable[..., SsoToken]
) -> None:
    signed_in(aws, places, in_background(fetched))
    signed_in(aws, places, in_background(fetched))
    login("htd")
    assert [call.action for call in aws.calls].count("sso-oidc:RegisterClient") == 2


def approving(decision: str) -> Callable[[str], object]:
    def visit(address: str) -> object:
        with urllib.request.urlopen(address, timeout=10) as page:  # noqa: S310  # loopback only
            where, text = page.url, page.read().decode()
        code = re.search(r'name="user_code" value="([^"]+)"', text)
        assert code, text
        return fetched(where, {"user_code": code[1], "decision": decision})

    return visit


def test_approved_on_the_page(aws: EmbeddedAws, places: AwsPlaces) -> None:
    aws.portal.auto_approve_after = None
    assert sign_in.list_accounts(signed_in(aws, places, in_background(approving("approve"))))


def test_denied_on_the_page(aws: EmbeddedAws, places: AwsPlaces) -> None:
    aws.portal.auto_approve_after = None
    with pytest.raises(Problem) as caught:
        signed_in(aws, places, in_background(approving("deny")))
    assert caught.value.code == "aws.sso.denied"
    assert not sso_cache.file_of(places.sso_cache, "htd").exists()


def test_nobody_comes_back_in_time(aws: EmbeddedAws, places: AwsPlaces) -> None:
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(minutes=4) for n in range(20)])
    with pytest.raises(Problem) as caught:
        signed_in(aws, places, lambda _: True, now=lambda: next(moments))
    assert caught.value.code == "aws.sso.code_expired"


def test_a_code_that_came_too_late_is_told(aws: EmbeddedAws, places: AwsPlaces) -> None:
    aws.faults.add("sso-oidc:CreateToken", 400, "InvalidGrantException", "Invalid grant provided")
    with pytest.raises(Problem) as caught:
        signed_in(aws, places, in_background(fetched))
    assert caught.value.code == "aws.sso.code_expired"
    assert "with a code" in caught.value.remedy


def test_no_browser_opens_and_the_address_still_works(aws: EmbeddedAws, places: AwsPlaces) -> None:
    events: list[Event] = []

    def none(address: str) -> bool:
        in_background(fetched)(address)
        return False

    signed_in(aws, places, none, events)
    assert any(isinstance(e, Line) and e.level == "warning" for e in events)


def test_a_stop_closes_the_door(aws: EmbeddedAws, places: AwsPlaces) -> None:
    cancel, seen = threading.Event(), []

    def nobody(address: str) -> bool:
        seen.append(address)
        cancel.set()
        return True

    with pytest.raises(Cancelled):
        signed_in(aws, places, nobody, cancel=cancel)
    with pytest.raises(urllib.error.URLError):
        fetched(seen[0])


def test_only_this_sign_in_and_this_computer_may_bring_a_code() -> None:
    with Loopback() as loopback:
        back = loopback.redirect_uri
        assert urlsplit(back).hostname == "127.0.0.1"
        assert loopback._server.server_address[0] == "127.0.0.1", "not on every interface"
        assert fetched(f"{back}?code=stolen&state=wrong")[0] == 400
        assert fetched(f"{back}?state={loopback.state}")[0] == 400
        assert fetched(back.replace("/oauth/callback", "/other"))[0] == 404
        assert loopback.visited("evil.example:80", f"/oauth/callback?code=x&state={loopback.state}")[0] == 400
        assert not loopback.came.is_set(), "nobody else can end the waiting"
        status, text = fetched(f"{back}?code=mine&state={loopback.state}")
        assert (status, loopback.code) == (200, "mine")
        assert "Close this page" in text
        assert "mine" not in text
        assert fetched(f"{back}?code=second&state={loopback.state}")[0] == 400
        assert loopback.code == "mine"


def test_what_the_page_is_asked(aws: EmbeddedAws, places: AwsPlaces) -> None:
    asked: list[str] = []

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *given: object, **more: object) -> None:
            asked.append(str(given[-1]))

    def visit(address: str) -> object:
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.build_opener(Stay()).open(address, timeout=10)
        return fetched(address)

    signed_in(aws, places, in_background(visit))
    query = {name: values[0] for name, values in parse_qs(urlsplit(asked[0]).query).items()}
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["scopes"] == "sso:account:access"
    assert len(query["code_challenge"]) == 43
    assert query["redirect_uri"].endswith("/oauth/callback")
