"""What Terraform's diagnostics mean for an operator, and what to do about them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wizard.core.problem import Problem
from wizard.core.text import clean, one_line, plural
from wizard.services.terraform.adopt import import_block
from wizard.services.terraform.causes import AFTER_ALL, SYNTAX, TERRAFORM, Cause
from wizard.services.terraform.excerpt import excerpt
from wizard.services.terraform.lock import Lock
from wizard.services.terraform.stream import Diagnostic

Explain = Callable[[str], Problem | None]
"""Knows what AWS says; None for a text it does not know."""

_OF_THE_TEXT = ("terraform.syntax", "terraform.variable", "terraform.version")
"""Mended in the very line that is named."""
_OUTRANK = ("terraform.state_unsaved", "terraform.interrupted")
"""Told before anything else: an unsaved state must be mended first; after an interrupt all else is a consequence."""
_LEFT_OVER = (
    "If nobody runs Terraform there, it was left over: the command, in the module's folder, removes it."
)
_STDERR = re.compile(r"(?m)^[ ╷│╵]*Error: ")
_CALLER = re.compile(
    r"^arn:[\w-]+:sts::\d+:assumed-role/(?:AWSReservedSSO_(\w+)_[0-9a-f]{16}|([^/\s]+))/(\S+)(?= may not)"
)
"""Who was refused, as AWS spells it; a heading has room for the role and the person."""
_PLACE = re.compile(r"(?m)^ *on (\S.*) line (\d+)")
_CONSTRAINT = re.compile(r"given constraints ([^\n]+)")


def problem(
    diagnostics: Sequence[Diagnostic],
    doing: str,
    explain: Explain,
    stderr: str = "",
    folder: Path | None = None,
    account: str = "",
) -> Problem:
    """One Problem for everything that went wrong: the gravest in full, and each other kind beside it.

    `doing` completes the sentence "Terraform failed while …"; in `folder` are the files that are named.
    `account` is the one that Terraform works in, as far as it is known: some ids to import by hold it.
    """
    errors = _distinct([each for each in diagnostics if each.severity == "error"])
    if not errors:
        errors = _distinct(_from_stderr(stderr))
    kinds: dict[str, list[_Read]] = {}
    for each in errors:
        found = _one(each, explain, account)
        kinds.setdefault(found.code if found else f"? {each.summary}", []).append(_Read(each, found))
    known = [alike for alike in kinds.values() if alike[0].problem]
    others = [alike for alike in kinds.values() if not alike[0].problem]
    if not known:
        first, rest = _unknown(errors, doing), others[1:]
    else:
        known.sort(key=lambda alike: _rank(alike[0]))
        first, rest = _together(known[0]), [*known[1:], *others]
    first.evidence = tuple(_line(each) for each in errors)
    first.also = tuple(_together(alike) for alike in rest)
    meant = next((each.said for each in (known[0] if known else []) if each.said.file), None)
    first.opens = _opens(meant, folder) if first.code in _OF_THE_TEXT else ""
    return first


def _opens(meant: Diagnostic | None, folder: Path | None) -> str:
    """The file and line to mend, when that file is there."""
    if meant is None or folder is None or not meant.line:
        return ""
    if meant.summary.startswith("Invalid value for variable") and not meant.file.endswith(".tfvars"):
        # The rule that was broken is named, not the value that broke it.
        return ""
    file = folder / meant.file
    return f"{file}:{meant.line}" if file.is_file() else ""


@dataclass(frozen=True)
class _Read:
    """A diagnostic, and what it means where that is known."""

    said: Diagnostic
    problem: Problem | None


def _together(alike: Sequence[_Read]) -> Problem:
    """One problem for diagnostics of one kind."""
    said = [each.said for each in alike]
    found = [each.problem for each in alike if each.problem]
    if not found:
        return _unsaid(said)
    first = replace(
        found[0], evidence=tuple(_line(each) for each in said), copy=_merged([p.copy for p in found])
    )
    others = len({each.what for each in found}) - 1
    if others and first.code.startswith("aws.denied"):
        more = "One more was" if others == 1 else f"{others} more were"
        first.why = f"{first.why} {more} refused; see what AWS said."
    elif len(said) > 1:
        about = dict.fromkeys(each.address or each.place for each in said if each.address or each.place)
        if len(about) > 1:
            first.why = (
                f"{first.why} It happened {plural(len(said), 'time')}: {one_line(', '.join(about), 200)}."
            )
    return first


def _unknown(errors: Sequence[Diagnostic], doing: str) -> Problem:
    """What nobody foresaw, in Terraform's own words."""
    return Problem(
        code="terraform.failed",
        what=f"Terraform failed while {doing}.",
        why=one_line(errors[0].text) if errors else "It ended without saying why.",
        remedy="Read what it said below. What was made stays, and the next plan goes on from there.",
        excerpt=excerpt(errors[0]) if errors else (),
        again="Plan again",
    )


