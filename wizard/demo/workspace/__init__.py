"""A pretend Databricks workspace: a small REST server on loopback whose warehouse really tries.

The shapes follow public material on the Databricks REST API; nothing here decides success by a flag.
A warehouse turns healthy only if the AWS it is pointed at would let Databricks assume the role.
"""

from wizard.demo.workspace.faults import Fault, Faults
from wizard.demo.workspace.server import EmbeddedWorkspace
from wizard.demo.workspace.wire import Call

__all__ = ["Call", "EmbeddedWorkspace", "Fault", "Faults"]
