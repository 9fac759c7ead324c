"""The table of what every resource type needs is what real Terraform does: it is recorded again and compared."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from wizard.demo.aws import Call
from wizard.demo.recording.record_needs import MODULE, TABLE, Heard, listen, record, table, written
from wizard.services.aws import operations, requirements

SLOW_TYPE = "aws_s3_bucket_lifecycle_configuration"
SLOW_CHANGE = ("aws_kms_key", "is_enabled")
"""Left out unless HTD_SOAK is set: the provider waits a minute for each."""


@pytest.mark.terraform
@pytest.mark.timeout(600)
def test_recorded_again_the_table_is_the_same() -> None:
    soak = bool(os.environ.get("HTD_SOAK"))
    kept = json.loads(TABLE.read_text())
    if not soak:
        del kept[SLOW_TYPE]
        del kept[SLOW_CHANGE[0]]["update"][SLOW_CHANGE[1]]
    recorded, heard = record(slow=soak)
    if not soak:
        recorded[SLOW_CHANGE[0]]["update"].pop(SLOW_CHANGE[1], None)
    for kind in sorted({*recorded, *kept}):
        assert recorded.get(kind) == kept.get(kind), f"{kind}: run `make needs` and read what changed"
    the_names_of_the_actions_agree(heard)


def the_names_of_the_actions_agree(heard: list[Heard]) -> None:
    """Two maps lead from calls to actions, the wizard's by name and the embedded AWS's by request."""
    named = {each.operation: each.call.action for each in heard}
    assert len(named) > 100
    for operation, action in named.items():
        # A version is deleted with a right of its own, which the name of the operation does not show.
        expected = operations.action(*operation.rsplit(" ", 1))
        assert action in (expected, expected.replace("s3:DeleteObject", "s3:DeleteObjectVersion"))


def test_the_table_covers_what_the_module_of_every_type_declares() -> None:
    text = (MODULE / "main.tf").read_text().splitlines()
    declared = {line.split('"')[1] for line in text if line.startswith("resource ")}
    declared |= {"data." + line.split('"')[1] for line in text if line.startswith("data ")}
    assert declared == set(requirements.table())
    assert len(declared) >= 50
    assert requirements.provider().startswith("5.")


def test_the_kept_table_is_written_the_way_the_recorder_writes_it() -> None:
    assert TABLE.read_text() == written(json.loads(TABLE.read_text()))


def test_the_log_is_read_whatever_the_order_of_its_fields(tmp_path: Path) -> None:
    log = tmp_path / "log"
    stamp = "2026-01-01T00:00:00.000Z [DEBUG] provider.aws: HTTP Request Sent:"
    log.write_text(
        f"{stamp} tf_req_id=1 rpc.service=IAM rpc.method=GetRole tf_rpc=ReadResource "
        "tf_resource_type=aws_iam_role http.request.header.amz_sdk_invocation_id=a\n"
        f"{stamp}\n  http.request.body=\n  | Action=CreateUser tf_looks=like\n"
        '   rpc.service="Lake Formation" tf_data_source_type=aws_x amz_sdk_invocation_id=b tf_req_id=2 '
        "tf_rpc=ReadDataSource rpc.method=GetDataLakeSettings\n"
        f"{stamp} tf_req_id=3 rpc.service=STS rpc.method=GetCallerIdentity tf_rpc=ConfigureProvider\n"
    )
    calls = {name: Call(0.0, "x:Y", "*", "", "", 200, False) for name in "ab"}
    heard = [(each.request, each.kind, each.operation) for each in listen(log, calls)]
    assert heard == [
        ("1", "aws_iam_role", "IAM GetRole"),
        ("2", "data.aws_x", "Lake Formation GetDataLakeSettings"),
    ]


def test_a_single_changed_attribute_stands_for_every_other() -> None:
    from wizard.demo.recording.record_needs import _Row

    row = _Row(
        {"x:Get"}, {"update": {"tags": {"x:Tag"}, "description": {"x:Update", "x:Get"}, "plain": set()}}
    )
    assert table({"t": row}, "5")["t"] == {
        "read": ["x:Get"],
        "update": {"*": ["x:Update"], "tags": ["x:Tag"]},
    }
