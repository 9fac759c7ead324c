"""The pretend portal's pages. Plain HTML, no script, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from wizard.demo.aws.wire import Reply

_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem;"
    "color:#16202c;background:#f6f7f9}"
    "main{background:#fff;border:1px solid #d5dae1;border-radius:10px;padding:2rem}"
    "code{font-size:1.6rem;letter-spacing:.1em}small{color:#5a6675}"
    "button{font:inherit;padding:.5rem 1.4rem;margin:1rem .6rem 0 0;border-radius:6px;"
    "border:1px solid #5a6675;background:#fff;cursor:pointer}"
    "button.yes{background:#0b5d3b;border-color:#0b5d3b;color:#fff}"
    "input{font:inherit;padding:.4rem}"
)


def approval(user_code: str, hidden: Mapping[str, str]) -> Reply:
    """Ask whether the wizard may sign in. `hidden` goes back with the answer."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    return page(
        "Let the wizard sign in?",
        f"<p>The code in your terminal should be</p><p><code>{escape(user_code)}</code></p>"
        f'<form method="post">{fields}'
        '<button class="yes" name="decision" value="approve">Approve</button>'
        '<button name="decision" value="deny">Deny</button></form>',
    )


def ask_code() -> Reply:
    """Ask for the code on the terminal."""
    return page(
        "Enter the code from your terminal",
        '<form method="get" action="/device"><input name="user_code" autofocus placeholder="ABCD-EFGH">'
        '<button class="yes">Next</button></form>',
    )


def told(title: str, words: str, status: int = 200) -> Reply:
    """A page that only says something."""
    return page(title, f"<p>{escape(words)}</p>", status)


def page(title: str, inner: str, status: int = 200) -> Reply:
    """A whole page around `inner` (HTML)."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{inner}"
        "<p><small>This is the demo's pretend sign-in portal. It runs on this machine only and signs in to "
        "nothing real.</small></p></main></body></html>"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Reply(status, text.encode(), headers)
