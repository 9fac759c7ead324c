"""This session's names in place of the recording's: prefix, account, workspaces, provider host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

PREFIX = "htdrecprefix"
"""The project prefix that was recorded: long and odd, so that no other text contains it."""
WORKSPACE = "databricks-serverless-9900112233445566"
"""The workspace that was recorded."""
ACCOUNT = "123456789012"
"""The embedded AWS's account number."""
PROVIDER_HOST = "registry.terraform.io"
"""Where the recorded provider's address begins; OpenTofu writes another host into its state."""


@dataclass(frozen=True)
class Session:
    """What differs between the recording and this run."""

    prefix: str
    workspaces: tuple[str, ...] = ()
    account: str = ACCOUNT
    provider_host: str = PROVIDER_HOST

    def text(self, recorded: str) -> str:
        """A recorded text with this session's names. Policies are JSON inside a text, so a list grows there."""
        ids = ",".join(f'"{workspace}"' for workspace in self.workspaces)
        replaced = recorded.replace(f'"{WORKSPACE}"', ids)
        # Spark wants database names without hyphens, so the module writes the prefix differently there.
        replaced = replaced.replace(f"{PREFIX}_db", f"{self.prefix.replace('-', '_')}_db")
        replaced = replaced.replace(PREFIX, self.prefix).replace(PROVIDER_HOST, self.provider_host)
        return re.sub(rf"(?<!\d){ACCOUNT}(?!\d)", self.account, replaced)

    def json(self, recorded: Json) -> Json:
        """A recorded document with this session's names, keys included."""
        if isinstance(recorded, str):
            return self.text(recorded)
        if isinstance(recorded, dict):
            return {self.text(key): self.json(value) for key, value in recorded.items()}
        if isinstance(recorded, list):
            if recorded == [WORKSPACE]:
                return list(self.workspaces)
            return [self.json(value) for value in recorded]
        return recorded
