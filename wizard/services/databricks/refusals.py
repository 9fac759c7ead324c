"""What Databricks and the network answer instead of an answer, as Problems.

Statuses and wordings: databricks-sdk's error mapping and the reports collected from its issue tracker. A bad
token is a 403, an IP access list is a 403, and so is a missing right: only the message tells them apart.
"""

from __future__ import annotations

import ipaddress
import json
import re
import shlex

from wizard.core.problem import Problem, Who
from wizard.core.text import one_line

_TAIL = re.compile(r"\. (?:Config|Env): .*\Z", re.DOTALL)
_SHORT = 400
_ON_NO_LIST = "The workspace has an IP access list, and your address is not on it."
_TOKEN = 8
"""Characters that a token has at least."""


def explain(error: Exception, *, host: str, token: str = "") -> Problem:
    """The Problem that stands for an error of the SDK, of requests or of the network."""
    import requests
    from databricks.sdk.errors.base import DatabricksError

    if isinstance(error, DatabricksError):
        return _databricks(error, host, token)
    if isinstance(error, TimeoutError):
        return _timed_out(error, host, token)
    if isinstance(error, requests.exceptions.JSONDecodeError):
        return not_json(host)
    if isinstance(error, requests.RequestException):
        return unreachable(host, error)
    said = spoken(error, token)
    if isinstance(error, ValueError) and "auth" in said:
        return sign_in_failed(host, said)
    return Problem(
        code="databricks.failed",
        what=f"A call to {host} failed in an unexpected way.",
        why="The answer was not one that the wizard knows.",
        remedy="Try again. If it stays, keep what was said below for a report.",
        evidence=(said or type(error).__name__,),
    )


UNANSWERED = "databricks.unanswered"
"""Code of a request that may or may not have been carried out."""


def not_done(error: Exception) -> bool:
    """True when a request that failed with `error` was surely not carried out."""
    import requests
    from databricks.sdk import errors
    from databricks.sdk.errors.base import DatabricksError

    if isinstance(error, DatabricksError):
        refused = (errors.BadRequest, errors.Unauthenticated, errors.PermissionDenied, errors.NotFound)
        return isinstance(error, (*refused, errors.ResourceConflict, errors.TooManyRequests))
    if isinstance(
        error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError
    ):
        return True
    # A connection that was never made; one that broke later is a `ProtocolError` in there.
    return isinstance(error, requests.ConnectionError) and "Max retries exceeded" in str(error)


def unanswered(host: str, problem: Problem) -> Problem:
    """No usable answer to a request that changes something."""
    return Problem(
        code=UNANSWERED,
        what=f"{host} gave no answer to the change, so it is not known whether it was made.",
        why=problem.why if problem.code == "databricks.silent" else problem.what,
        remedy="Look at what is there now before trying again.",
        evidence=problem.evidence,
    )


def spoken(error: BaseException, token: str = "") -> str:
    """What an error says, in one line, without the SDK's configuration tail and without the token."""
    text = _TAIL.sub("", str(error))
    # A token is long; something short would tear ordinary words apart.
    return one_line(text.replace(token, "••••••") if len(token) >= _TOKEN else text, _SHORT)


def not_json(host: str) -> Problem:
    """A web page came where data was expected."""
    return Problem(
        code="databricks.not_json",
        what=f"{host} answered with a web page instead of data.",
        why="The address is not a workspace's own, or a proxy or sign-in page stands in between.",
        remedy="Check the workspace address: copy it again from the browser while the workspace is open.",
        copy=_look(host),
        step="workspace",
    )


def unreachable(host: str, error: BaseException) -> Problem:
    """No connection, or none that may be trusted, or silence."""
    said = one_line(error, _SHORT)
    code, why, remedy = (
        "databricks.unreachable",
        "The connection could not be made.",
        "Check network, VPN and proxy.",
    )
    kind, command = type(error).__name__, _look(host)
    if "NameResolution" in said or "getaddrinfo" in said or "Name or service not known" in said:
        why, remedy = (
            "There is no such host name.",
            "Check the workspace address for a typing mistake, and your DNS.",
        )
    elif "SSL" in kind or "CERTIFICATE" in said:
        code = "databricks.certificate"
        why = (
            "The certificate of the other side is not trusted here, as with a proxy that looks into traffic."
        )
        remedy = "Set REQUESTS_CA_BUNDLE to your company's certificate file, then try again."
        command = "export REQUESTS_CA_BUNDLE=/path/to/company-ca.pem"
    elif "Timeout" in kind or "timed out" in said:
        code, why = "databricks.silent", "It did not answer in time."
    elif "Proxy" in kind:
        why = "The proxy refused the connection."
    return Problem(code, f"{host} cannot be reached.", why, remedy, evidence=(said,), copy=command)


