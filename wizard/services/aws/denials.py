"""What AWS means when it says no: who, what, on what, which policy, and who can change it.

Source of the grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.aws import envelopes, grammar, particulars
from wizard.services.aws.reasons import DENIALS, REASONS, UNSPECIFIED, Reason

_ENVELOPE = 4000
"""Characters before a refusal in which its code and operation are looked for."""


@dataclass(frozen=True)
class Denial:
    """One refusal, taken apart. What the text does not say is None."""

    reason: str
    """A word of `wizard.services.aws.reasons.REASONS`."""
    principal: str | None = None
    action: str | None = None
    resource: str | None = None
    """As AWS spells it: an ARN, `role NAME`, a bare name."""
    policy_arn: str | None = None
    """The policy that denied, when AWS names it."""
    code: str | None = None
    grant: str | None = None
    """The LakeFormation permission that is required: `Create Database`."""
    unsaid: str = ""
    """What an unspecified refusal tells all the same: a key of `reasons.UNSPECIFIED`; empty when nothing."""
    derived: tuple[str, ...] = ()
    """Fields that were concluded from the text around AWS's message."""
    text: str = field(default="", compare=False)

    @property
    def layer(self) -> str:
        """Who said no: `identity`, `scp`, `boundary`, `lakeformation`, …; `unspecified` when AWS does not tell."""
        return self.reason.removesuffix("_implicit").removesuffix("_explicit")

    @property
    def row(self) -> Reason:
        """What is known of its reason."""
        return UNSPECIFIED.get(self.unsaid, REASONS[self.reason])

    @property
    def who(self) -> str:
        return str(self.row.who)

    @property
    def remedy(self) -> str:
        return self.row.remedy

    @property
    def statement(self) -> dict[str, object] | None:
        """The least-privilege statement that would allow it; None where a policy of the identity cannot."""
        open_to_allows = self.reason == "identity_implicit" or (
            self.reason == "unspecified" and self.unsaid in ("", "assume")
        )
        if not open_to_allows or not self.action:
            return None
        return {"Effect": "Allow", "Action": [self.action], "Resource": _resources(self.resource_arn)}

    @property
    def resource_arn(self) -> str:
        """The resource as an ARN for a policy, `*` when the text does not tell."""
        raw = self.resource or ""
        if raw.startswith("arn:"):
            # Somebody cut or masked the end of it.
            return re.sub(r"\.{3}$|\*{2,}", "*", raw)
        if self.action and self.action.startswith("s3:") and re.fullmatch(r"[a-z0-9][a-z0-9.-]+(/.+)?", raw):
            return f"arn:aws:s3:::{raw}"
        kind, _, name = raw.rpartition(" ")
        account = re.match(r"arn:([\w-]+):\w+::(\d{12}):", self.principal or "")
        if name.startswith("arn:"):
            return name
        if name and account and kind in ("role", "user", "group", "policy", "instance profile"):
            return f"arn:{account[1]}:iam::{account[2]}:{kind.replace(' ', '-')}/{name}"
        return "*"

    def as_dict(self) -> dict[str, object]:
        """For `htd-wizard explain --json`."""
        keys = (
            "reason",
            "principal",
            "action",
            "resource",
            "policy_arn",
            "code",
            "who",
            "remedy",
            "statement",
        )
        return {key: getattr(self, key) for key in keys}


def read(text: str) -> Denial | None:
    """The refusal in `text`, whatever it is wrapped in; None when it holds none."""
    flat = envelopes.flat(text)
    for look in (_refused, _console, _credentials, _lake, _clause_alone, _bare):
        if denial := look(flat):
            return denial
    return None


def read_all(text: str) -> list[Denial]:
    """Every different refusal in `text`, in order."""
    found: list[Denial] = []
    for piece, begins in envelopes.pieces(text):
        for sentence in _sentences(piece, begins):
            denial = read(sentence)
            if denial is not None and denial not in found:
                found.append(denial)
    # What was in the way of the credentials says more than that there are none.
    telling = [d for d in found if d.reason != "no_credentials"]
    return telling if any(d.reason not in DENIALS for d in telling) else found


