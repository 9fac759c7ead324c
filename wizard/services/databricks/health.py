"""What a warehouse's state, health and failure code mean, who can mend it, and how.

Meanings of the codes: the REST reference of SQL warehouses (`TerminationReason`). Remedies are ours. Whether to
try again is decided by the reason's type, as Databricks says; the code only chooses better words.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.problem import Who

STATE_WORDS = {
    "RUNNING": "runs",
    "STARTING": "is starting",
    "STOPPING": "is stopping",
    "STOPPED": "is stopped",
    "DELETING": "is being deleted",
    "DELETED": "is deleted",
}
HEALTH_WORDS = {
    "HEALTHY": "healthy",
    "DEGRADED": "degraded: it may work, with known issues",
    "FAILED": "failed: it will probably not answer queries",
    "": "no ill health reported",
}


@dataclass(frozen=True)
class Explanation:
    """Why a warehouse does not come up."""

    cause: str
    remedy: str
    who: Who
    step: str = ""
    """Id of the step where it can be mended, when the wizard can."""
    transient: bool = False
    """True when waiting or trying again may be enough."""


_TRUST = Explanation(
    "AWS does not let Databricks take on the role of the instance profile.",
    "Check that the role's trust policy names databricks-serverless-<workspace id> of this workspace, and apply. "
    "A change made a minute ago may still be spreading; a service control policy can refuse it as well.",
    Who.AWS_ADMIN,
    "variables",
)
_PROFILE = Explanation(
    "The instance profile and its role do not fit together.",
    "Check that the profile exists in AWS, that it holds the role, and that the registration names that role.",
    Who.WORKSPACE_ADMIN,
    "connect",
)
_ARGUMENT = Explanation(
    "A setting that the warehouse starts with is not accepted.",
    "Check the instance profile's registration and the data access properties, secrets in them included.",
    Who.WORKSPACE_ADMIN,
    "connect",
)
_KMS = Explanation(
    "A KMS key that protects the data or the disks cannot be used.",
    "Check that the key is enabled and that the role may use it.",
    Who.AWS_ADMIN,
)
_STS = Explanation(
    "AWS's security token service could not be reached while the warehouse was set up.",
    "Start the warehouse again; it is usually passing.",
    Who.DATABRICKS,
    transient=True,
)
_CHANGED = Explanation(
    "The workspace's SQL configuration changed, so running clusters were ended.",
    "This is expected after the change. Start the warehouse again.",
    Who.YOU,
    "warehouse",
    transient=True,
)
_METASTORE = Explanation(
    "The metastore that the configuration names does not answer or is not allowed.",
    "Serverless works with the Glue Data Catalog, not with an external Hive metastore: check the data access "
    "properties.",
    Who.WORKSPACE_ADMIN,
)
_ACCOUNT = Explanation(
    "The Databricks account or workspace does not allow it: trial, subscription or configuration.",
    "Ask the owner of the Databricks account to look at the account's state.",
    Who.WORKSPACE_ADMIN,
)
_BUDGET = Explanation(
    "A budget or usage policy forbids it.",
    "Ask the owner of the policy.",
    Who.WORKSPACE_ADMIN,
)
_QUOTA = Explanation(
    "A quota is used up.",
    "Choose a smaller size, stop other warehouses, or ask for a higher quota.",
    Who.WORKSPACE_ADMIN,
)
_CAPACITY = Explanation(
    "Databricks has no capacity or a fault on its side just now.",
    "Start the warehouse again in a few minutes; if it stays, open a support case with what was said.",
    Who.DATABRICKS,
    transient=True,
)
_CLASSIC = Explanation(
    "Instances in the customer's own AWS account could not be started, so the warehouse is probably not serverless.",
    "Choose a serverless warehouse, or switch this one to Serverless in its settings.",
    Who.WORKSPACE_ADMIN,
    "workspace",
)
_STOPPED_ON_PURPOSE = Explanation(
    "It was stopped by somebody or by its auto-stop time.",
    "Start it again.",
    Who.YOU,
    "warehouse",
    transient=True,
)
_SECRETS = Explanation(
    "A secret in the configuration cannot be read.",
    "Check the {{secrets/…}} references of the data access properties, and the rights on their scope.",
    Who.WORKSPACE_ADMIN,
)
_OTHER_CLOUD = Explanation(
    "The failure is of another cloud than AWS.",
    "Check that this is the right workspace: instance profiles exist on AWS only.",
    Who.WORKSPACE_ADMIN,
    "workspace",
)

_EXACT = {
    "AWS_AUTHORIZATION_FAILURE": _TRUST,
    "AWS_INSTANCE_PROFILE_UPDATE_FAILURE": _PROFILE,
    "UPDATE_INSTANCE_PROFILE_FAILURE": _PROFILE,
    "INVALID_ARGUMENT": _ARGUMENT,
    "INVALID_AWS_PARAMETER": _PROFILE,
    "AWS_INACCESSIBLE_KMS_KEY_FAILURE": _KMS,
    "AWS_INVALID_KMS_KEY_STATE": _KMS,
    "STS_CLIENT_SETUP_FAILURE": _STS,
    "DATA_ACCESS_CONFIG_CHANGED": _CHANGED,
    "METASTORE_COMPONENT_UNHEALTHY": _METASTORE,
    "HIVEMETASTORE_CONNECTIVITY_FAILURE": _METASTORE,
    "HIVE_METASTORE_PROVISIONING_FAILURE": _METASTORE,
    "WORKSPACE_CONFIGURATION_ERROR": _ACCOUNT,
    "WORKSPACE_CANCELLED_ERROR": _ACCOUNT,
    "TRIAL_EXPIRED": _ACCOUNT,
    "ABUSE_DETECTED": _ACCOUNT,
    "RESOURCE_USAGE_BLOCKED": _ACCOUNT,
    "INACTIVITY": _STOPPED_ON_PURPOSE,
    "USER_REQUEST": _STOPPED_ON_PURPOSE,
    "WORKSPACE_UPDATE": _CAPACITY,
    "COST_CONTROL_ENTITLEMENT_DENIED": _BUDGET,
    "USAGE_POLICY_ENTITLEMENT_DENIED": _BUDGET,
    "AWS_RESOURCE_QUOTA_EXCEEDED": _CLASSIC,
    "AWS_REQUEST_LIMIT_EXCEEDED": _CLASSIC,
    "UNSUPPORTED_INSTANCE_TYPE": _CLASSIC,
}
_BEGINS = (
    ("BUDGET_POLICY_", _BUDGET),
    ("SECRET_", _SECRETS),
    ("AZURE_", _OTHER_CLOUD),
    ("GCP_", _OTHER_CLOUD),
    ("GKE_", _OTHER_CLOUD),
    ("CLOUD_PROVIDER_", _CLASSIC),
    ("NETWORK_", _CLASSIC),
    ("SUBNET_", _CLASSIC),
    ("NPIP_", _CLASSIC),
    ("BOOTSTRAP_", _CLASSIC),
    ("INSTANCE_", _CLASSIC),
    ("AWS_", _CLASSIC),
)
_CONTAINS = (("QUOTA_EXCEEDED", _QUOTA),)
_BY_TYPE = {
    "CLIENT_ERROR": Explanation(
        "A setting of the warehouse or the workspace is not accepted.",
        "Read what was said, mend the setting, and start the warehouse again.",
        Who.WORKSPACE_ADMIN,
    ),
    "SERVICE_FAULT": _CAPACITY,
    "CLOUD_FAILURE": Explanation(
        "AWS had a fault while the warehouse was started.",
        "Start the warehouse again once AWS is well; its health is on the AWS Health Dashboard.",
        Who.DATABRICKS,
        transient=True,
    ),
    "SUCCESS": _STOPPED_ON_PURPOSE,
}
_UNKNOWN = Explanation(
    "Databricks gave no reason that is known here.",
    "Start the warehouse again; if it stays, open a support case with what was said.",
    Who.DATABRICKS,
    transient=True,
)


def explain(code: str, kind: str) -> Explanation:
    """The meaning of a failure code and its type; total, unknown codes fall back to their type."""
    exact = _EXACT.get(code)
    if exact is not None:
        return exact
    # The beginnings below are faults of the customer's side; where Databricks names its own, that counts.
    if kind in ("SERVICE_FAULT", "SUCCESS"):
        return _BY_TYPE[kind]
    for part, meaning in _CONTAINS:
        if part in code:
            return meaning
    for beginning, meaning in _BEGINS:
        if code.startswith(beginning):
            return meaning
    return _BY_TYPE.get(kind, _UNKNOWN)


def is_final(kind: str) -> bool:
    """True when trying again cannot help: the caller has to change something first."""
    return kind == "CLIENT_ERROR"


def words(state: str, health: str) -> str:
    """`is starting, no ill health reported`."""
    state_word = STATE_WORDS.get(state, f"is in the state {state or 'unknown'}")
    return f"{state_word}, {HEALTH_WORDS.get(health, health.lower())}"