def sign_in_failed(host: str, said: str, profile: str = "") -> Problem:
    """Credentials could not even be made, before the workspace was asked."""
    expired = "Refresh token" in said or "refresh" in said.lower()
    return Problem(
        code="databricks.sign_in",
        what=f"Signing in to {host} did not work.",
        why="The earlier sign-in has expired." if expired else "The Databricks sign-in tool said no.",
        remedy="Sign in again with the command below, or paste a personal access token.",
        evidence=(said,),
        copy=_sign_in(host, profile),
        step="workspace",
    )


def _timed_out(error: TimeoutError, host: str, token: str) -> Problem:
    """The SDK gave up retrying; the cause says what it ran into."""
    import requests
    from databricks.sdk.errors.base import DatabricksError

    cause = error.__cause__
    if isinstance(cause, DatabricksError):
        return _busy(host, spoken(cause, token))
    if isinstance(cause, requests.RequestException):
        return unreachable(host, cause)
    return unreachable(host, error)


def _databricks(error: Exception, host: str, token: str) -> Problem:
    """The workspace itself refused."""
    from databricks.sdk import errors
    from databricks.sdk.errors.private_link import PrivateLinkValidationError

    said = spoken(error, token)
    lower = said.lower()
    code = str(getattr(error, "error_code", "") or "")
    if isinstance(error, PrivateLinkValidationError):
        return _network_refused(host, said, "The workspace accepts connections through a private link only.")
    if "ip acl" in lower or "ip access list" in lower:
        return _network_refused(host, said, _ON_NO_LIST)
    if isinstance(error, errors.Unauthenticated) or code in ("403", "401") or "invalid access token" in lower:
        return _bad_token(host, said)
    if "unable to load oauth config" in lower:
        return no_routing(host, said)
    if "<html" in lower or "<!doctype" in lower or "unable to parse response" in lower:
        return not_json(host)
    if "not supported by this url" in lower:
        return _wrong_host(host, said)
    if isinstance(error, errors.PermissionDenied):
        return _denied(host, said)
    if isinstance(error, errors.NotFound):
        return Problem(
            code="databricks.not_found",
            what=f"{host} does not have what was asked for.",
            why="It was deleted, or it never was in this workspace.",
            remedy="Check the id and the workspace address.",
            evidence=(said,),
        )
    if isinstance(error, errors.TooManyRequests):
        return _busy(host, said)
    serious = isinstance(error, (errors.InternalError, errors.TemporarilyUnavailable))
    return Problem(
        code=f"databricks.{code.lower()}" if re.fullmatch(r"[A-Z][A-Z_]+", code) else "databricks.refused",
        what=f"{host} could not do it." if serious else f"{host} did not accept the request.",
        why=said or "It gave no reason.",
        remedy="Wait a minute and try again." if serious else "Read what was said, mend it, and try again.",
        who=Who.DATABRICKS if serious else Who.WORKSPACE_ADMIN,
        evidence=(said,) if said else (),
    )


def _busy(host: str, said: str) -> Problem:
    return Problem(
        code="databricks.busy",
        what=f"{host} is too busy to answer.",
        why="It kept asking to come back later.",
        remedy="Wait a minute and try again.",
        who=Who.DATABRICKS,
        evidence=(said,),
    )


def _bad_token(host: str, said: str) -> Problem:
    return Problem(
        code="databricks.token",
        what=f"{host} did not accept the token.",
        why="It is mistyped, expired, revoked, or of another workspace.",
        remedy="Make a new token in the workspace: Settings, Developer, Access tokens. Then sign in again.",
        evidence=(said,),
        copy=_sign_in(host),
        step="workspace",
    )


def _network_refused(host: str, said: str, why: str) -> Problem:
    return Problem(
        code="databricks.network",
        what=f"{host} does not accept connections from where you are.",
        why=why,
        remedy="Connect through your company's network or VPN, or ask for your address to be allowed.",
        who=Who.WORKSPACE_ADMIN,
        evidence=(said,),
        copy=_allow(said),
    )


