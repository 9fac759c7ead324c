"""The address of an AWS access portal: whether it can be one, and where a company's own name for it leads.

Source of the two forms: https://docs.aws.amazon.com/singlesignon/latest/userguide/using-the-portal.html
"""

from __future__ import annotations

import http.client
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from wizard.services.aws.session import AwsPlaces

_HOPS = 5
_PATIENCE = 10.0
_AWS = re.compile(r"(?:^|\.)(?:awsapps\.com|awsapps\.cn|app\.aws|amazonaws-us-gov\.com)$")
_PORTAL = re.compile(r"\.portal\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.app\.aws$")

_DIRECTORY = re.compile(r"d-[0-9a-f]{10}")
"""The id of a directory, which is the name of its portal too."""


@dataclass(frozen=True)
class Portal:
    """An access portal as SSO knows it."""

    start_url: str
    region: str = ""
    """Region of its SSO instance, where the address tells."""
    given: str = ""
    """What was typed, where that led here."""


def resolve(address: str, places: AwsPlaces) -> Portal:
    """The portal behind `address`; a company's own name for it (`https://aws.my-company.com`) is followed.

    Only headers are asked for, redirects are followed only over https, and an address that leads nowhere is given
    back as it is: SSO itself then says that it does not know it.
    """
    typed = _plain(address)
    here = typed
    for _ in range(_HOPS):
        if _is_portal(here, places):
            found = _PORTAL.search(urlsplit(here).hostname or "")
            return Portal(
                _plain(here), found["region"] if found else "", typed if _plain(here) != typed else ""
            )
        onward = _redirect(here, places)
        if not onward or (urlsplit(here).scheme == "https" and urlsplit(onward).scheme != "https"):
            break
        here = onward
    return Portal(typed)


def fault(text: str) -> str | None:
    """One sentence saying why this is no start address of a portal, or None."""
    shape = r"(?:https?://)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?(?:/\S*)?"
    fits = re.fullmatch(shape, text.strip()) or _DIRECTORY.fullmatch(text.strip())
    return None if fits else "Give the whole address, such as https://my-company.awsapps.com/start."


def region_fault(text: str) -> str | None:
    """One sentence saying why this is no region's name, or None."""
    fits = re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d", text.strip())
    return None if fits else "A region looks like us-east-1."


def _plain(address: str) -> str:
    """Whole, without what the portal's page adds behind it: `…/start/#/?tab=accounts` is `…/start`."""
    address = address.strip()
    if _DIRECTORY.fullmatch(address):
        address = f"https://{address}.awsapps.com/start"
    parts = urlsplit(address if "://" in address else f"https://{address}")
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), "", ""))


def _is_portal(address: str, places: AwsPlaces) -> bool:
    parts = urlsplit(address)
    ours = urlsplit(places.endpoint("sso-oidc") or "").netloc
    return bool(_AWS.search(parts.hostname or "")) or bool(ours and parts.netloc == ours)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are read, never followed."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _redirect(address: str, places: AwsPlaces) -> str:
    """Where the server at `address` sends a browser; empty when it does not, or is not reached."""
    context = ssl.create_default_context(cafile=places.ca_bundle or None)
    opener = urllib.request.build_opener(_Stay(), urllib.request.HTTPSHandler(context=context))
    request = urllib.request.Request(address, method="HEAD")  # noqa: S310  # `fault` lets only http and https in
    try:
        opener.open(request, timeout=_PATIENCE).close()
    except urllib.error.HTTPError as answer:
        onward = answer.headers.get("Location", "") if 300 <= answer.code < 400 else ""
        answer.close()
        return urljoin(address, onward) if onward else ""
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    return ""