def explain(text: str, error: BaseException | None = None) -> Problem | None:
    """The refusal in `text` as a problem with a way out; None when it holds none. `error` is what brought it."""
    denial = read(text)
    return as_problem(denial, error) if denial else None


def as_problem(denial: Denial, error: BaseException | None = None) -> Problem:
    """`denial` in words an operator can act on."""
    reason = denial.row
    statement = denial.statement
    general = Problem(
        code=reason.code,
        what=reason.what or _what(denial),
        why=_why(denial),
        remedy=reason.remedy,
        who=reason.who,
        evidence=tuple(line for line in (one_line(denial.text), _policy_line(denial)) if line),
        copy=policy(statement) if statement else "",
        step=reason.step,
    )
    return particulars.exact(general, denial.reason, denial.text, error)


def policy(*statements: dict[str, Any]) -> str:
    """A policy document with these statements, ready to paste."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def _sentences(flat: str, begins: Sequence[int]) -> Iterator[str]:
    """`flat` cut so that each part holds one "is not authorized to perform" with the envelope around it."""
    start = end = 0
    for found in grammar.REFUSED.finditer(flat):
        if end:
            cut = next((begin for begin in begins if end <= begin <= found.start()), end)
            yield flat[start:cut]
            start = cut
        start = max(start, found.start() - _ENVELOPE)
        on = grammar.ON_RESOURCE.match(flat[found.end() :])
        end = found.end() + (on.end() if on else 0)
        if clause := grammar.CLAUSE.match(flat, end + 1):
            end = clause.end()
    yield flat[start:]


def _refused(flat: str) -> Denial | None:
    found = grammar.REFUSED.search(flat)
    if not found:
        return None
    following = grammar.REFUSED.search(flat, found.end())
    rest = flat[found.end() : following.start() if following else None]
    on = grammar.ON_RESOURCE.match(rest)
    resource = None
    if on:
        resource = on["quoted"] or _trimmed(_whole(on["bare"])) or None
        rest = rest[on.end() :]
    reason, policy_arn = _clause(rest)
    action = (found["cut"] or "") + found["action"]
    return Denial(
        reason=reason,
        principal=_principal(found),
        action=action,
        resource=resource,
        policy_arn=policy_arn,
        code=envelopes.code(flat),
        unsaid=_unsaid(rest, action) if reason == "unspecified" else "",
        text=flat,
    )


def _unsaid(rest: str, action: str) -> str:
    """Which row of `reasons.UNSPECIFIED` it is; empty for none."""
    if grammar.DENY.search(rest):
        return "forbidden"
    if grammar.ABSENT.search(rest):
        return "absent"
    if action.startswith("sts:AssumeRoleWith"):
        return "federated"
    return "assume" if action == "sts:AssumeRole" else ""


def _principal(found: re.Match[str]) -> str | None:
    named = (found[group] for group in ("principal", "arn", "service", "piece", "name"))
    return _whole(next((who for who in named if who), "")) or None


def _trimmed(name: str) -> str:
    """`name` without the marks behind it; its own brackets, and three dots that somebody put for its end, stay."""
    while name and name[-1] in ".,;)\"'}]" and not name.endswith("..."):
        opens = {")": "(", "}": "{", "]": "["}.get(name[-1])
        if opens and name.count(opens) >= name.count(name[-1]):
            break
        name = name[:-1]
    return name


def _whole(arn: str) -> str:
    """An ARN without the blank that a line break left behind a slash or a colon."""
    return re.sub(r"(?<=[/:]) ", "", arn) if arn.startswith("arn:") else arn


def _clause(rest: str) -> tuple[str, str | None]:
    """The reason word and the policy's ARN of what follows the resource."""
    if grammar.PUBLIC_POLICY.search(rest):
        return "s3_bpa", None
    clause = grammar.CLAUSE.search(rest[:600])
    if not clause:
        return "unspecified", None
    arn = clause["arn"]
    word = _layer(clause["through"] or clause["layer"])
    if word is None:
        return "unspecified", None
    how = "implicit" if clause["how"].lower().startswith("because") else "explicit"
    return f"{word}_{how}", arn and _trimmed(arn.replace(" ", ""))