def _wrong_host(host: str, said: str) -> Problem:
    """A host that knows the path but not as a workspace does: the account console's, as a rule.

    Source: https://github.com/databricks/terraform-provider-databricks/issues/2183
    """
    return Problem(
        code="databricks.wrong_host",
        what=f"{host} does not do what a workspace does.",
        why="It is probably the address of the account console.",
        remedy="Use the workspace's own address; it begins with dbc- or a deployment name.",
        evidence=(said,),
        copy=_look(host),
        step="workspace",
    )


def no_routing(host: str, said: str) -> Problem:
    """Many workspaces share the host, and nothing said which one is meant."""
    return Problem(
        code="databricks.routing",
        what=f"{host} does not know which workspace is meant.",
        why="The address is shared by many workspaces.",
        remedy="Use the workspace's own address; it begins with dbc- or a deployment name.",
        evidence=(said,),
        copy=_look(host),
        step="workspace",
    )


def not_let_in(host: str, refused: Problem) -> Problem:
    """What a refusal means when anybody of the workspace may ask: who am I."""
    if refused.code == "databricks.not_found":
        return Problem(
            code="databricks.not_workspace",
            what=f"{host} answers, but not as a workspace.",
            why="It does not know the question that every workspace answers: who am I.",
            remedy="Check the workspace address: copy it again from the browser while the workspace is open.",
            evidence=refused.evidence,
            copy=_look(host),
            step="workspace",
        )
    if refused.code == "databricks.not_admin":
        return Problem(
            code="databricks.not_member",
            what=f"{host} knows the token, but does not let its user in.",
            why="The user is not a member of this workspace, or is switched off.",
            remedy="Ask a workspace administrator to add the user, or sign in as somebody else.",
            who=Who.WORKSPACE_ADMIN,
            evidence=refused.evidence,
            step="workspace",
        )
    return refused


def ip_refused(host: str, page: str) -> Problem | None:
    """The Problem of an IP access list that refuses even the public document; None when it is something else."""
    said = one_line(page, _SHORT)
    listed = "ip acl" in said.lower() or "ip access list" in said.lower()
    return _network_refused(host, said, _ON_NO_LIST) if listed else None


def _denied(host: str, said: str) -> Problem:
    lower = said.lower()
    if "scope" in lower:
        return Problem(
            code="databricks.scope",
            what="The token may do less than its user.",
            why="It was made for some kinds of calls only, and this one is not among them.",
            remedy="Sign in through the browser, or make a token without limits, or with sql and instance-profiles.",
            evidence=(said,),
            copy=_sign_in(host),
            step="workspace",
        )
    if "entitlement" in lower or "databricks-sql-access" in lower:
        return Problem(
            code="databricks.entitlement",
            what=f"Your user has no access to Databricks SQL in {host}.",
            why="The entitlement “Databricks SQL access” is not given to it or to a group of it.",
            remedy="Ask for it: Settings, Identity and access, Users, the user, Entitlements.",
            who=Who.WORKSPACE_ADMIN,
            evidence=(said,),
        )
    if "sql endpoint" in said.lower() or "sql warehouse" in said.lower():
        return Problem(
            code="databricks.warehouse_denied",
            what="You may not use this SQL warehouse.",
            why="Your user needs the right “Can use” on it, and “Can manage” to stop it.",
            remedy="Ask for “Can use” on the warehouse: SQL Warehouses, the warehouse, Permissions.",
            who=Who.WORKSPACE_ADMIN,
            evidence=(said,),
        )
    return Problem(
        code="databricks.not_admin",
        what=f"You are not allowed to do this in {host}.",
        why="It is reserved to workspace administrators, or the token has a narrower scope than your user.",
        remedy="Ask a workspace administrator to do this step, or to add you to the group admins.",
        who=Who.WORKSPACE_ADMIN,
        evidence=(said,),
    )


def _sign_in(host: str, profile: str = "") -> str:
    named = f" --profile {shlex.quote(profile)}" if profile else ""
    return f"databricks auth login --host https://{host}{named}"


def _look(host: str) -> str:
    """The command that shows what a host says about itself; it needs no credentials."""
    return f"curl -sS https://{host}/.well-known/databricks-config"


def _allow(said: str) -> str:
    """The command that lets the refused address in, for an administrator who is let in already."""
    named = re.search(r"[Aa]ddress:? ([0-9A-Fa-f.:]+)", said)
    try:
        address = ipaddress.ip_address(named[1].rstrip(".")) if named else None
    except ValueError:
        address = None
    if address is None:
        return "databricks ip-access-lists list"
    entry = {"label": "htd-wizard", "list_type": "ALLOW", "ip_addresses": [str(address)]}
    return f"databricks ip-access-lists create --json '{json.dumps(entry)}'"
