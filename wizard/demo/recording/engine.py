"""The real Terraform: where it and the AWS provider are, and one call of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_ROOTS = (
    "/opt",
    "/usr/share/terraform",
    "/usr/local/share/terraform",
    "~/.terraform.d",
    "~/.local/share/terraform",
)
_PROVIDER = "registry.terraform.io/hashicorp/aws"
_SECONDS = 300


class NoEngine(Exception):
    """Terraform is not on this machine."""


@dataclass(frozen=True)
class Engine:
    """A terraform program and the environment to run it in."""

    program: Path
    environment: Mapping[str, str] = field(repr=False)

    def run(self, folder: Path, *arguments: str, accept: Sequence[int] = (0,)) -> str:
        """Standard output of one call in `folder`.

        Raises RuntimeError, with the end of what was said, on an exit code that is not in `accept`.
        """
        done = subprocess.run(
            [str(self.program), f"-chdir={folder}", *arguments],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode not in accept:
            said = (done.stdout + done.stderr)[-3000:]
            raise RuntimeError(f"terraform {' '.join(arguments)} ended with {done.returncode}:\n{said}")
        return done.stdout


def engine(*, aws_url: str, access_key_id: str, secret_access_key: str, home: Path) -> Engine:
    """Terraform pointed at an embedded AWS, with nothing of the caller's environment but the path.

    `home` is a folder of its own: the CLI configuration goes there.
    Raises NoEngine without a terraform program.
    """
    program = shutil.which("terraform")
    if program is None:
        raise NoEngine("There is no terraform on PATH. Recording needs the real one.")
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "cli.tfrc"
    configuration.write_text(_cli_configuration(find_mirror()))
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return Engine(Path(program), environment)


def find_mirror() -> Path | None:
    """A folder that holds the AWS provider in a mirror's layout, or None.

    HTD_PLUGIN_MIRROR names one; else the places where administrators put mirrors are searched.
    """
    if named := os.environ.get("HTD_PLUGIN_MIRROR"):
        return Path(named)
    for root in _ROOTS:
        base = Path(root).expanduser()
        for depth in ("", "*", "*/*"):
            for found in sorted(base.glob(f"{depth}/{_PROVIDER}" if depth else _PROVIDER)):
                return found.parents[2]
    return None


def _cli_configuration(mirror: Path | None) -> str:
    if mirror is None:
        return ""  # Terraform then asks its registry, as it does by default
    return (
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(str(mirror))}\n  }}\n}}\n"
    )
