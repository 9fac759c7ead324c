"""What every test stands on: no real account, no real home, no animation."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

from wizard.core.paths import Paths
from wizard.services.terraform import provider

os.environ["TEXTUAL_ANIMATIONS"] = "none"

# The same examples every time, so that red means a change; HTD_SOAK looks for new ones.
hypothesis.settings.register_profile("steady", derandomize=not os.environ.get("HTD_SOAK"), database=None)
hypothesis.settings.load_profile("steady")

_LEADS_OUTSIDE = ("AWS_", "DATABRICKS_", "TF_", "XDG_", "SSH_", "ARM_", "GOOGLE_")


@pytest.fixture(autouse=True)
def _nothing_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home folder, and no variable that leads to an account or to the developer's settings."""
    for name in list(os.environ):
        if (
            name.startswith(_LEADS_OUTSIDE)
            or name.lower().endswith("_proxy")
            or name in ("NO_COLOR", "ACCESSIBLE")
        ):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `terraform` are skipped where it is missing, but never where HTD_REQUIRE_TERRAFORM is set.

    Those marked `soak` wait for HTD_SOAK, so that the whole suite stays within ten minutes.
    """
    if not os.environ.get("HTD_SOAK"):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="runs when HTD_SOAK is set"))
    missing = "" if os.environ.get("HTD_REQUIRE_TERRAFORM") == "1" else _missing()
    if missing:
        for item in items:
            if item.get_closest_marker("terraform"):
                item.add_marker(pytest.mark.skip(reason=missing))


def _missing() -> str:
    """Why real Terraform cannot run here without the network, or empty when it can."""
    if shutil.which("terraform") is None:
        return "no terraform on the PATH"
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        paths = Paths(Path.home(), scratch / "data", scratch / "state", scratch / "cache")
        local = provider.environment(os.environ, paths).local
    return "" if local else "no copy of the AWS provider on this computer; HTD_PLUGIN_MIRROR may name one"
