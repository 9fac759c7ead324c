"""What an SSO sign-in opens: accounts, their roles, and a session as one of them.

API: https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/Welcome.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wizard.core.text import clean, one_line
from wizard.services.aws.chain import given_session
from wizard.services.aws.errors import told
from wizard.services.aws.session import AwsSession
from wizard.services.aws.source import portal_words
from wizard.services.aws.sso import SsoToken, cached_token, refresh, unsigned


@dataclass(frozen=True)
class Account:
    """An account that this sign-in may enter."""

    id: str
    name: str
    email: str = ""


def list_accounts(token: SsoToken) -> list[Account]:
    """Every account this sign-in may enter, by name. Raises Problem."""
    with told("asking SSO for your accounts"):
        pages = _portal(token).get_paginator("list_accounts").paginate(accessToken=token.access_token)
        found = [
            Account(
                str(a["accountId"]),
                one_line(a.get("accountName") or a["accountId"], 100),
                a.get("emailAddress", ""),
            )
            for page in pages
            for a in page["accountList"]
        ]
    return sorted(found, key=lambda account: (account.name.lower(), account.id))


def list_roles(token: SsoToken, account: str) -> list[str]:
    """Names of the roles this sign-in may take in `account`. Raises Problem."""
    with told("asking SSO for your roles"):
        pages = _portal(token).get_paginator("list_account_roles")
        found = pages.paginate(accessToken=token.access_token, accountId=account)
        return sorted(clean(role["roleName"]) for page in found for role in page["roleList"])


def role_session(token: SsoToken, account: str, role: str, region: str) -> AwsSession:
    """A session as `role` in `account`, renewed by itself as long as the sign-in lasts. Raises Problem."""
    holder = _Renewing(token, account, role)
    with told(f"taking the role {role}"):
        first = holder.fetch()
        from botocore.credentials import RefreshableCredentials

        credentials = RefreshableCredentials.create_from_metadata(
            metadata=first, refresh_using=holder.fetch, method="sso"
        )
        botocore = given_session(token.places, credentials)
    return AwsSession(
        places=token.places,
        botocore=botocore,
        source=portal_words(role, account),
        method="sso",
        region=region,
        account=account,
        sso_region=token.region,
        portal=(token.start_url, token.region, token.session_name or "", role),
    )


class _Renewing:
    """Fetches role credentials, renewing the sign-in first when it is about to end."""

    def __init__(self, token: SsoToken, account: str, role: str) -> None:
        self._token = token
        self._account = account
        self._role = role

    def fetch(self) -> dict[str, str]:
        held = self._token
        # What lies in the shared cache goes first: the CLI or Terraform may have renewed it, and the old refresh
        # token is spent then.
        kept = cached_token(held.start_url, held.region, held.places, held.session_name)
        self._token = kept or refresh(held)
        answer = _portal(self._token).get_role_credentials(
            roleName=self._role, accountId=self._account, accessToken=self._token.access_token
        )["roleCredentials"]
        return {
            "access_key": answer["accessKeyId"],
            "secret_key": answer["secretAccessKey"],
            "token": answer["sessionToken"],
            "expiry_time": datetime.fromtimestamp(answer["expiration"] / 1000, UTC).isoformat(),
        }


def _portal(token: SsoToken) -> Any:
    return unsigned("sso", token.region, token.places)
