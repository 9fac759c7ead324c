"""What Terraform's diagnostics mean for an operator, and what to do about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import Pattern

from wizard.core.problem import Problem, Who
from wizard.core.text import one_line
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


def _known(code: str, shape: str, what: str, why: str, remedy: str, **more: str) -> _Known:
    return _Known(code, re.compile(shape, re.IGNORECASE), what, why, remedy, step=more.get("step", ""))


_TABLE = (
    _known("terraform.lock", r"Error acquiring the state lock",
           "Another Terraform works on this state.",
           "It holds the state's lock, so that two do not write at once.",
           "Wait until it has ended, then try again. If nobody runs Terraform there, its process may be left over."),
    _known("terraform.stale", r"Saved plan is stale",
           "The plan is out of date, so nothing was applied.",
           "The state changed after the plan was made.",
           "Try again: a fresh plan is made and shown."),
    _known("terraform.variable", r"No value for required variable|Invalid value for (?:input )?variable|"
           r"Invalid value for \w+|Unsuitable value type|Value for undeclared variable",
           "A variable of the module has no value, or one that will not do.",
           "Terraform checks values against the module's own rules.",
           "Mend the value in terraform.tfvars, then try again.", step="variables"),
    _known("terraform.provider", r"Failed to (?:query available|install) provider|could not connect to registry|"
           r"provider registry .* does not have|no available releases match|Could not retrieve the list of available",
           "Terraform could not get the AWS provider.",
           "The registry could not be reached, or it has no fitting version.",
           "Check the network or the proxy. Offline, name a mirror in Terraform's configuration or in "
           "HTD_PLUGIN_MIRROR."),
    _known("terraform.lockfile", r"doesn't match any of the checksums|Inconsistent dependency lock file",
           "The lock file does not fit the provider that is here.",
           "It was made on another kind of computer, or for another version.",
           "Run terraform init -upgrade in the module's folder, or remove .terraform.lock.hcl, then try again."),
    _known("terraform.exists", r"EntityAlreadyExists|BucketAlready(?:OwnedByYou|Exists)|AlreadyExistsException|already exists",
           "Something that Terraform wants to make is there already.",
           "It was made by hand, by another state, or by a run that was stopped half-way.",
           "Bring it into the state with an import, or choose another project_prefix in terraform.tfvars."),
    _known("terraform.syntax", r"Argument or block definition required|Invalid expression|Unsupported argument|"
           r"Invalid multi-line string|Missing newline after argument|Unclosed configuration block",
           "A file of the module is not valid.",
           "Terraform could not read it.",
           "Mend the line that is named below, then try again."),
    _known("terraform.throttled", r"Throttling|TooManyRequests|SlowDown|RequestLimitExceeded",
           "AWS asked to slow down.",
           "Too many calls came at once, from you or from others in the account.",
           "Wait a minute, then try again; what was made stays."),
    _known("terraform.network", r"no such host|connection refused|i/o timeout|TLS handshake|network is unreachable",
           "Terraform could not reach AWS.",
           "The network, a proxy or a VPN is in the way.",
           "Check the connection, then try again."),
    _known("terraform.disk", r"no space left on device|failed to persist state",
           "Terraform could not save its state.",
           "The disk is full or the folder cannot be written.",
           "Make room, then look for errored.tfstate in the module's folder before anything else."),
)  # fmt: skip


def problem(diagnostics: Sequence[Diagnostic], doing: str, explain: Explain, stderr: str = "") -> Problem:
    """One Problem for everything that went wrong: the first cause explained, the rest as evidence.

    `doing` completes the sentence "Terraform failed while …".
    """
    errors = _distinct([each for each in diagnostics if each.severity == "error"])
    evidence = tuple(_line(each) for each in errors) or tuple(
        one_line(line) for line in stderr.splitlines()[-5:] if line.strip()
    )
    for each in errors:
        found = _table(each) or _from_aws(each, explain)
        if found is not None:
            found.evidence = evidence
            return found
    return Problem(
        code="terraform.failed",
        what=f"Terraform failed while {doing}.",
        why=one_line(errors[0].summary) if errors else "It ended without saying why.",
        remedy="Read what it said below. What was made stays, and the next plan goes on from there.",
        evidence=evidence,
    )


def _table(each: Diagnostic) -> Problem | None:
    for known in _TABLE:
        if known.shape.search(each.text):
            why = (
                f"{known.why} {one_line(each.detail, 300)}"
                if known.code == "terraform.variable"
                else known.why
            )
            return Problem(known.code, known.what, why, known.remedy, known.who, step=known.step)
    return None


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


def _distinct(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The provider tells a credentials fault once for every region it is set up for."""
    seen: dict[str, Diagnostic] = {}
    for each in diagnostics:
        seen.setdefault(re.sub(r"RequestID: [\w-]+|0x[0-9a-f]+", "", each.text), each)
    return list(seen.values())


def _line(each: Diagnostic) -> str:
    where = ", ".join(part for part in (each.address, each.place) if part)
    return one_line(f"{where}: {each.text}" if where else each.text, 600)
