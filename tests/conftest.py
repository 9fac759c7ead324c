"""What every test stands on: no real account, no real home, no animation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["TEXTUAL_ANIMATIONS"] = "none"

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
    """Tests marked `terraform` are skipped where it is missing, but never where HTD_REQUIRE_TERRAFORM is set."""
    if os.environ.get("HTD_REQUIRE_TERRAFORM") == "1" or shutil.which("terraform"):
        return
    reason = pytest.mark.skip(reason="no terraform on the PATH")
    for item in items:
        if item.get_closest_marker("terraform"):
            item.add_marker(reason)


@pytest.fixture
def private_umask() -> Iterator[None]:
    """The strictest umask an operator may have."""
    before = os.umask(0o077)
    yield
    os.umask(before)
