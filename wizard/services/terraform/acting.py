"""Whom Terraform acted as: what the module's own look at its caller found while it planned.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/caller_identity
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wizard.core.text import one_line


def callers(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The ARNs of every `aws_caller_identity` in a plan as `show -json` tells it; empty when the module has none."""
    found: list[str] = []
    for part in ("prior_state", "planned_values"):
        values = document.get(part)
        values = values.get("values", values) if isinstance(values, Mapping) else {}
        for resource in _resources(values.get("root_module")):
            arn = (resource.get("values") or {}).get("arn")
            if resource.get("type") == "aws_caller_identity" and isinstance(arn, str) and arn:
                found.append(one_line(arn, 2048))
    return tuple(dict.fromkeys(found))


def _resources(module: object) -> Iterator[Mapping[str, Any]]:
    if not isinstance(module, Mapping):
        return
    for resource in module.get("resources") or []:
        if isinstance(resource, Mapping):
            yield resource
    for child in module.get("child_modules") or []:
        yield from _resources(child)
