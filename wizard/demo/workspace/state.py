"""What the pretend workspace remembers: its configuration document, registrations and warehouses."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.demo.workspace.wire import Json

GLUE_SWITCH = "spark.databricks.hive.metastore.glueCatalog.enabled"
"""Data access property that makes the Glue Data Catalog the metastore.

Source: https://docs.databricks.com/aws/en/archive/external-metastores/aws-glue-metastore
"""

SIZES = {
    "2X-Small": "XXSMALL",
    "X-Small": "XSMALL",
    "Small": "SMALL",
    "Medium": "MEDIUM",
    "Large": "LARGE",
    "X-Large": "XLARGE",
}


def first_config() -> Json:
    """The document of a workspace somebody else set up: no profile yet, but things that must survive."""
    return {
        "security_policy": "DATA_ACCESS_CONTROL",
        "channel": {"name": "CHANNEL_NAME_CURRENT"},
        "enable_serverless_compute": True,
        "data_access_config": [{"key": GLUE_SWITCH, "value": "true"}],
        "sql_configuration_parameters": {
            "configuration_pairs": [{"key": "ANSI_MODE", "value": "true"}],
        },
        "enabled_warehouse_types": [
            {"warehouse_type": "PRO", "enabled": True},
            {"warehouse_type": "CLASSIC", "enabled": True},
            {"warehouse_type": "REYDEN", "enabled": False},
        ],
        "statement_history_days": 30,
    }


@dataclass(frozen=True)
class Registration:
    """One registered instance profile."""

    instance_profile_arn: str
    iam_role_arn: str = ""
    is_meta: bool = False

    def as_json(self) -> Json:
        """As the list call shows it; an absent role is an absent key."""
        shown: Json = {"instance_profile_arn": self.instance_profile_arn}
        if self.iam_role_arn:
            shown["iam_role_arn"] = self.iam_role_arn
        return {**shown, "is_meta_instance_profile": self.is_meta}

    @property
    def profile_name(self) -> str:
        """The text after the last slash of the profile's ARN."""
        return self.instance_profile_arn.rsplit("/", 1)[-1]

    @property
    def role_name(self) -> str:
        """The registered role's name, or the profile's name when no role was registered.

        Source: `iam_role_arn` at https://docs.databricks.com/api/workspace/instanceprofiles/add
        """
        return self.iam_role_arn.rsplit("/", 1)[-1] or self.profile_name


@dataclass
class PretendWarehouse:
    """One SQL warehouse and how its last start went."""

    id: str
    name: str
    serverless: bool
    warehouse_type: str
    size: str
    auto_stop_mins: int
    user_permission: str
    """What users who are not admins may do: CAN_MANAGE, CAN_USE, CAN_VIEW or empty."""
    state: str
    stale_reads: int = 0
    """Reads that will still answer STOPPED although a start was accepted."""
    num_clusters: int = 0
    sessions: int = 0
    """People and programs that are connected."""
    health: Json = field(default_factory=dict)
    """As shown in the API; empty when not reported."""
    role_arn: str = ""
    """The role its running cluster reads data with; empty without an instance profile."""
    start_number: int = 0
    """Counts starts and stops, so that a late timer of an earlier one does nothing."""

    def as_json(self, host: str) -> Json:
        """As GET shows it. The shape follows recorded responses."""
        stale = self.stale_reads > 0
        shown: Json = {
            "id": self.id,
            "name": self.name,
            "size": SIZES.get(self.size, self.size.upper()),
            "cluster_size": self.size,
            "min_num_clusters": 1,
            "max_num_clusters": 1,
            "auto_stop_mins": self.auto_stop_mins,
            "auto_resume": True,
            "creator_name": "admin@example.com",
            "creator_id": 1000012345,
            "tags": {},
            "spot_instance_policy": "COST_OPTIMIZED",
            "enable_photon": True,
            "channel": {},
            "enable_serverless_compute": self.serverless,
            "warehouse_type": self.warehouse_type,
            "num_clusters": 0 if stale else self.num_clusters,
            "num_active_sessions": 0 if stale else self.sessions,
            "state": "STOPPED" if stale else self.state,
            "jdbc_url": f"jdbc:spark://{host}:443/default;transportMode=http;ssl=1;AuthMech=3;"
            f"httpPath=/sql/1.0/warehouses/{self.id};",
            "odbc_params": {
                "hostname": host,
                "path": f"/sql/1.0/warehouses/{self.id}",
                "protocol": "https",
                "port": 443,
            },
        }
        if self.health and not stale:
            shown["health"] = copy.deepcopy(self.health)
        return shown


class WorkspaceState:
    """Everything behind one lock; `changed` wakes whoever waits for a warehouse."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.config = first_config()
        self.profiles: dict[str, Registration] = {}
        self.warehouses: dict[str, PretendWarehouse] = {}
