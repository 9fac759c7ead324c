"""A warehouse to query, found the way the real tests find it: four variables and two profiles."""

from __future__ import annotations

import configparser
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest

Query = Callable[[str], list[list[str]]]


@pytest.fixture(scope="session")
def query() -> Query:
    """Runs a statement on HIVE_TO_DELTA_TEST_WAREHOUSE_ID and gives its rows."""
    host, warehouse = os.environ["DATABRICKS_HOST"], os.environ["HIVE_TO_DELTA_TEST_WAREHOUSE_ID"]
    config = configparser.ConfigParser()
    config.read(os.environ.get("DATABRICKS_CONFIG_FILE") or Path.home() / ".databrickscfg")
    token = config[os.environ["DATABRICKS_CONFIG_PROFILE"]]["token"]

    def call(method: str, path: str, body: object = None) -> Any:
        request = Request(f"{host}{path}", method=method, data=json.dumps(body).encode() if body else None)  # noqa: S310  # the demo's own workspace
        request.add_header("Authorization", f"Bearer {token}")
        with urlopen(request, timeout=30) as answer:  # noqa: S310  # the demo's own workspace
            return json.load(answer)

    def run(statement: str) -> list[list[str]]:
        root = "/api/2.0/sql/statements"
        answer = call(
            "POST", root, {"warehouse_id": warehouse, "statement": statement, "wait_timeout": "30s"}
        )
        while answer["status"]["state"] in ("PENDING", "RUNNING"):
            time.sleep(0.1)
            answer = call("GET", f"{root}/{answer['statement_id']}")
        assert answer["status"]["state"] == "SUCCEEDED", answer["status"]["error"]["message"]
        return list(answer["result"].get("data_array", []))

    return run


@pytest.fixture(scope="session")
def database() -> str:
    """Name of the Glue database."""
    return os.environ["HIVE_TO_DELTA_TEST_GLUE_DATABASE"]


@pytest.fixture(scope="session")
def bucket(database: str) -> Callable[[str], str]:
    """`bucket("b")`: the name of one of the module's three buckets in the account of AWS_PROFILE."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    prefix = database.removesuffix("_db").replace("_", "-")
    return lambda which: f"{prefix}-data-{which}-{account}"
