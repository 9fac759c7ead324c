"""How large the AWS provider's package is: whoever it is downloaded from is asked, for Terraform does not say.

Sources: https://developer.hashicorp.com/terraform/internals/provider-registry-protocol and
https://developer.hashicorp.com/terraform/internals/provider-network-mirror-protocol; OpenTofu speaks the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from wizard.services.terraform import provider

_VERSION = re.compile(r"Installing (?:provider version: )?hashicorp/aws v(\d[\w.+-]{0,40}?)\.\.\.")
_MIRROR = re.compile(r'network_mirror\s*\{[^}]*?\burl\s*=\s*"(https://[^"\s]+)"')
_PATIENCE = 5.0
"""Seconds for each answer."""


def size(said: str, environ: Mapping[str, str], kind: str) -> int:
    """Bytes of the package that an `init` which `said` this is downloading; 0 when nobody tells. Never raises.

    `kind` of engine. What is asked is what Terraform itself has just asked.
    """
    found = _VERSION.search(said)
    if found is None:
        return 0
    import requests

    # Go takes these authorities in place of the system's.
    web = partial(requests.request, verify=environ.get("SSL_CERT_FILE") or True, timeout=_PATIENCE)
    with suppress(requests.RequestException, ValueError, KeyError, TypeError, OSError):
        address = _address(web, found[1], environ, kind)
        if address.startswith("https://"):
            answer = web("HEAD", address)
            answer.raise_for_status()
            return max(int(answer.headers["Content-Length"]), 0)
    return 0


def _address(web: Callable[..., Any], version: str, environ: Mapping[str, str], kind: str) -> str:
    """Where the package of `version` is. Raises what `requests` raises, and for an answer that makes no sense."""
    host, platform = provider.registry(kind), provider.platform_name()
    own = provider.own_configuration(environ, Path(environ.get("HOME") or Path.home()), kind)
    mirror = _MIRROR.search(provider.text_of(own)) if own is not None else None
    if mirror is None:
        system, machine = platform.split("_")
        asked = f"https://{host}/v1/providers/hashicorp/aws/{version}/download/{system}/{machine}"
        return str(_json(web, asked)["download_url"])
    asked = urljoin(f"{mirror[1].rstrip('/')}/", f"{host}/hashicorp/aws/{version}.json")
    return urljoin(asked, str(_json(web, asked)["archives"][platform]["url"]))


def _json(web: Callable[..., Any], address: str) -> Any:
    answer = web("GET", address)
    answer.raise_for_status()
    return answer.json()
