"""Keys in whatever was pasted."""

from __future__ import annotations

import json

import pytest

from wizard.core.problem import Problem
from wizard.services.aws import keys
from wizard.services.aws.keys import Keys, paste_keys

ACCESS, SECRET = "ASIAQWERTYUIOPASDFGH", "abcdEFGH0123/+abcdEFGH0123/+abcdEFGH0123"
TOKEN = "IQoJb3JpZ2luX2VjE" + "Zz0/+9" * 40 + "=="


def lines(prefix: str, between: str = "=", quote: str = "") -> str:
    """The three variables, one a line."""
    values = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
    return "\n".join(f"{prefix}{name}{between}{quote}{value}{quote}" for name, value in values.items())


WHOLE = {
    "export": lines("export ", quote='"'),
    "bare": lines("").replace("\n", "\r\n"),
    "bare CR, as terminals paste": lines("export ").replace("\n", "\r"),
    "ini with bare CR": f"[x]\raws_access_key_id={ACCESS}\raws_secret_access_key={SECRET}\raws_session_token={TOKEN}\r",
    "powershell": lines("$Env:", quote='"'),
    "cmd": lines("SET "),
    "fish": lines("set -gx ", " "),
    "ini": f"[x]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}",
    "json": json.dumps(
        {"Credentials": {"AccessKeyId": ACCESS, "SecretAccessKey": SECRET, "SessionToken": TOKEN}}
    ),
    "json on many lines": json.dumps(
        {"AccessKeyId": ACCESS, "SecretAccessKey": SECRET, "SessionToken": TOKEN}, indent=4
    ),
    "fields": f"Access key ID: {ACCESS}\nSecret access key: {SECRET}\nSession token: {TOKEN}",
    "bare values": f"{TOKEN}\n{ACCESS}\n{SECRET}",
    "wrapped by the terminal": lines("export ", quote='"').replace(TOKEN, f"{TOKEN[:80]}\n{TOKEN[80:]}"),
    "with colours": lines("").replace("AWS_ACCESS_KEY_ID", "\x1b[32mAWS_ACCESS_KEY_ID\x1b[0m"),
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_every_form(text: str) -> None:
    found = paste_keys(text)
    assert isinstance(found, Keys)
    assert (found.access_key_id, found.secret_access_key, found.session_token) == (ACCESS, SECRET, TOKEN)


def test_region_and_expiry_come_along() -> None:
    text = json.dumps(
        {
            "AccessKeyId": ACCESS,
            "SecretAccessKey": SECRET,
            "SessionToken": TOKEN,
            "Expiration": "2026-11-24T05:00:00Z",
        }
    )
    found = paste_keys(text + "\nAWS_REGION=eu-west-1")
    assert isinstance(found, Keys)
    assert found.expires_at is not None
    assert (found.expires_at.hour, found.region) == (5, "eu-west-1")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", "aws.paste.no_key"),
        ("", "aws.paste.no_key"),
        (f"AWS_SECRET_ACCESS_KEY={SECRET}", "aws.paste.no_key"),
        (f"AWS_ACCESS_KEY_ID={ACCESS}", "aws.paste.no_secret"),
        (f"AWS_ACCESS_KEY_ID={ACCESS}\nAWS_SECRET_ACCESS_KEY={SECRET}", "aws.paste.no_token"),
        (f"AROAQWERTYUIOPASDFGHJ {SECRET}", "aws.paste.not_a_key"),
    ],
)
def test_what_is_missing_is_named_and_never_repeated(text: str, code: str) -> None:
    found = paste_keys(text)
    assert isinstance(found, Problem)
    assert found.code == code
    assert SECRET not in "".join(found.lines())


def test_a_long_lived_key_needs_no_token() -> None:
    found = paste_keys(f"AWS_ACCESS_KEY_ID=AKIAQWERTYUIOPASDFGH\nAWS_SECRET_ACCESS_KEY={SECRET}")
    assert isinstance(found, Keys)
    assert not found.temporary


def test_repr_hides_the_secrets() -> None:
    shown = repr(paste_keys(WHOLE["ini"]))
    assert SECRET not in shown
    assert TOKEN not in shown
    assert ACCESS in shown


PARTS = {"access_key_id": ACCESS, "secret_access_key": SECRET, "session_token": TOKEN}


@pytest.mark.parametrize("first", PARTS)
def test_what_is_still_missing_is_asked_for_and_joined(first: str) -> None:
    pasted = PARTS[first]
    lacking = keys.lacking(pasted)
    # Until an access key says that it is temporary nobody knows of a token.
    assert set(lacking) | {first, "session_token"} == set(PARTS)
    found = keys.joined(pasted, {name: PARTS[name] for name in PARTS if name != first})
    assert isinstance(found, Keys)
    assert (found.access_key_id, found.secret_access_key, found.session_token) == (ACCESS, SECRET, TOKEN)


def test_a_part_will_do_to_begin_with_and_nonsense_will_not() -> None:
    assert keys.fault(ACCESS) is None
    assert keys.fault(SECRET) is None
    assert keys.fault("hello")
    assert keys.fault("AROAQWERTYUIOPASDFGHJ")


def test_how_it_is_understood_gives_nothing_away() -> None:
    said = " ".join(keys.understood(WHOLE["export"]))
    assert "✓ access key …DFGH" in said
    assert "✓ secret key · ✓ session token" in said
    assert ("end unknown" in said) is ("xpir" not in WHOLE["export"])
    assert "until " in " ".join(keys.understood(WHOLE["export"] + "\nexpiration = 2027-01-01T00:00:00Z\n"))
    assert "session token is asked for next" in " ".join(keys.understood(f"{ACCESS} {SECRET}"))
    assert keys.understood("hello") == ()
    assert not any(secret in said for secret in (SECRET, TOKEN, ACCESS))
