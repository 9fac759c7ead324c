# What you may want to change. Every other variable has a default: see variables.tf.

# Start of the name of everything that is made: htd-role, htd-instance-profile, htd-user, ...
project_prefix = "htd"

# The region of your Databricks workspace, and another one for the cross-region tests.
aws_region        = "us-east-1"
aws_second_region = "us-west-2"

# The Databricks workspaces whose serverless SQL warehouses may use the role.
#
# How to find the id: open the workspace in a browser and look at the address. The id is the number after o=
#   https://dbc-a1b2c3d4-e5f6.cloud.databricks.com/?o=1234567890123456
# Write databricks-serverless- before it, remove the # below, and apply again.
# Several workspaces: one entry each, separated by commas.
#
# databricks_serverless_workspace_ids = ["databricks-serverless-<workspace id>"]
