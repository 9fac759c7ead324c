"""Running one SQL statement on a warehouse: https://docs.databricks.com/api/workspace/statementexecution"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wizard.core.event import Line, Wait, Work
from wizard.core.problem import Problem, Who
from wizard.core.text import clean, one_line
from wizard.services.databricks.refusals import UNANSWERED

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.services.databricks.client import Json, Workspace

_ROOT = "/api/2.0/sql/statements"
_LIMIT_SECONDS = 300.0
_LOCATION = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<key>[^\x00-\x1f\x7f'`\"\\]*))?\Z"
)
_TABLE = re.compile(
    r"(?:hive_metastore\.)?(?P<database>[A-Za-z0-9_-]{1,255})\.(?P<table>[A-Za-z0-9_-]{1,255}|\*)\Z"
)
"""A table of the Glue Data Catalog; the names need no quoting beyond backticks."""
_FORMATS = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".parquet": "parquet",
    ".avro": "avro",
    ".orc": "orc",
}
_RESCUED = "_rescued_data"
_ROWS = 10
LOST = "The answer got lost. The query only reads, so it is sent once more."
"""Said before a statement is sent a second time."""


@dataclass(frozen=True)
class Result:
    """What a statement returned."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Values as text; NULL for a missing one."""
    seconds: float
    """From sending the statement to having the rows."""


