"""A bucket in the second region."""

from __future__ import annotations

from collections.abc import Callable


def test_the_remote_bucket_is_listed(
    query: Callable[[str], list[list[str]]], bucket: Callable[[str], str]
) -> None:
    assert isinstance(query(f"LIST 's3://{bucket('remote')}'"), list)
