"""Runs the few statements: assumes the warehouse's role in AWS and reads S3 and Glue with that session."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from wizard.demo.workspace import sql
from wizard.demo.workspace.aws_side import AwsRefused, AwsSide, Keys
from wizard.demo.workspace.state import GLUE_SWITCH, WorkspaceState


class QueryFailed(Exception):
    """A statement that failed, as the statement API reports it."""

    def __init__(self, message: str, *, code: str = "BAD_REQUEST", sql_state: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.sql_state = sql_state


@dataclass(frozen=True)
class Rows:
    """Columns as (name, Spark type) and rows of text, as JSON_ARRAY gives them."""

    columns: tuple[tuple[str, str], ...]
    data: tuple[tuple[str | None, ...], ...]


class Engine:
    """One per workspace; keeps no session between statements, so that a lost right is felt at once."""

    def __init__(self, state: WorkspaceState, aws: AwsSide) -> None:
        self._state = state
        self._aws = aws

    def run(self, statement: str, role_arn: str) -> Rows:
        """Runs a statement with the role of the running cluster. Raises QueryFailed."""
        try:
            read = sql.read(statement)
        except sql.SyntaxRefused as refusal:
            raise QueryFailed(
                f"[PARSE_SYNTAX_ERROR] Syntax error at or near '{refusal.near}'. SQLSTATE: 42601",
                sql_state="42601",
            ) from refusal
        if isinstance(read, sql.Literals):
            return Rows(
                tuple((name, kind) for name, kind, _ in read.columns),
                (tuple(value for _, _, value in read.columns),),
            )
        if isinstance(read, sql.ListFiles):
            return self._list(read, role_arn)
        if isinstance(read, sql.ReadFile):
            return self._read(read, role_arn)
        if isinstance(read, sql.ReadTable):
            return self._table(read, role_arn)
        return self._catalog(read, role_arn)

    def _session(self, role_arn: str, where: str) -> Keys:
        if not role_arn:
            raise QueryFailed(
                f"java.nio.file.AccessDeniedException: {where}: "
                "org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException: No AWS Credentials provided: "
                "Access Denied. The SQL warehouse has no instance profile.",
                sql_state="42501",
            )
        try:
            return self._aws.assume(role_arn)
        except AwsRefused as refusal:
            raise _denied(refusal, where, "AWSSecurityTokenService") from refusal

    def _list(self, read: sql.ListFiles, role_arn: str) -> Rows:
        where = f"s3://{read.bucket}/{read.prefix}"
        s3 = self._aws.client("s3", self._session(role_arn, where))
        prefix = read.prefix if not read.prefix or read.prefix.endswith("/") else read.prefix + "/"
        found: list[tuple[str | None, ...]] = []
        token: dict[str, Any] = {}
        try:
            while True:
                page = self._aws.ask(
                    s3, "list_objects_v2", Bucket=read.bucket, Prefix=prefix, Delimiter="/", **token
                )
                for folder in page.get("CommonPrefixes", []):
                    name = folder["Prefix"]
                    found.append((f"s3://{read.bucket}/{name}", name[len(prefix) :], "0", "0"))
                for entry in page.get("Contents", []):
                    millis = str(int(entry["LastModified"].timestamp() * 1000))
                    key = entry["Key"]
                    found.append(
                        (f"s3://{read.bucket}/{key}", key[len(prefix) :], str(entry["Size"]), millis)
                    )
                if not page.get("IsTruncated"):
                    break
                token = {"ContinuationToken": page["NextContinuationToken"]}
        except AwsRefused as refusal:
            raise _denied(refusal, where, "Amazon S3") from refusal
        columns = (
            ("path", "STRING"),
            ("name", "STRING"),
            ("size", "BIGINT"),
            ("modification_time", "BIGINT"),
        )
        return Rows(columns, tuple(found[: read.limit or None]))

    def _read(self, read: sql.ReadFile, role_arn: str) -> Rows:
        where = f"s3://{read.bucket}/{read.key}"
        s3 = self._aws.client("s3", self._session(role_arn, where))
        try:
            answer = self._aws.ask(s3, "get_object", Bucket=read.bucket, Key=read.key)
            text = answer["Body"].read().decode("utf-8", "replace")
        except AwsRefused as refusal:
            raise _denied(refusal, where, "Amazon S3") from refusal
        return _select(read, [row for row in csv.reader(io.StringIO(text)) if row])

    def _table(self, read: sql.ReadTable, role_arn: str) -> Rows:
        """A Glue table over CSV files without headers, which is what moto can hold."""
        if not self._glue_on():
            raise _no_schema(read.database)
        keys = self._session(role_arn, "glue")
        glue, s3 = self._aws.client("glue", keys), self._aws.client("s3", keys)
        try:
            found = self._aws.ask(glue, "get_table", DatabaseName=read.database, Name=read.table)["Table"]
        except AwsRefused as refusal:
            if refusal.code == "EntityNotFoundException":
                raise _no_table(f"`{read.database}`.`{read.table}`") from refusal
            raise _denied(refusal, "glue", "AWSGlue") from refusal
        storage = found.get("StorageDescriptor") or {}
        where = str(storage.get("Location", "")) or f"s3://{read.database}/{read.table}"
        bucket, _, prefix = where.removeprefix("s3://").partition("/")
        rows: list[tuple[str | None, ...]] = []
        try:
            page = self._aws.ask(s3, "list_objects_v2", Bucket=bucket, Prefix=prefix)
            for entry in page.get("Contents", []):
                body = self._aws.ask(s3, "get_object", Bucket=bucket, Key=entry["Key"])["Body"].read()
                rows += [
                    tuple(row) for row in csv.reader(io.StringIO(body.decode("utf-8", "replace"))) if row
                ]
        except AwsRefused as refusal:
            raise _denied(refusal, where, "Amazon S3") from refusal
        columns = tuple((str(c["Name"]), str(c["Type"]).upper()) for c in storage.get("Columns", []))
        return Rows(columns, tuple(rows[: read.limit or None]))

    def _glue_on(self) -> bool:
        with self._state.changed:
            pairs = self._state.config.get("data_access_config")
        return isinstance(pairs, list) and {"key": GLUE_SWITCH, "value": "true"} in pairs

    def _catalog(self, read: sql.ShowTables | sql.ShowSchemas, role_arn: str) -> Rows:
        glue_on = self._glue_on()
        wanted = read.database if isinstance(read, sql.ShowTables) else ""
        if not glue_on:
            if not wanted or wanted == "default":
                return _catalog_rows(read, ["default"] if not wanted else [])
            raise _no_schema(wanted)
        glue = self._aws.client("glue", self._session(role_arn, "glue"))
        try:
            if not wanted:
                listed = self._aws.ask(glue, "get_databases")
                return _catalog_rows(read, [entry["Name"] for entry in listed["DatabaseList"]])
            self._aws.ask(glue, "get_database", Name=wanted)
            listed = self._aws.ask(glue, "get_tables", DatabaseName=wanted)
            return _catalog_rows(read, [entry["Name"] for entry in listed["TableList"]])
        except AwsRefused as refusal:
            if refusal.code == "EntityNotFoundException":
                raise _no_schema(wanted) from refusal
            raise _denied(refusal, "glue", "AWSGlue") from refusal


def _catalog_rows(read: sql.ShowTables | sql.ShowSchemas, names: list[str]) -> Rows:
    if isinstance(read, sql.ShowSchemas):
        return Rows((("databaseName", "STRING"),), tuple((name,) for name in names))
    columns = (("database", "STRING"), ("tableName", "STRING"), ("isTemporary", "BOOLEAN"))
    return Rows(columns, tuple((read.database, name, "false") for name in names))


def _select(read: sql.ReadFile, table: list[list[str]]) -> Rows:
    width = max((len(row) for row in table), default=0)
    names = table[0] if read.header and table else [f"_c{number}" for number in range(width)]
    body = table[1:] if read.header else table
    if read.count_as:
        return Rows(((read.count_as, "BIGINT"),), ((str(len(body)),),))
    filled: list[list[str | None]] = [[*row, *[None] * (len(names) - len(row))][: len(names)] for row in body]
    if read.rescued:
        names = [*names, "_rescued_data"]
        filled = [[*row, None] for row in filled]
    wanted = [name for column in read.columns for name in (names if column == "*" else [column])]
    for name in wanted:
        if name not in names:
            raise QueryFailed(
                f"[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name "
                f"`{name}` cannot be resolved. SQLSTATE: 42703",
                sql_state="42703",
            )
    places = [names.index(name) for name in wanted]
    rows = tuple(tuple(row[place] for place in places) for row in filled[: read.limit or None])
    return Rows(tuple((name, "STRING") for name in wanted), rows)


def _no_schema(name: str) -> QueryFailed:
    return QueryFailed(
        f"[SCHEMA_NOT_FOUND] The schema `hive_metastore`.`{name}` cannot be found. Verify the spelling and "
        "correctness of the schema and catalog. SQLSTATE: 42704",
        code="NOT_FOUND",
        sql_state="42704",
    )


def _no_table(name: str) -> QueryFailed:
    return QueryFailed(
        f"[TABLE_OR_VIEW_NOT_FOUND] The table or view `hive_metastore`.{name} cannot be found. SQLSTATE: 42P01",
        code="NOT_FOUND",
        sql_state="42P01",
    )


def _denied(refusal: AwsRefused, where: str, service: str) -> QueryFailed:
    """An AWS refusal in the wording of the S3 file system and the Glue client that Databricks runs."""
    said = (
        f"{refusal.message} (Service: {service}; Status Code: {refusal.status}; Error Code: {refusal.code})"
    )
    if refusal.status == 404 or refusal.code in ("NoSuchKey", "NoSuchBucket"):
        return QueryFailed(
            f"[PATH_NOT_FOUND] Path does not exist: {where}. {said} SQLSTATE: 42K03", sql_state="42K03"
        )
    if where == "glue":
        return QueryFailed(f"org.apache.hadoop.hive.ql.metadata.HiveException: {said}", sql_state="42501")
    return QueryFailed(f"java.nio.file.AccessDeniedException: {where}: {said}", sql_state="42501")
