"""The statement execution API: POST a statement, poll it, cancel it.

Shapes: https://docs.databricks.com/api/workspace/statementexecution
"""

from __future__ import annotations

import re
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wizard.demo.workspace.engine import Engine, QueryFailed, Rows
from wizard.demo.workspace.wire import Json, Refused, Reply, Request, Routes, refused

if TYPE_CHECKING:
    from wizard.demo.workspace.launch import Launcher
    from wizard.demo.workspace.state import PretendWarehouse, WorkspaceState


@dataclass
class Execution:
    """One statement on its way."""

    id: str
    statement: str
    warehouse: PretendWarehouse
    state: str = "PENDING"
    error: QueryFailed | None = None
    rows: Rows | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def as_json(self) -> Json:
        """As the API answers it, result inline in JSON_ARRAY form."""
        status: Json = {"state": self.state}
        answer: Json = {"statement_id": self.id, "status": status}
        if self.error is not None:
            status["error"] = {"error_code": self.error.code, "message": self.error.message}
            if self.error.sql_state:
                status["sql_state"] = self.error.sql_state
        if self.rows is None:
            return answer
        columns: list[Json] = [
            {
                "name": name,
                "type_text": kind,
                "type_name": {"BIGINT": "LONG"}.get(kind, kind),
                "position": place,
            }
            for place, (name, kind) in enumerate(self.rows.columns)
        ]
        count = len(self.rows.data)
        answer["manifest"] = {
            "format": "JSON_ARRAY",
            "schema": {"column_count": len(columns), "columns": columns},
            "total_chunk_count": 1 if count else 0,
            "chunks": [{"chunk_index": 0, "row_offset": 0, "row_count": count}] if count else [],
            "total_row_count": count,
            "truncated": False,
        }
        answer["result"] = (
            {
                "chunk_index": 0,
                "row_offset": 0,
                "row_count": count,
                "data_array": [list(row) for row in self.rows.data],
            }
            if count
            else {}
        )
        return answer


class Statements:
    """Statements of one workspace, each run on a thread of its own."""

    def __init__(self, state: WorkspaceState, launcher: Launcher, engine: Engine) -> None:
        self._state = state
        self._launcher = launcher
        self._engine = engine
        self._known: dict[str, Execution] = {}

    def routes(self, routes: Routes) -> None:
        """Adds the three routes."""
        routes.add("POST", "/api/2.0/sql/statements", self.execute)
        routes.add("GET", "/api/2.0/sql/statements/{id}", self.get)
        routes.add("POST", "/api/2.0/sql/statements/{id}/cancel", self.cancel)

    def execute(self, request: Request) -> Reply:
        """Starts a statement and waits for it as long as the caller asks (0 s, or 5 to 50 s)."""
        text, warehouse_id = request.text("statement"), request.text("warehouse_id")
        wait, patient = _wait(request.text("wait_timeout") or "10s"), request.text("on_wait_timeout")
        if not text or not warehouse_id:
            missing = "statement" if not text else "warehouse_id"
            raise refused(400, "INVALID_PARAMETER_VALUE", f"{missing} is required")
        with self._state.changed:
            warehouse = self._state.warehouses.get(warehouse_id)
        if warehouse is None:
            raise refused(400, "INVALID_PARAMETER_VALUE", f"{warehouse_id} is not a valid endpoint id.")
        if not request.user.admin and warehouse.user_permission not in ("CAN_USE", "CAN_MANAGE"):
            message = f"{request.user.name} is not authorized to use or monitor this SQL Endpoint"
            raise refused(403, "PERMISSION_DENIED", message)
        execution = Execution(str(uuid.uuid4()), text, warehouse)
        with self._state.changed:
            self._known[execution.id] = execution
        threading.Thread(target=self._work, args=(execution,), daemon=True).start()
        if not execution.done.wait(wait) and patient == "CANCEL":
            self._end(execution, "CANCELED")
        return Reply(200, execution.as_json())

    def get(self, request: Request) -> Reply:
        """One statement; 404 when unknown."""
        return Reply(200, self._find(request).as_json())

    def cancel(self, request: Request) -> Reply:
        """Cancels a statement that is not finished yet."""
        self._end(self._find(request), "CANCELED")
        return Reply(200, {})

    def _find(self, request: Request) -> Execution:
        with self._state.changed:
            known = self._known.get(request.names["id"])
        if known is None:
            raise refused(404, "NOT_FOUND", f"The statement {request.names['id']} was not found.")
        return known

    def _work(self, execution: Execution) -> None:
        try:
            role = self._running(execution)
            with self._state.changed:
                if execution.state == "PENDING":
                    execution.state = "RUNNING"
            self._end(execution, "SUCCEEDED", rows=self._engine.run(execution.statement, role))
        except QueryFailed as error:
            self._end(execution, "FAILED", error=error)

    def _running(self, execution: Execution) -> str:
        """Waits for the warehouse, starting it when it is stopped; the role of its cluster."""
        warehouse = execution.warehouse
        with self._state.changed:
            if warehouse.state == "STOPPED":
                try:
                    self._launcher.start(warehouse)
                except Refused as refusal:
                    raise QueryFailed(str(refusal), code="TEMPORARILY_UNAVAILABLE") from refusal
            self._state.changed.wait_for(
                lambda: warehouse.state != "STARTING" or execution.done.is_set(), timeout=1200
            )
            if warehouse.state == "RUNNING":
                return warehouse.role_arn
            details = str(warehouse.health.get("details", ""))
            message = f"Cluster {warehouse.id} could not be started. {details}".strip()
            raise QueryFailed(message, code="TEMPORARILY_UNAVAILABLE")

    def _end(
        self, execution: Execution, state: str, *, rows: Rows | None = None, error: QueryFailed | None = None
    ) -> None:
        with self._state.changed:
            if execution.done.is_set():
                return
            execution.state, execution.rows, execution.error = state, rows, error
            execution.done.set()
            self._state.changed.notify_all()


def _wait(text: str) -> float:
    match = re.fullmatch(r"(\d+)s", text)
    seconds = int(match[1]) if match else -1
    if seconds != 0 and not 5 <= seconds <= 50:
        raise refused(
            400, "INVALID_PARAMETER_VALUE", "wait_timeout must be 0s (disables wait), or between 5s and 50s."
        )
    return float(seconds)
