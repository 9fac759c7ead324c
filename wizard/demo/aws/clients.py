"""boto3 clients that can reach nothing but the embedded AWS."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import Any

from wizard.demo.aws.principals import Keys


class ClientFactory:
    """Makes and keeps boto3 clients; reads no profile, no config file, no AWS_* variable."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._made: dict[tuple[str, Keys, str], Any] = {}

    def client(self, service: str, keys: Keys, region: str) -> Any:
        """The boto3 client for a service, a principal and a region. It may be shared by threads."""
        with self._lock:
            made = self._made.get((service, keys, region))
            if made is None:
                made = self._made[service, keys, region] = self._make(service, keys, region)
            return made

    def _make(self, service: str, keys: Keys, region: str) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=20,
            ignore_configured_endpoint_urls=True,
            proxies={},
        )
        return _session().client(
            service,
            region_name=region,
            endpoint_url=self._url,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token or None,
            config=config,
        )


@lru_cache(maxsize=1)
def _session() -> Any:
    """The session behind every client: service models are read once a process, settings never."""
    import boto3
    import botocore.session

    core = botocore.session.Session(
        session_vars={
            # (config name, environment variable, default, conversion): neither of the first two.
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session(botocore_session=core)
