"""What a resource's own policy says to one request: allowed, denied, or a condition that cannot be known from here.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, Sequence[str]]
"""Condition key in lower case -> its values in the request; empty when the request does not carry it."""

UNKNOWABLE = {
    "aws:sourcevpce": "serverless compute comes through Databricks' VPC endpoints, not through yours",
    "aws:sourcevpc": "serverless compute comes from Databricks' network, not from your VPC",
    "aws:vpcsourceip": "serverless compute comes from Databricks' network, not from your VPC",
    "aws:sourceip": "the addresses of serverless compute are Databricks'",
    "aws:principalorgid": "the organisation of the account is not known here",
    "aws:principalorgpaths": "the organisation of the account is not known here",
}
"""Condition key -> why it cannot be decided from here, where that is worth saying."""


@dataclass(frozen=True)
class Request:
    """One action of a session of a role on one resource."""

    role_arn: str
    action: str
    resource: str
    context: Context = field(default_factory=dict)

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4] if self.role_arn.count(":") >= 5 else ""


@dataclass(frozen=True)
class Ruling:
    """What the policy comes to."""

    word: str
    """`Deny`, `Allow`, or empty when it says nothing."""
    unsure: str = ""
    """`Deny` or `Allow` that hangs on what cannot be known; a Deny is the graver."""
    keys: tuple[str, ...] = ()
    """Condition keys, or elements, that it hangs on."""

    @property
    def why(self) -> str:
        """What it hangs on, in words."""
        told = [
            f"{key} ({UNKNOWABLE[key.lower()]})" if key.lower() in UNKNOWABLE else key for key in self.keys
        ]
        return ", ".join(told)


def judge(statements: Sequence[Mapping[str, Any]], request: Request) -> Ruling:
    """The ruling of these statements. An explicit Deny beats every Allow."""
    sure: set[str] = set()
    unsure: dict[str, list[str]] = {}
    for statement in statements:
        effect = str(statement.get("Effect"))
        holds, keys = _applies(statement, request)
        if holds:
            sure.add(effect)
        elif holds is None:
            unsure.setdefault(effect, []).extend(keys)
    word = "Deny" if "Deny" in sure else "Allow" if "Allow" in sure else ""
    hangs = "" if word == "Deny" else "Deny" if "Deny" in unsure else "Allow" if unsure and not word else ""
    return Ruling(word, hangs, tuple(dict.fromkeys(unsure.get(hangs, []))))


def hands_over(statements: Sequence[Mapping[str, Any]], request: Request) -> bool:
    """The policy leaves the decision to the policies of the role's own account, as a key's does by default.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    accounts = {request.account, _root(request)}
    return any(
        statement.get("Effect") == "Allow"
        and bool(accounts & _named(statement.get("Principal")))
        and _what(statement, request)
        and _conditions(statement, request.context)[0] is not False
        for statement in statements
    )


def statements_of(document: object) -> list[Mapping[str, Any]] | None:
    """The statements of a policy document; None when it is none."""
    if not isinstance(document, Mapping) or "Statement" not in document:
        return None
    return [each for each in listed(document["Statement"]) if isinstance(each, Mapping)]


def role_context(role_arn: str) -> dict[str, Sequence[str]]:
    """What is known of every request that serverless compute makes with a session of the role.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    account = Request(role_arn, "", "").account
    absent = (
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:principalservicename",
        "aws:username",
        "aws:multifactorauthage",
    )
    return {
        **dict.fromkeys(absent, ()),
        "aws:principalarn": (role_arn,),
        "aws:principalaccount": (account,),
        "aws:principaltype": ("AssumedRole",),
        "aws:principalisawsservice": ("false",),
        "aws:viaawsservice": ("false",),
        "aws:multifactorauthpresent": ("false",),
        "aws:securetransport": ("true",),
    }


def listed(value: object) -> list[Any]:
    """A list of what may stand alone in a policy."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def matches(patterns: object, value: str, *, fold: bool = False) -> bool:
    """IAM's wildcards are `*` and `?` alone; brackets mean themselves."""
    wanted = value.lower() if fold else value
    return any(
        fnmatchcase(wanted, (str(each).lower() if fold else str(each)).replace("[", "[[]"))
        for each in listed(patterns)
    )