def _unsaid(said: Sequence[Diagnostic]) -> Problem:
    each = said[0]
    return Problem(
        code="terraform.failed",
        what=one_line(each.summary, 300) or "Terraform reports a fault.",
        why=one_line(each.detail),
        remedy="Read what Terraform said. What was made stays.",
        evidence=tuple(_line(one) for one in said),
        excerpt=excerpt(each),
    )


def _one(each: Diagnostic, explain: Explain, account: str) -> Problem | None:
    cause = _cause(each, TERRAFORM)
    if cause:
        return _told(cause, each, account)
    found = _from_aws(each, explain)
    if found:
        return found
    cause = _cause(each, AFTER_ALL)
    if cause:
        return _told(cause, each, account)
    return _syntax(each) if each.place and not each.address else None


def _rank(read: _Read) -> int:
    code = read.problem.code if read.problem else ""
    return _OUTRANK.index(code) if code in _OUTRANK else len(_OUTRANK)


def _cause(each: Diagnostic, table: Sequence[Cause]) -> Cause | None:
    return next((cause for cause in table if cause.shape.search(each.text)), None)


def _told(cause: Cause, each: Diagnostic, account: str = "") -> Problem:
    """A known cause, with what only this diagnostic knows."""
    told = Problem(
        cause.code, cause.what, cause.why, cause.remedy, cause.who,
        copy=cause.copy, step=cause.step, excerpt=excerpt(each), again=cause.again,
    )  # fmt: skip
    family = cause.code.partition("_")[0]
    if family == "terraform.variable" or cause.code in ("terraform.version", "terraform.quota"):
        told.why = f"{cause.why} {_sentence(each.detail or each.summary)}"
    elif cause.code == "terraform.provider_version" and (asked := _CONSTRAINT.search(each.text)):
        told.why = f"The module asks for {one_line(asked[1], 80)}. {cause.why}"
    elif family == "terraform.exists":
        told.copy = import_block(each, account)
        if not told.copy:
            told.remedy = cause.remedy.replace("with the import block that c copies", "with terraform import")
    elif cause.code == "terraform.lock" and (lock := Lock.read(each.detail)):
        told.why = f"{cause.why} {lock.words}"
        told.copy = lock.unlock
        if told.copy:
            told.remedy = f"{cause.remedy} {_LEFT_OVER}"
    return told


def _syntax(each: Diagnostic) -> Problem:
    told = _told(SYNTAX, each)
    said = f"{each.summary}. {each.detail}" if each.detail else each.summary
    told.why = f"{SYNTAX.why} See {each.place}: {_sentence(said)}"
    told.step = "variables" if ".tfvars" in each.place else SYNTAX.step
    return told


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


def _from_aws(each: Diagnostic, explain: Explain) -> Problem | None:
    """The explainer's reading; a policy that AWS names is part of the reason."""
    found = explain(each.text)
    if found is None:
        return None
    named = [line for line in found.evidence if line.startswith("The policy that denied it")]
    return replace(
        found,
        what=_CALLER.sub(lambda caller: f"{caller[1] or caller[2]}/{caller[3]}", found.what),
        why=" ".join([found.why, *(f"{line}." for line in named)]),
        step=found.step or ("permissions" if found.code.startswith("aws.denied") else ""),
        excerpt=excerpt(each),
        again="Plan again",
    )


def _sentence(text: str) -> str:
    line = one_line(text, 300)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def _merged(copies: Sequence[str]) -> str:
    """Policies become one policy with every statement; anything else stands one below the other, once."""
    statements: list[Any] = []
    for each in copies:
        try:
            document = json.loads(each)
            statements += [one for one in document["Statement"] if one not in statements]
        except (ValueError, KeyError, TypeError):
            continue
    if len(statements) < 2:
        return "\n".join(dict.fromkeys(each for each in copies if each))
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
