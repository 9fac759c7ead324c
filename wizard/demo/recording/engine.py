"""The real Terraform: where it and the AWS provider are, and one call of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wizard.core.paths import Paths
from wizard.services.terraform import provider

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
    return Engine(
        Path(program),
        surroundings(home)
        | {
            "AWS_ENDPOINT_URL": aws_url,
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AWS_SECRET_ACCESS_KEY": secret_access_key,
        },
    )


def surroundings(home: Path) -> dict[str, str]:
    """An environment in which Terraform finds the AWS provider, and nobody's credentials or settings."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", provider.MIRROR) if name in os.environ}
    paths = Paths(home, home / "data", home / "state", home / "cache")
    source = provider.environment({**kept, "HOME": str(home)}, paths)
    return source.environ | {
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
