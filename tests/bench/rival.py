"""The same plan shown by tftui: run by the Python that HTD_TFTUI names, which has tftui 0.14 installed.

Both sides are given a program in Terraform's place that prints a plan of the same resources, so that only the
reading and showing is compared.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 5
_PROGRAM = """#!{python} -I
import sys
n, k = {resources}, {attributes}
if sys.argv[1:2] == ["plan"]:
    print("Terraform will perform the following actions:")
    for i in range(n):
        print(f'\\n  # aws_s3_object.o["{{i}}"] will be created')
        print(f'  + resource "aws_s3_object" "o" {{{{')
        for j in range(k):
            print(f'      + attribute_{{j}} = "value {{j}} of {{i}}"')
        print("    }}}}")
    print(f"\\nPlan: {{n}} to add, 0 to change, 0 to destroy.")
    sys.exit(2)
if "-json" in sys.argv:
    print("{{}}")
else:
    print("")
"""
_THEIRS = """
import asyncio, resource, sys, time
from dataclasses import replace
from tftui.app import TerraformTUI
from tftui.config import Settings
from tftui.terraform.client import TerraformClient
from tftui.terraform.executor import TerraformExecutor

async def main():
    settings = replace(Settings(), executable=sys.argv[1], run_init=False, offline=True, usage_tracking=False)
    app = TerraformTUI(TerraformClient(TerraformExecutor(sys.argv[1])), settings)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        began = time.perf_counter()
        app.create_plan((), [], destroy=False)
        await app.workers.wait_for_complete()
        await pilot.pause()
        print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

asyncio.run(main())
"""
_OURS = """
import asyncio
from tests.bench import showing
print(*asyncio.run(showing.show_plan()))
"""


def main(resources: int, attributes: int) -> None:
    """Print both sides' medians, and the medians of the ratios; nothing without HTD_TFTUI."""
    python = os.environ.get("HTD_TFTUI", "")
    if not python:
        return
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "terraform"
        program.write_text(_PROGRAM.format(python=sys.executable, resources=resources, attributes=attributes))
        program.chmod(0o755)
        both = [
            (_figures([sys.executable, "-c", _OURS]), _figures([python, "-c", _THEIRS, str(program)]))
            for _ in range(RUNS)
        ]
    time = statistics.median(ours[0] / theirs[0] for ours, theirs in both)
    memory = statistics.median(ours[1] / theirs[1] for ours, theirs in both)
    seconds = [statistics.median(side[0] for side in sides) for sides in zip(*both, strict=True)]
    print(
        f"{'a plan of 20,000 lines, against tftui':<44} {seconds[0] * 1000:8.0f} ms  against "
        f"{seconds[1] * 1000:8.0f} ms   ratio {time:.2f}, memory {memory:.2f}"
    )


def _figures(argv: list[str]) -> tuple[float, float]:
    """Seconds and megabytes that a child prints."""
    said = subprocess.run(argv, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
    seconds, megabytes = map(float, said.split()[-2:])
    return seconds, megabytes
