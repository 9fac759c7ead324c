"""What Terraform's diagnostics mean for an operator, and what to do about them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import Pattern
from typing import Any

from wizard.core.problem import Problem, Who
from wizard.core.text import clean, one_line
from wizard.services.terraform.stream import Diagnostic

Explain = Callable[[str], Problem | None]
"""Knows what AWS says; None for a text it does not know."""


@dataclass(frozen=True)
class _Known:
    code: str
    shape: Pattern[str]
    what: str
    why: str
    remedy: str
    who: Who = Who.YOU
    step: str = ""


def _known(
    code: str, shape: str, what: str, why: str, remedy: str, who: Who = Who.YOU, step: str = ""
) -> _Known:
    return _Known(code, re.compile(shape, re.IGNORECASE), what, why, remedy, who, step)


_TERRAFORM = (
    _known("terraform.lock", r"Error acquiring the state lock",
           "Another Terraform works on this state.",
           "It holds the state's lock, so that two do not write at once.",
           "Wait until it has ended, then try again."),
    _known("terraform.stale", r"Saved plan is stale",
           "The plan is out of date, so nothing was applied.",
           "The state changed after the plan was made.",
           "Try again: a fresh plan is made and shown."),
    _known("terraform.stale", r"plan file was created by|Failed to read plan from plan|Failed to load .* as a plan",
           "The plan cannot be applied by this Terraform.",
           "Its file is gone, damaged, or was made by another version.",
           "Try again: a fresh plan is made and shown."),
    _known("terraform.variable", r"No value for required variable|Invalid value for (?:input )?variable|"
           r"Unsuitable value type|Value for undeclared variable|Failed to read variables file",
           "A variable of the module has no value, or one that will not do.",
           "Terraform checks values against the module's own rules.",
           "Mend the value in terraform.tfvars, then try again.", step="variables"),
    _known("terraform.arguments", r"Failed to parse command-line flags",
           "Terraform was given an argument that it does not know.",
           "The variables TF_CLI_ARGS and TF_CLI_ARGS_… add arguments to its commands.",
           "Mend or unset those variables, then start the wizard again."),
    _known("terraform.lockfile", r"doesn't match any of the checksums|does not match any of the checksums|"
           r"Inconsistent dependency lock file|previously-selected version .* no longer available",
           "The lock file does not fit the provider that is here.",
           "It was made on another kind of computer, or for another version.",
           "Run terraform init -upgrade in the module's folder, or remove .terraform.lock.hcl, then try again."),
    _known("terraform.provider_version", r"no available releases match",
           "No AWS provider was found in a version that fits the module.",
           "The mirror or the registry that Terraform asked has other versions only.",
           "Put a fitting version into the mirror, or let Terraform reach the registry."),
    _known("terraform.provider", r"Failed to (?:query available|install) provider|could not connect to registry|"
           r"provider registry .* does not have|Could not retrieve the list of available",
           "Terraform could not get the AWS provider.",
           "The registry could not be reached, or it has no fitting version.",
           "Check the network or the proxy. Offline, name a mirror in Terraform's configuration or in "
           "HTD_PLUGIN_MIRROR."),
    _known("terraform.init", r"Required plugins are not installed|Backend initialization required|Module not installed|"
           r"Provider dependency changes detected",
           "The module's folder is not prepared for this run.",
           "Providers, modules or the place of the state changed since it was.",
           "Try again: the folder is prepared anew. If it comes back, run terraform init in the folder by hand."),
    _known("terraform.version", r"Unsupported Terraform Core version|Unsupported OpenTofu",
           "The module asks for another version of Terraform.",
           "Its required_version does not allow the one that is here.",
           "Install a version that it allows, then start the wizard again.", step="start"),
    _known("terraform.state_unsaved", r"failed to persist state|Failed to save state|errored\.tfstate|"
           r"Failed to create local state file",
           "Terraform could not save its state.",
           "The disk is full or the folder cannot be written, so AWS holds things that the state does not know of.",
           "Make room, then look for errored.tfstate in the module's folder before anything else: it is the state, "
           "and the next plan says how to put it back."),
    _known("terraform.disk_full", r"no space left on device|disk quota exceeded",
           "Terraform could not write a file.",
           "The disk is full, or your share of it is used up.",
           "Make room: the AWS provider alone needs about a gigabyte. Then try again."),
    _known("terraform.exists", r"EntityAlreadyExists|BucketAlready(?:OwnedByYou|Exists)|AlreadyExistsException|"
           r"already exists",
           "Something that Terraform wants to make is there already.",
           "It was made by hand, by another state, or by a run that was stopped half-way.",
           "Bring it into the state with an import, or choose another project_prefix in terraform.tfvars."),
    _known("terraform.throttled", r"Throttling|TooManyRequests|SlowDown|RequestLimitExceeded",
           "AWS asked to slow down.",
           "Too many calls came at once, from you or from others in the account.",
           "Wait a minute, then try again; what was made stays."),
    _known("terraform.network", r"no such host|connection refused|i/o timeout|TLS handshake|network is unreachable|"
           r"request send failed",
           "Terraform could not reach AWS.",
           "The network, a proxy or a VPN is in the way.",
           "Check the connection, then try again."),
)  # fmt: skip

_AFTER_ALL = (
    _known("aws.credentials", r"No valid credential sources|ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch|"
           r"failed to (?:refresh cached credentials|get shared config profile)|AuthFailure",
           "AWS did not accept the credentials.",
           "They have expired, or they are not known to AWS.",
           "Sign in again, then try again; what was made stays.", step="credentials"),
    _known("aws.denied", r"AccessDenied|UnauthorizedOperation|Forbidden|is not authorized",
           "AWS refused something that Terraform needs to do.",
           "These credentials may not do it.",
           "Check the permissions again, or sign in with stronger credentials.", Who.AWS_ADMIN, "permissions"),
    _known("terraform.interrupted", r"execution halted|context canceled|operation canceled|Interrupted",
           "Terraform was stopped before it was done.",
           "It was interrupted. Something may be made in AWS that the state does not know of.",
           "Try again: the plan shows what is missing. If AWS says that something exists already, import it."),
)  # fmt: skip
"""Tried when neither Terraform's own faults nor the reader of AWS's refusals know better."""


_SYNTAX = _known(
    "terraform.syntax", "",
    "A file of the module is not valid.",
    "Terraform could not read it.",
    "Mend the line that is named, then try again.",
)  # fmt: skip
"""Tried last: what has a line and no resource is about the text of the module, whatever it says."""
_OUTRANK = ("terraform.state_unsaved", "terraform.interrupted")
"""Told before anything else: an unsaved state must be mended first; after an interrupt all else is a consequence."""
_LEFT_OVER = (
    "If nobody runs Terraform there, it was left over: the command, in the module's folder, removes it."
)
_STDERR = re.compile(r"(?m)^[ ╷│╵]*Error: ")
_PLACE = re.compile(r"(?m)^ *on (\S.*) line (\d+)")


def problem(diagnostics: Sequence[Diagnostic], doing: str, explain: Explain, stderr: str = "") -> Problem:
    """One Problem for everything that went wrong: the first cause explained, the rest as evidence.

    `doing` completes the sentence "Terraform failed while …".
    """
    errors = _distinct([each for each in diagnostics if each.severity == "error"])
    if not errors:
        errors = _distinct(_from_stderr(stderr))
    evidence = tuple(_line(each) for each in errors)
    found = [each for each in (_one(each, explain) for each in errors) if each is not None]
    if found:
        first = min(found, key=lambda each: _rank(each.code))
        alike = [each for each in found if each.code == first.code]
        others = len({each.what for each in alike}) - 1
        if others and first.code.startswith("aws.denied"):
            more = "One more was" if others == 1 else f"{others} more were"
            first.why = f"{first.why} {more} refused; see what AWS said."
        first.evidence = evidence
        first.copy = _merged([each.copy for each in alike])
        return first
    return Problem(
        code="terraform.failed",
        what=f"Terraform failed while {doing}.",
        why=one_line(errors[0].text) if errors else "It ended without saying why.",
        remedy="Read what it said below. What was made stays, and the next plan goes on from there.",
        evidence=evidence,
    )


def _one(each: Diagnostic, explain: Explain) -> Problem | None:
    known = _table(each, _TERRAFORM)
    if known:
        return known
    found = _from_aws(each, explain) or _table(each, _AFTER_ALL)
    return found or (_syntax(each) if each.place and not each.address else None)


def _rank(code: str) -> int:
    return _OUTRANK.index(code) if code in _OUTRANK else len(_OUTRANK)


def _table(each: Diagnostic, table: Sequence[_Known]) -> Problem | None:
    known = next((known for known in table if known.shape.search(each.text)), None)
    if known is None:
        return None
    lock = _unlock(each) if known.code == "terraform.lock" else ""
    remedy = f"{known.remedy} {_LEFT_OVER}" if lock else known.remedy
    return Problem(known.code, known.what, _why(known, each), remedy, known.who, copy=lock, step=known.step)


def _syntax(each: Diagnostic) -> Problem:
    why = f"{_SYNTAX.why} See {each.place}: {one_line(each.text, 300)}"
    step = "variables" if ".tfvars" in each.place else _SYNTAX.step
    return Problem(_SYNTAX.code, _SYNTAX.what, why, _SYNTAX.remedy, _SYNTAX.who, step=step)


def _from_stderr(text: str) -> list[Diagnostic]:
    """The errors in what Terraform wrote for people: without -json, and before it knows of -json."""
    plain = re.sub("[╷│╵]", "", clean(text, 8_000))
    found = []
    for piece in _STDERR.split(plain)[1:]:
        summary, _, detail = piece.partition("\n")
        on = _PLACE.search(detail)
        place = f"{on[1]} line {on[2]}" if on else ""
        found.append(Diagnostic("error", summary.strip(), detail.strip(), "", place, ""))
    if not found and plain.strip() and "Warning: " not in plain:
        found = [Diagnostic("error", plain.strip(), "", "", "", "")]
    return found


def _why(known: _Known, each: Diagnostic) -> str:
    """The reason with what only this diagnostic knows: the value's fault, the line, who holds the lock."""
    if known.code == "terraform.variable":
        return f"{known.why} {one_line(each.detail, 300)}"
    if known.code == "terraform.lock":
        holder, since = _of_lock(each, "Who"), _of_lock(each, "Created")
        return f"{known.why} It belongs to {holder}, since {since}." if holder else known.why
    return known.why


