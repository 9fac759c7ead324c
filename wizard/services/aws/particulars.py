"""What a failed sign-in says of itself: the seconds, the missing half, the name, what the program said.

The general words of a reason are in `reasons`; here they are made exact from the text and the exception.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from wizard.core.problem import Problem
from wizard.core.text import one_line, plural
from wizard.services.aws import console_login
from wizard.services.aws.grammar import SKEW

_FILES = {
    "config-file": "the AWS config file",
    "shared-credentials-file": "the AWS credentials file",
    "env": "the environment",
}
"""Botocore's name of a provider -> where a person would look."""

_TRUST = {
    "self-signed": "It was signed by a certificate of somebody's own; often a company proxy opens the connection.",
    "self signed": "It was signed by a certificate of somebody's own; often a company proxy opens the connection.",
    "unknown authority": "It was signed by somebody this computer does not trust; often a company proxy.",
    "local issuer": "It was signed by somebody this computer does not trust; often a company proxy.",
    "has expired": "The certificate shown has expired; if this computer's clock is right, a proxy shows an old one.",
    "not yet valid": "The certificate shown is not valid yet; most often this computer's clock is behind.",
    "ostname mismatch": "The certificate shown belongs to another address, so something stands in between.",
}
"""Part of what TLS says -> what it means."""


def exact(problem: Problem, reason: str, text: str, error: BaseException | None = None) -> Problem:
    """`problem`, of this reason word, with what `text` (one line) and `error` tell beyond it."""
    telling = _TELLING.get(reason)
    changes = telling(text, error) if telling else {}
    return replace(problem, **changes)


def skew_seconds(text: str, error: BaseException | None = None, now: datetime | None = None) -> int | None:
    """How far this computer's clock is ahead of AWS (negative: behind); None when nothing tells.

    The text names both times ("Signature expired: SIGNED is now earlier than LIMIT (SERVER - 5 min.)"), or the
    answer that came with `error` was dated by AWS.
    """
    found = SKEW.search(text)
    if found:
        signed, server = (datetime.strptime(found[n], "%Y%m%dT%H%M%SZ") for n in ("signed", "server"))
        return int((signed - server).total_seconds())
    response = getattr(error, "response", None)
    meta = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
    try:
        answered = parsedate_to_datetime(str(meta.get("HTTPHeaders", {}).get("date", "")))
    except ValueError:
        return None
    return int(((now or datetime.now(UTC)) - answered).total_seconds())


def clock_command(system: str = sys.platform, release: str = os.uname().release) -> str:
    """The command that sets this computer's clock."""
    if "microsoft" in release.lower():
        return "sudo hwclock -s"  # WSL's clock stands still while Windows sleeps
    return "sudo sntp -sS time.apple.com" if system == "darwin" else "sudo timedatectl set-ntp true"


def _clock(text: str, error: BaseException | None) -> dict[str, Any]:
    seconds = skew_seconds(text, error)
    why = "Requests are signed with the time, and AWS accepts a difference of five minutes."
    # A difference AWS would accept is no answer: then the date of the reply was not AWS's.
    if seconds is not None and abs(seconds) >= 60:
        why = f"It is {plural(abs(seconds), 'second')} {'ahead of' if seconds > 0 else 'behind'} AWS. {why}"
    return {
        "why": why,
        "remedy": "Set the clock with the command below, or in the system's time settings, and try again.",
        "copy": clock_command(),
    }


def _half(text: str, _: BaseException | None) -> dict[str, Any]:
    found = re.search(r"found in (?P<where>[\w-]+), missing: (?P<missing>\w+)", text)
    if not found:
        return {}
    missing = found["missing"]
    where = _FILES.get(found["where"], found["where"])
    return {
        "what": f"Only half of a key pair is there: {missing} is missing.",
        "why": f"In {where} its other half stands alone; an access key and its secret key come as a pair.",
        "remedy": f"Add {missing} in {where}, or sign in another way.",
    }


def _process(text: str, error: BaseException | None) -> dict[str, Any]:
    if "JSONDecodeError" in text or type(error).__name__ == "JSONDecodeError":
        return {
            "what": "The profile's credential program did not answer with JSON.",
            "why": "A program named in credential_process must print one JSON object and nothing else.",
        }
    if isinstance(error, FileNotFoundError):
        name = f" called {one_line(error.filename, 80)}" if error.filename else ""
        return {
            "what": f"There is no credential program{name}.",
            "why": "The profile names it in credential_process, and it is not where that says.",
            "remedy": "Install the program or correct credential_process in the AWS config file.",
        }
    if found := re.search(r"in credential_process: exit status (\d+)", text):
        return {
            "why": f"The program ended with exit status {found[1]}; Terraform does not show what it said."
        }
    if (found := re.search(r"from custom-process:\s*(\S.*)", text)) and found[1] != "None":
        return {"why": f"The program said: {one_line(found[1], 200)}"}
    return {}