def _applies(statement: Mapping[str, Any], request: Request) -> tuple[bool | None, list[str]]:
    """Whether a statement is about this request; None with what it hangs on."""
    if not _what(statement, request):
        return False, []
    who, keys = _who(statement, request)
    if who is False:
        return False, []
    holds, more = _conditions(statement, request.context)
    if holds is False:
        return False, []
    return (True if who and holds else None), [*keys, *more]


def _what(statement: Mapping[str, Any], request: Request) -> bool:
    if "NotAction" in statement:
        acts = not matches(statement["NotAction"], request.action, fold=True)
    else:
        acts = matches(statement.get("Action"), request.action, fold=True)
    if "NotResource" in statement:
        return acts and not matches(statement["NotResource"], request.resource)
    return acts and matches(statement.get("Resource", "*"), request.resource)


def _who(statement: Mapping[str, Any], request: Request) -> tuple[bool | None, list[str]]:
    """Whether a statement names the role. The account's root in an Allow only hands over to IAM."""
    if "NotPrincipal" in statement:
        # Who is left out has to be named with his session as well, and sessions are named anew each time.
        spared = _named(statement["NotPrincipal"]) & {request.role_arn, request.account, _root(request), "*"}
        return (None, ["NotPrincipal"]) if spared else (True, [])
    named = _named(statement.get("Principal"))
    if named & {"*", request.role_arn}:
        return True, []
    if statement.get("Effect") == "Deny" and named & {request.account, _root(request)}:
        return True, []
    name = request.role_arn.rsplit("/", 1)[-1]
    if any(f":{request.account}:assumed-role/{name}/" in each for each in named):
        return None, ["Principal (one session of the role)"]
    return False, []


def _named(who: object) -> set[str]:
    return {str(each) for each in listed(who.get("AWS") if isinstance(who, Mapping) else who)}


def _root(request: Request) -> str:
    return f"{request.role_arn.partition(':role/')[0]}:root"


def _conditions(statement: Mapping[str, Any], context: Context) -> tuple[bool | None, list[str]]:
    """Whether every condition is met; None with the keys that cannot be known, unless one is surely not met."""
    block = statement.get("Condition")
    unknown: list[str] = []
    for operator, pairs in block.items() if isinstance(block, Mapping) else ():
        for key, wanted in pairs.items() if isinstance(pairs, Mapping) else ():
            held = _holds(str(operator), str(key).lower(), [_text(each) for each in listed(wanted)], context)
            if held is False:
                return False, []
            if held is None:
                unknown.append(str(key))
    return (None if unknown else True), unknown


def _holds(operator: str, key: str, wanted: list[str], context: Context) -> bool | None:
    qualifier, _, bare = operator.lower().rpartition(":")
    if_exists = bare.endswith("ifexists")
    bare = bare.removesuffix("ifexists")
    if key == "s3:tlsversion" and bare == "numericlessthan":
        # S3 takes nothing below 1.2; whether it is 1.3 is not known.
        return False if all(_number(each) <= 1.2 for each in wanted) else None
    if key not in context or any("${" in each for each in wanted):
        return None
    values = context[key]
    if bare == "null":
        return (not values) == (wanted[:1] == ["true"])
    negative = "not" in bare
    compare = _COMPARE.get(bare.replace("not", "", 1))
    if compare is None:
        return None
    if not values:
        return if_exists or negative or qualifier == "forallvalues"
    hits = [any(compare(value, each) for each in wanted) != negative for value in values]
    return all(hits) if negative or qualifier == "forallvalues" else any(hits)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": lambda value, wanted: value == wanted,
    "stringequalsignorecase": lambda value, wanted: value.lower() == wanted.lower(),
    "stringlike": lambda value, wanted: matches(wanted, value),
    "arnequals": lambda value, wanted: matches(wanted, value),
    "arnlike": lambda value, wanted: matches(wanted, value),
    "bool": lambda value, wanted: value.lower() == wanted.lower(),
}
