"""Where Terraform gets the AWS provider from: what the operator configured, a mirror on this computer, the registry."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import Paths, private

_PROVIDER = Path("hashicorp") / "aws"
_HOSTS = ("registry.terraform.io", "registry.opentofu.org")
_MIRROR_VARIABLE = "HTD_PLUGIN_MIRROR"


@dataclass(frozen=True)
class ProviderSource:
    """What a Terraform process is told about providers."""

    environ: dict[str, str]
    """The environment, completed."""
    origin: str
    """In words, for the screen."""
    local: bool
    """It is settled without the network: a mirror, or the operator's own configuration."""
    notes: tuple[str, ...] = ()


def environment(environ: Mapping[str, str], paths: Paths) -> ProviderSource:
    """`environ` with whatever Terraform needs to find the AWS provider.

    The operator's own CLI configuration is respected. A variable that names a missing configuration file is
    dropped, because Terraform would warn on every run.
    Source: https://developer.hashicorp.com/terraform/cli/config/config-file
    """
    child = dict(environ)
    notes: tuple[str, ...] = ()
    named = child.get("TF_CLI_CONFIG_FILE", "")
    if named and not Path(named).expanduser().is_file():
        del child["TF_CLI_CONFIG_FILE"]
        notes = (f"TF_CLI_CONFIG_FILE names {named}, which does not exist; it is not used.",)
    own = child.get("TF_CLI_CONFIG_FILE") or next(
        (str(file) for name in (".terraformrc", ".tofurc") if (file := paths.home / name).is_file()), ""
    )
    if own:
        return ProviderSource(_with_cache(child, paths), f"your configuration in {own}", True, notes)
    mirror = find_mirror(environ, paths.home)
    if mirror is not None:
        child["TF_CLI_CONFIG_FILE"] = str(_mirror_configuration(mirror, paths))
        return ProviderSource(child, f"the mirror in {mirror}", True, notes)
    return ProviderSource(_with_cache(child, paths), "the provider registry", False, notes)


def find_mirror(environ: Mapping[str, str], home: Path, roots: Sequence[Path] | None = None) -> Path | None:
    """A folder on this computer that holds the AWS provider the way Terraform lays out a mirror, or None.

    HTD_PLUGIN_MIRROR names one; otherwise the places where Terraform itself looks, and one folder below the usual
    roots for shared software, are searched.
    """
    named = environ.get(_MIRROR_VARIABLE, "")
    places = [Path(named)] if named else [*_implied(home), *_below(roots if roots is not None else _ROOTS)]
    return next((place for place in places if _holds(place)), None)


_ROOTS = tuple(Path(root) for root in ("/opt", "/usr/local/share", "/usr/local/lib", "/usr/share", "/srv"))


def _implied(home: Path) -> list[Path]:
    """Source: https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories"""
    return [
        home / ".terraform.d" / "plugins",
        home / ".local" / "share" / "terraform" / "plugins",
        home / "Library" / "Application Support" / "io.terraform" / "plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
    ]


def _below(roots: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for root in roots:
        try:
            found += sorted(Path(entry.path) for entry in os.scandir(root) if entry.is_dir())
        except OSError:
            continue
    return found


def _holds(place: Path) -> bool:
    for host in _HOSTS:
        try:
            if any((place / host / _PROVIDER).iterdir()):
                return True
        except OSError:
            continue
    return False


def _mirror_configuration(mirror: Path, paths: Paths) -> Path:
    """A CLI configuration that takes the AWS provider from `mirror` and everything else from its registry."""
    include = json.dumps([f"{host}/hashicorp/aws" for host in _HOSTS])
    text = (
        "# Written by htd-wizard, anew in every run.\n"
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror))}\n    include = {include}\n  }}\n"
        f"  direct {{\n    exclude = {include}\n  }}\n}}\n"
    )
    file = private(paths.state) / "mirror.tfrc"
    atomic.write(file, text.encode(), 0o600)
    return file


def _with_cache(child: dict[str, str], paths: Paths) -> dict[str, str]:
    """Terraform unpacks 700 MB of provider into every folder unless it has a cache to link to."""
    if not child.get("TF_PLUGIN_CACHE_DIR"):
        child["TF_PLUGIN_CACHE_DIR"] = str(private(paths.cache / "plugins"))
    return child
