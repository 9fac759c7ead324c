"""What a front end may load: proven on the modules that are really there afterwards."""

import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "boto3", "botocore", "databricks", "hcl2", "questionary", "moto")

HELP = """
import contextlib, io
from wizard.cli import main
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main(["--help"])
"""


def loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()} & set(HEAVY)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import wizard.core.flow, wizard.core.journal, wizard.core.memory", set()),
        ("import wizard.steps", set()),
        ("import wizard.wiring", set()),
        ("import wizard.plain.printer, wizard.plain.unattended, wizard.plain.guide", set()),
        ("import wizard.ui.app", {"textual", "rich"}),
        (HELP, set()),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str, allowed: set[str]) -> None:
    assert loaded_after(code) <= allowed
