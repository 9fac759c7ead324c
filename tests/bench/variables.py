"""What an operator waits for while a file of variables is changed: one edit, one key in the form."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from wizard.services.hcl import editor, form, values, variables
from wizard.services.hcl.document import Document

_VALUES = ('"v"', '["a", "b"]', '{ a = 1, b = "x" }', "42")
_FILE = "".join(f"# about {n}\nname_{n}{' ' * (n % 7)} = {_VALUES[n % 4]} # note {n}\n" for n in range(300))
_MODULE = Path(__file__).parents[2] / "terraform"


def edits() -> None:
    """One proven edit of a file of 300 variables, warm; the target is 60 ms."""
    _print("add to a list, 300 variables", lambda: editor.add_to_list(Document.of(_FILE), "name_149", "new"))
    _print("set a member, 300 variables", lambda: editor.set_value(Document.of(_FILE), "name_150.a", '"x"'))
    _print("insert, 300 variables", lambda: editor.set_value(Document.of(_FILE), "fresh", '"x"'))
    _print("remove, 300 variables", lambda: editor.remove(Document.of(_FILE), "name_150"))


def form_keys() -> None:
    """The checks after a key in the slowest field of the form; the target is 50 ms."""
    declared = variables.declared(_MODULE)
    _print("variables.tf into a form", lambda: form.entries(variables.declared(_MODULE), {}))
    entries = form.entries(declared, values.load_values(_MODULE, {}))
    typed = "[" + ", ".join(f'"databricks-serverless-{10**15 + n}"' for n in range(40)) + "]"

    def key() -> None:
        for entry in entries:
            entry.fault(typed)
            entry.preview(typed)
            entry.fault("")

    _print("a key in all fields, 40 workspaces", key)


def _print(name: str, work: Callable[[], object], runs: int = 15) -> None:
    work()
    taken, busy = [], []
    for _ in range(runs):
        began, worked = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - worked) * 1000)
    print(f"{name:<44} {statistics.median(taken):8.1f} ms  ({statistics.median(busy):.1f} ms of a processor)")
