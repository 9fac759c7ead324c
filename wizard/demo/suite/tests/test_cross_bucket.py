"""Two buckets in one region."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.parametrize("which", ["a", "b"])
def test_each_bucket_is_listed(
    query: Callable[[str], list[list[str]]], bucket: Callable[[str], str], which: str
) -> None:
    assert isinstance(query(f"LIST 's3://{bucket(which)}'"), list)