def _unlock(each: Diagnostic) -> str:
    """The command for a lock that was left behind. A lock on a local file ends with its process."""
    lock, local = _of_lock(each, "ID"), "resource temporarily unavailable" in each.detail
    return f"terraform force-unlock {lock}" if re.fullmatch(r"[\w-]+", lock) and not local else ""


def _of_lock(each: Diagnostic, name: str) -> str:
    """Terraform tells about the lock in a text, line by line."""
    found = re.search(rf"(?m)^\s*{name}:[ \t]*(\S.*)$", each.detail)
    return one_line(found[1], 120) if found else ""


def _from_aws(each: Diagnostic, explain: Explain) -> Problem | None:
    found = explain(each.text)
    if found is None:
        return None
    return Problem(
        found.code,
        found.what,
        found.why,
        found.remedy,
        found.who,
        copy=found.copy,
        step=found.step or "permissions",
    )


def _merged(copies: Sequence[str]) -> str:
    """Policies become one policy with every statement; of anything else the first is kept."""
    statements: list[Any] = []
    for each in copies:
        try:
            document = json.loads(each)
            statements += [one for one in document["Statement"] if one not in statements]
        except (ValueError, KeyError, TypeError):
            continue
    if len(statements) < 2:
        return copies[0] if copies else ""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _distinct(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The provider tells a credentials fault once for every region it is set up for."""
    seen: dict[tuple[str, str], Diagnostic] = {}
    for each in diagnostics:
        about = "" if each.address.startswith("provider[") else each.address
        seen.setdefault((about, re.sub(r"RequestID: [\w-]+|0x[0-9a-f]+", "", each.text)), each)
    return list(seen.values())


def _line(each: Diagnostic) -> str:
    where = ", ".join(part for part in (each.address, each.place) if part)
    return one_line(f"{where}: {each.text}" if where else each.text, 600)
