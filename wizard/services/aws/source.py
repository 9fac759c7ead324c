"""One way to sign in, as a list shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal[
    "environment",
    "container",
    "instance",
    "sso",
    "sso-legacy",
    "portal",
    "static",
    "temporary",
    "assume-role",
    "credential_process",
    "web-identity",
    "aws login",
    "empty",
    "missing",
    "unreadable",
]

WORDS: dict[Kind, str] = {
    "environment": "keys in the environment",
    "container": "the role of this machine",
    "instance": "the role of this EC2 instance",
    "sso": "SSO",
    "sso-legacy": "SSO (older form, not renewed by itself)",
    "portal": "SSO, as last time",
    "static": "access keys",
    "temporary": "temporary keys",
    "assume-role": "a role taken from another profile",
    "credential_process": "a credential program",
    "web-identity": "a web identity token",
    "aws login": "console sign-in by `aws login`",
    "empty": "settings only",
    "missing": "not there",
    "unreadable": "unreadable",
}
"""How a kind is called."""


@dataclass(frozen=True)
class Source:
    """One way to sign in that this machine already has."""

    id: str
    """`environment`, `container`, `instance`, `web-identity`, `portal-role`, `profile:NAME`, `file:PATH`."""
    name: str
    """Name of the profile; empty for the environment."""
    kind: Kind
    account: str = ""
    role: str = ""
    region: str = ""
    sso_session: str = ""
    sso_start_url: str = ""
    sso_region: str = ""
    detail: str = ""
    """One line beside the name."""
    precedence: str = ""
    """Who wins and why, where the machine holds several."""
    expires_at: datetime | None = None
    """When the cached sign-in ends; of `aws login`, whose own end nobody knows, its keys."""
    usable: bool = True
    """Likely to work right now."""
    why_not: str = ""
    needs_login: bool = False
    """It works after a sign-in in the browser, which the wizard sees to."""
    needs_mfa: bool = False
    """It asks for a one-time code each time."""
    mfa_serial: str = ""
    login_session: str = ""
    """ARN that `aws login` signed in as."""
    login_profile: str = ""
    """Name of the profile that `aws login` is run for: this one, or the one its role is taken from."""
    through_cli: bool = False
    """`aws configure export-credentials` gets its keys."""
    base: str = ""
    """Name of the profile that a role is taken from; `:NAME` for keys of the machine itself."""
    in_effect: bool = False
    """The AWS command line and Terraform would take this one now."""
    shadowed: bool = False
    """The profile also holds keys, and Terraform would take those first."""

    @property
    def leads_on(self) -> bool:
        """Choosing it signs in, or says exactly what is missing first."""
        return self.usable or self.needs_login or self.kind == "aws login"

    @property
    def words(self) -> str:
        """`profile prod (SSO)`."""
        if self.kind == "portal":
            return portal_words(self.role, self.account)
        if not self.name:
            here = " of this machine" if self.kind == "web-identity" else ""
            return WORDS[self.kind] + here
        return f"profile {self.name} ({WORDS[self.kind]})"


def portal_words(role: str, account: str) -> str:
    """How a role that was picked in a portal, and is kept as no profile, is called."""
    return f"SSO, role {role} in account {account}"