def execute(
    workspace: Workspace,
    warehouse_id: str,
    statement: str,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Work[Result]:
    """Runs a statement that only reads, and waits for its end; starts the warehouse when it is stopped.

    Yields waits, and says so when it is sent a second time because an answer got lost. Raises Problem with what
    Databricks and AWS said when it fails, or after five minutes.
    """
    begun = clock()
    # A wait of 0 s, because a longer one would outlast the client's own time limit and be sent twice.
    answer = yield from _sent(
        workspace,
        {
            "warehouse_id": warehouse_id,
            "statement": statement,
            "wait_timeout": "0s",
            "disposition": "INLINE",
            "format": "JSON_ARRAY",
        },
    )
    statement_id, pause = one_line(answer.get("statement_id") or "", 64), 0.2
    while statement_id and _state(answer) in ("PENDING", "RUNNING"):
        if clock() - begun > _LIMIT_SECONDS:
            raise _too_slow(workspace, statement_id, statement)
        yield Wait(pause)
        pause = min(pause * 1.5, 2.0)
        answer = workspace.get(f"{_ROOT}/{statement_id}")
    if _state(answer) in ("", "PENDING", "RUNNING"):
        raise _unread(workspace, statement)
    if _state(answer) != "SUCCEEDED":
        raise failed(answer, statement)
    return _result(answer, clock() - begun)


def _sent(workspace: Workspace, body: Json) -> Work[Json]:
    """Sends the statement. A lost answer takes the statement's id with it, so there is nothing to look up."""
    for left in (1, 0):
        try:
            return workspace.once("POST", _ROOT, body)
        except Problem as problem:
            if problem.code != UNANSWERED:
                raise
            if not left:
                raise replace(
                    problem,
                    what="It is not known whether the query ran: its answer got lost twice.",
                    remedy="Try again. It only reads, so it does no harm that it may have run.",
                ) from problem
        yield Line(LOST, "warning", "query")
        yield Wait(1.0)
    raise AssertionError("the second try ends in an answer or a problem")


def location_fault(location: str) -> str | None:
    """One sentence saying what to change in a location or a table's name, or None when it will do."""
    location = location.strip()
    if _LOCATION.match(location) or _TABLE.match(location):
        return None
    if not location.startswith("s3://"):
        return (
            "Give it as s3://bucket/folder/file, or a Glue table as database.table (database.* lists them)."
        )
    return "Give a bucket in lower case and a path without quotes and backslashes."


def read_location(location: str) -> str:
    """The SQL that reads a file or a Glue table, or lists a folder or a database, of at most ten rows.

    Raises Problem for a bad location.
    """
    location = location.strip()
    fault = location_fault(location)
    if fault:
        raise Problem("query.location", "This location cannot be read.", fault, "Give another location.")
    if table := _TABLE.match(location):
        # Glue's tables live in this catalog, whatever the workspace's default catalog is.
        database = f"hive_metastore.`{table['database']}`"
        if table["table"] == "*":
            return f"SHOW TABLES IN {database}"
        return f"SELECT * FROM {database}.`{table['table']}` LIMIT {_ROWS}"  # noqa: S608  # see _TABLE
    suffix = re.search(r"\.[a-z]+\Z", location.rsplit("/", 1)[-1].lower().removesuffix(".gz"))
    kind = _FORMATS.get(suffix[0]) if suffix else None
    if kind is None:
        return f"LIST '{location}' LIMIT {_ROWS}"  # the location holds no quote, see _LOCATION
    header = ", header => true" if kind == "csv" else ""
    return f"SELECT * FROM read_files('{location}', format => '{kind}'{header}) LIMIT {_ROWS}"  # noqa: S608  # see above


def failed(answer: Json, statement: str) -> Problem:
    """The Problem of a statement that did not succeed."""
    status = answer.get("status")
    error = status.get("error") if isinstance(status, dict) else None
    said = one_line(error.get("message") or "", 800) if isinstance(error, dict) else ""
    lower = said.lower()
    command = one_line(statement, 300)
    if _state(answer) in ("CANCELED", "CLOSED"):
        return Problem("query.canceled", "The query was cancelled.", "Somebody stopped it.", "Run it again.")
    for signs, code, why, remedy, who, step in _MEANINGS:
        if any(sign in lower for sign in signs):
            return Problem(code, "The query failed.", why, remedy, who, (said, command), step=step)
    return Problem(
        "query.failed",
        "The query failed.",
        "Databricks could not run it.",
        "Read what was said.",
        Who.WORKSPACE_ADMIN,
        tuple(line for line in (said, command) if line),
    )


SETTLING = (
    "query.trust",
    "query.kms_denied",
    "query.s3_denied",
    "query.glue_denied",
    "query.lakeformation",
    "query.access_denied",
)
"""Refusals that may only mean that AWS does not know of a new right everywhere yet.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

_MEANINGS: tuple[tuple[tuple[str, ...], str, str, str, Who, str], ...] = (
    (
        (
            "no aws credentials",
            "noauthwithaws",
            "unable to load credentials",
            "unable to load aws credentials",
        ),
        "query.no_credentials",
        "The warehouse has no AWS role, so it cannot read S3 or Glue.",
        "Set the instance profile in the step Connect the workspace, then start the warehouse again.",
        Who.WORKSPACE_ADMIN,
        "connect",
    ),
    (
        ("sts:assumerole", "awssecuritytokenservice", "assume role"),
        "query.trust",
        "AWS does not let Databricks take on the role.",
        "Check the role's trust policy for this workspace's id, and apply.",
        Who.AWS_ADMIN,
        "variables",
    ),
    (
        ("credentialname = none",),
        "query.unity_catalog",
        "Unity Catalog's own trust statement of the role is not right; the serverless one is another matter.",
        "Check the external id of the storage credential in the role's trust policy.",
        Who.AWS_ADMIN,
        "variables",
    ),
    (
        ("path_not_found", "path does not exist", "nosuchkey", "nosuchbucket", "filenotfoundexception"),
        "query.path",
        "There is nothing at this place in S3.",
        "Give the location of a file that exists.",
        Who.YOU,
        "",
    ),
    (
        ("lake formation", "lakeformation"),
        "query.lakeformation",
        "LakeFormation keeps grants of its own, and none lets the role read this.",
        "Ask a LakeFormation administrator to grant the role DESCRIBE and SELECT on it, then run it again.",
        Who.LAKE_ADMIN,
        "apply",
    ),
    (
        ("authorized to perform: glue:", "service: awsglue", "glue.model.accessdenied"),
        "query.glue_denied",
        "AWS does not let the role read the Glue Data Catalog.",
        "Check the role's policy for the Glue actions named in what was said, and apply.",
        Who.AWS_ADMIN,
        "apply",
    ),
    (
        ("kms:decrypt", "kms:generatedatakey", "service: awskms", "service: kms", "kms key", "kms.disabled"),
        "query.kms_denied",
        "The data is encrypted with a key that the role may not use, or that is switched off.",
        "Let the key's policy name the role for kms:Decrypt and kms:GenerateDataKey, and see that the key is enabled.",
        Who.AWS_ADMIN,
        "apply",
    ),
    (
        (
            "authorized to perform: s3:",
            "service: amazon s3",
            "amazons3exception",
            "accessdeniedexception: s3",
        ),
        "query.s3_denied",
        "AWS does not let the role read this in S3.",
        "Check the role's policy, the bucket's policy and the key of an encrypted bucket, then run it again.",
        Who.AWS_ADMIN,
        "apply",
    ),
    (
        ("accessdenied", "access denied", "is not authorized to perform", "forbidden", "lake formation"),
        "query.access_denied",
        "AWS does not let the role read this.",
        "Check the role's policies, the bucket policy and LakeFormation for what was said.",
        Who.AWS_ADMIN,
        "apply",
    ),
    (
        ("schema_not_found", "table_or_view_not_found"),
        "query.schema",
        "The database or table is not known to the warehouse.",
        "Check its name, and that the data access configuration names the Glue Data Catalog.",
        Who.WORKSPACE_ADMIN,
        "",
    ),
    (
        ("could not be started", "cluster_not_ready", "temporarily_unavailable"),
        "query.warehouse",
        "The warehouse did not come up for it.",
        "Start the warehouse first and see what it says.",
        Who.YOU,
        "warehouse",
    ),
    (
        ("parse_syntax_error",),
        "query.syntax",
        "The statement is not valid SQL.",
        "Correct the statement.",
        Who.YOU,
        "",
    ),
)


def _state(answer: Json) -> str:
    status = answer.get("status")
    return str(status.get("state") or "") if isinstance(status, dict) else ""


def _result(answer: Json, seconds: float) -> Result:
    manifest, result = answer.get("manifest"), answer.get("result")
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    listed = schema.get("columns") if isinstance(schema, dict) else None
    names = [one_line(c.get("name") or "", 120) for c in listed or [] if isinstance(c, dict)]
    data = result.get("data_array") if isinstance(result, dict) else None
    rows = [
        [None if v is None else clean(v, 10_000) for v in row] for row in data or [] if isinstance(row, list)
    ]
    # read_files adds this column for values that did not fit; when all did, it says nothing.
    if names and names[-1] == _RESCUED and all(len(row) == len(names) and row[-1] is None for row in rows):
        names, rows = names[:-1], [row[:-1] for row in rows]
    return Result(
        tuple(names),
        tuple(tuple("NULL" if value is None else value for value in row) for row in rows),
        seconds,
    )


def _unread(workspace: Workspace, statement: str) -> Problem:
    return Problem(
        "query.unread",
        f"The answer of {workspace.host} does not say what became of the query.",
        "Every answer about a statement says so. Something else may have answered.",
        "Run it again; if it stays, check the address of the workspace and the proxy.",
        evidence=(one_line(statement, 300),),
    )


def _too_slow(workspace: Workspace, statement_id: str, statement: str) -> Problem:
    try:
        workspace.post(f"{_ROOT}/{statement_id}/cancel", {})
        left = "It was cancelled."
    except Problem as problem:
        left = f"It could not be cancelled: {problem.what}"
    return Problem(
        "query.too_slow",
        "The query did not end within five minutes.",
        left,
        "Look at the warehouse's query history, then try again.",
        evidence=(one_line(statement, 300),),
    )
