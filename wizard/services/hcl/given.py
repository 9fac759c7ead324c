"""A value as a person types it: Terraform's language, or a plain text that needs no quotes."""

from __future__ import annotations

import json

from wizard.core.problem import Problem
from wizard.core.text import one_line
from wizard.services.hcl import json_syntax, syntax
from wizard.services.hcl.document import Document
from wizard.services.hcl.syntax import Malformed

_OPENS = ("[", "{", '"', "<<", "(")


def literal(typed: str, document: Document) -> str:
    """`typed` as it is when it is a value of Terraform's language, else quoted as a text; as `document` spells it.

    A bare word is a text: a .tfvars file may name no variables. So is a number that begins with 0, an account id
    perhaps: Terraform would drop the zero. Raises Problem for a bracket or quote that is never closed, which is
    more likely a slip than a text.
    """
    spelled = _literal(typed)
    if not document.json:
        return spelled
    try:
        json_syntax.value(typed)
    except Malformed:
        node = syntax.value(spelled)
        if not node.literal:
            raise _calculated(typed) from None
        return json.dumps(node.value, ensure_ascii=False)
    return typed if spelled == typed.strip() else json_syntax.quoted(typed)


def _literal(typed: str) -> str:
    try:
        node = syntax.value(typed)
    except Malformed as fault:
        if typed.lstrip().startswith(_OPENS) and "not closed" in str(fault):
            raise _unclosed(typed, fault) from fault
        return syntax.quoted(typed)
    spelled = typed[node.start : node.end]
    if node.kind == "expression" and not spelled.startswith((*_OPENS, "-")) and not spelled[0].isdigit():
        return syntax.quoted(typed)
    if node.kind == "number" and len(spelled) > 1 and spelled.isdigit() and spelled[0] == "0":
        return syntax.quoted(typed)
    return typed if node.whole_line else spelled


def _unclosed(typed: str, fault: Malformed) -> Problem:
    return Problem(
        code="tfvars.value",
        what=f"“{one_line(typed, 80)}” is not a whole value.",
        why=f"Terraform would not read it: {fault}.",
        remedy=f"Close it. If you mean exactly this text, put it in quotes: {syntax.quoted(one_line(typed, 80))}",
    )


def _calculated(typed: str) -> Problem:
    return Problem(
        code="tfvars.value",
        what=f"“{one_line(typed, 80)}” cannot be written to a JSON file.",
        why="Terraform would have to work it out, and JSON holds plain values only.",
        remedy="Give the value itself.",
    )