def _crt(_: str, __: BaseException | None) -> dict[str, Any]:
    return {
        "remedy": "Install it with the command below and start the wizard again; or, where version 2 of the AWS CLI "
        "is, run `aws configure export-credentials` and paste its output.",
        "copy": console_login.install(),
    }


def _profile(text: str, _: BaseException | None) -> dict[str, Any]:
    found = re.search(r"config profile \((?P<a>[^)]+)\)|shared config profile, (?P<b>\S+)", text)
    if not found:
        return {}
    return {"what": f"There is no AWS profile named {one_line(found['a'] or found['b'].rstrip(','), 80)}."}


def _config(text: str, _: BaseException | None) -> dict[str, Any]:
    if found := re.search(r'sso-session does not exist: "(?P<name>[^"]+)"', text):
        name = one_line(found["name"], 80)
        return {
            "what": f"The profile names an SSO session, {name}, that does not exist.",
            "why": f"The AWS config file has no section [sso-session {name}].",
            "remedy": "Add the section below with your portal's address, or sign in another way.",
            "copy": f"[sso-session {name}]\nsso_start_url = https://YOUR-PORTAL.awsapps.com/start\n"
            "sso_region = us-east-1\nsso_registration_scopes = sso:account:access",
        }
    found = re.search(
        r'profile "(?P<name>[^"]+)" is configured to use .{1,80}missing required configuration: (?P<keys>[\w, ]+)',
        text,
    )
    if not found:
        return {}
    name, keys = one_line(found["name"], 80), one_line(found["keys"].strip(" ,"))
    return {
        "what": f"The AWS profile {name} is not complete.",
        "why": f"It lacks {keys}.",
        "remedy": f"Add {keys} to [profile {name}] in the AWS config file, or sign in another way.",
    }


def _tls(text: str, _: BaseException | None) -> dict[str, Any]:
    return next(({"why": words} for part, words in _TRUST.items() if part in text), {})


def _proxy(text: str, error: BaseException | None) -> dict[str, Any]:
    inner = one_line(getattr(error, "kwargs", {}).get("error", ""), 500)
    whole = f"{text} {inner}"
    named = re.search(r"proxy URL: \"?(?:https?://)?(?:[^@\s\"]*@)?(?P<host>[\w.-]+(?::\d+)?)", whole)
    proxy = f"The proxy {named['host']}" if named else "The proxy"
    if re.search(r"\b407\b|Proxy Authentication Required", whole):
        return {
            "what": "The proxy wants a user name and a password.",
            "why": f"{proxy} answered 407, Proxy Authentication Required.",
            "remedy": "Put them into HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT) and start the wizard again.",
        }
    if found := re.search(r"Tunnel connection failed: (\d{3} [\w ]{0,40})", whole):
        return {"why": f"{proxy} refused to connect to AWS: {found[1].strip()}."}
    return {"why": f"{proxy}, named in HTTPS_PROXY, refused or did not answer."} if named else {}


def _network(text: str, error: BaseException | None) -> dict[str, Any]:
    inner = one_line(getattr(error, "kwargs", {}).get("error", ""), 500)
    whole = f"{text} {inner}"
    host = re.search(r"https?://([\w.-]+)", whole)
    name = host[1] if host else "its address"
    if re.search(r"no such host|[Rr]esol(?:ve|ution)|Name or service|nodename nor servname", whole):
        region = re.fullmatch(r"[\w-]+\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com", name)
        maybe = (
            f"there is no network, DNS needs the VPN, or there is no region {region[1]}"
            if region
            else "there is no network, or DNS needs the VPN"
        )
        return {"why": f"The name {name} could not be looked up: {maybe}."}
    if re.search(r"[Rr]efused", whole):
        return {"why": f"{name} refused the connection; a firewall or a proxy may be in the way."}
    return {}


_TELLING: Mapping[str, Callable[[str, BaseException | None], dict[str, Any]]] = {
    "clock_skew": _clock,
    "partial": _half,
    "process": _process,
    "login_needs_crt": _crt,
    "no_profile": _profile,
    "config": _config,
    "tls": _tls,
    "no_network": _network,
    "proxy": _proxy,
}
