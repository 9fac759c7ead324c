"""Which kind of Databricks host a name is, by its spelling alone. Pure, standard library only.

Sources: https://docs.databricks.com/aws/en/workspace/workspace-details and
https://docs.databricks.com/aws/en/resources/supported-regions
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a host name stands for."""

    WORKSPACE = "workspace"
    """A workspace in an AWS commercial region."""
    UNIFIED = "unified"
    """A company's own address for many workspaces; the cloud is not in the name."""
    ACCOUNT = "account"
    LOGIN = "login"
    AZURE = "azure"
    GCP = "gcp"
    CHINA = "china"
    GOVERNMENT = "government"
    SITE = "site"
    """A web site of Databricks: documentation, community, trial."""
    MALFORMED = "malformed"
    """Ends as it should, but no host is called like that: an example, or half a name."""
    LOOK_ALIKE = "look_alike"
    OTHER = "other"
    """Not of Databricks at all."""


@dataclass(frozen=True)
class Refusal:
    """Why an address cannot be used, and the way out."""

    message: str
    remedy: str


_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*\Z")
_SITES = frozenset(
    {"www", "docs", "kb", "community", "help", "support", "status", "academy", "customer-academy", "try"}
    | {"partner-academy", "partners", "marketplace", "files", "api-docs", "sdk", "events", "assets", "pages"}
    | {"go", "training", "blog", "developers", "signup", "dev", "staging", "info", "learn", "ideas", "trust"}
    | {"careers", "feedback", "release-notes", "legal", "investors", "labs", "demo", "mail", "links"}
)
_BRAND = re.compile(r"d[a4]t[a4]br[i1l]ck[s5]")
_PASTE_AGAIN = "Open the workspace in the browser, sign in, and copy the address from the address bar."

REFUSALS = {
    Kind.ACCOUNT: Refusal(
        "This is the account console, not a workspace.",
        "In the account console choose Workspaces, open the workspace, and copy its address.",
    ),
    Kind.LOGIN: Refusal("This is a sign-in page, not a workspace.", _PASTE_AGAIN),
    Kind.AZURE: Refusal(
        "This is an Azure Databricks workspace; instance profiles exist on AWS only.",
        "Paste the address of a workspace on AWS: it ends in .cloud.databricks.com.",
    ),
    Kind.GCP: Refusal(
        "This is a Databricks workspace on Google Cloud; instance profiles exist on AWS only.",
        "Paste the address of a workspace on AWS: it ends in .cloud.databricks.com.",
    ),
    Kind.CHINA: Refusal(
        "This is a Databricks workspace in China; this flow is for AWS commercial regions.",
        "Paste the address of a workspace in an AWS commercial region: it ends in .cloud.databricks.com.",
    ),
    Kind.GOVERNMENT: Refusal(
        "This is a government workspace (GovCloud or DoD); its trust principal is another one and is not "
        "confirmed here.",
        "Ask Databricks for the serverless principal of your government region, or paste a workspace in an "
        "AWS commercial region.",
    ),
    Kind.SITE: Refusal("This is a web page of Databricks, not a workspace.", _PASTE_AGAIN),
    Kind.MALFORMED: Refusal(
        "The host name is not complete; perhaps it is an example with a gap to fill.", _PASTE_AGAIN
    ),
    Kind.LOOK_ALIKE: Refusal(
        "This host only looks like Databricks; it does not belong to databricks.com.",
        "Do not sign in there. Type the workspace's address yourself: it ends in .cloud.databricks.com.",
    ),
    Kind.OTHER: Refusal("This host is not a Databricks workspace.", _PASTE_AGAIN),
}
"""A refusal for every kind that is no usable workspace."""


def classify(host: str) -> Kind:
    """The kind of a host name, which is in lower case and without trailing dots or port."""
    if not _HOST.match(host):
        if host.replace("…", "").isascii() and _below(host, "databricks.com"):
            return Kind.MALFORMED
        return Kind.LOOK_ALIKE if _branded(host) else Kind.OTHER
    first = host.split(".", 1)[0]
    if _below(host, "cloud.databricks.com"):
        return _cloud_host(host, first)
    if _below(host, "gcp.databricks.com"):
        return Kind.ACCOUNT if first == "accounts" else Kind.GCP
    if _below(host, "azuredatabricks.net") or _below(host, "databricks.azure.us"):
        return Kind.ACCOUNT if first == "accounts" else Kind.AZURE
    if (
        _below(host, "databricks.azure.cn")
        or _below(host, "databricks.com.cn")
        or _below(host, "databricks.cn")
    ):
        return Kind.CHINA
    if _below(host, "databricks.us") or _below(host, "databricks.mil"):
        return Kind.ACCOUNT if first.startswith("accounts") else Kind.GOVERNMENT
    if _below(host, "databricksapps.com"):
        return Kind.SITE
    if _below(host, "databricks.com"):
        return _company_host(host, first)
    return Kind.LOOK_ALIKE if _branded(host) else Kind.OTHER


def cloud(host: str) -> str:
    """`AWS`, `AZURE`, `GCP`, or empty when the name does not tell."""
    if _below(host, "gcp.databricks.com"):
        return "GCP"
    if any(
        _below(host, zone) for zone in ("azuredatabricks.net", "databricks.azure.us", "databricks.azure.cn")
    ):
        return "AZURE"
    aws = ("cloud.databricks.com", "cloud.databricks.us", "cloud.databricks.mil")
    return "AWS" if any(_below(host, zone) for zone in aws) else ""


def poses(host: str) -> bool:
    """True when a look-alike wants to be taken for a workspace, not merely has Databricks in its name."""
    plain = "databricks" in host and host.isascii()
    return not plain or bool(re.search(r"databricks\.(?:com|net|us|mil|cn|co)\b", host)) or "cloud" in host


def _cloud_host(host: str, first: str) -> Kind:
    if host == "cloud.databricks.com" or first in ("community", "databricks-prod-cloudfront"):
        return Kind.SITE
    if first in ("accounts", "accounts-dod"):
        return Kind.ACCOUNT
    if first in ("login", "signin"):
        return Kind.LOGIN
    labels = host.split(".")
    return Kind.WORKSPACE if len(labels) == 4 or labels[-4] == "privatelink" else Kind.SITE


def _company_host(host: str, first: str) -> Kind:
    if first in ("login", "signin"):
        return Kind.LOGIN
    if first.startswith("accounts"):
        return Kind.ACCOUNT
    labels = host.split(".")
    if len(labels) != 3 or first in _SITES:
        return Kind.SITE
    return Kind.UNIFIED


def _below(host: str, zone: str) -> bool:
    return host == zone or host.endswith("." + zone)


def _branded(host: str) -> bool:
    """True when the name wants to be read as Databricks, with letters of other alphabets or without."""
    if _BRAND.search(host):
        return True
    return not host.isascii() and ("bricks" in host or "data" in host or "cloud" in host)