def _layer(spelled: str) -> str | None:
    spelled = spelled.lower()
    return next((word for start, word in grammar.LAYERS.items() if spelled.startswith(start)), None)


def _console(flat: str) -> Denial | None:
    """What the AWS console shows, to be sent to an administrator."""
    found = grammar.CONSOLE.search(flat)
    layer = _layer(found["layer"]) if found else None
    if not found or not layer:
        return None
    action = found["action"]
    if ":" not in action:
        action = f"{found['service']}:{action}" if found["service"] else None
    how = "implicit" if found["how"] == "no" else "explicit"
    return Denial(
        f"{layer}_{how}",
        principal=found["principal"],
        action=action,
        resource=found["resource"],
        code=envelopes.code(flat),
        text=flat,
    )


def _clause_alone(flat: str) -> Denial | None:
    """A refusal whose sentence was shortened: the policy is still named, and often the action with it."""
    clause = grammar.CLAUSE.search(flat)
    reason, policy_arn = _clause(flat[clause.start() :]) if clause else ("unspecified", None)
    if reason == "unspecified":
        return None
    who, allows = grammar.ALONE.search(flat), grammar.ALLOWS.search(flat)
    return Denial(
        reason,
        principal=_principal(who) if who else None,
        action=allows["action"] if allows else envelopes.action(flat),
        policy_arn=policy_arn,
        code=envelopes.code(flat),
        text=flat,
    )


def _credentials(flat: str) -> Denial | None:
    for reason, shape in grammar.CREDENTIALS:
        if shape.search(flat):
            return Denial(reason=reason, code=envelopes.code(flat), text=flat)
    return None


def _lake(flat: str) -> Denial | None:
    for shape in grammar.LAKE:
        if found := shape.search(flat):
            parts = found.groupdict()
            action = envelopes.action(flat)
            return Denial(
                reason="lakeformation",
                action=action,
                resource=_trimmed(parts.get("resource") or "") or None,
                code=envelopes.code(flat),
                grant=parts.get("grant"),
                derived=("action",) if action else (),
                text=flat,
            )
    return None


def _bare(flat: str) -> Denial | None:
    public = grammar.PUBLIC_POLICY.search(flat)
    if not public and not grammar.BARE.search(flat):
        return None
    action, resource = envelopes.action(flat), envelopes.named(flat)
    reason = "s3_bpa" if public else "unspecified"
    derived = tuple(name for name, value in (("action", action), ("resource", resource)) if value)
    return Denial(
        reason,
        action=action,
        resource=resource,
        code=envelopes.code(flat),
        unsaid=next((row for row, shape in grammar.BLOCKED if shape.search(flat)), ""),
        derived=derived,
        text=flat,
    )


def _what(denial: Denial) -> str:
    who = one_line(denial.principal, 160) if denial.principal else "You"
    on = f" on {one_line(denial.resource, 160)}" if denial.resource else ""
    if denial.action:
        return f"{who} may not do {denial.action}{on}."
    if denial.grant:
        return f"{who} lack{'s' if denial.principal else ''} the LakeFormation right {denial.grant}{on}."
    return f"AWS refused {one_line(denial.principal, 160) if denial.principal else 'this'}{on}."


def _why(denial: Denial) -> str:
    why = denial.row.why
    several = denial.reason.endswith("_explicit") and denial.reason in DENIALS
    return f"{why} AWS names one reason at a time; there may be another behind it." if several else why


def _resources(arn: str) -> list[str]:
    """Glue asks for the right on a table, on its database and on the catalog that holds them.

    Source: https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
    """
    glue = re.match(r"(?P<where>arn:[\w-]+:glue:[\w-]*:\d*:)(?P<kind>database|table)/(?P<name>[^/]+)", arn)
    if not glue:
        return [arn]
    database = [f"{glue['where']}database/{glue['name']}"] if glue["kind"] == "table" else []
    return [arn, *database, f"{glue['where']}catalog"]


def _policy_line(denial: Denial) -> str:
    return f"The policy that denied it: {denial.policy_arn}" if denial.policy_arn else ""
