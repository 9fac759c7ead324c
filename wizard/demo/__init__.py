"""A pretend outside world, plugged in at the wire.

The wizard's own code, boto3, databricks-sdk and Terraform talk real HTTP to servers on loopback. Nothing here is
imported by the rest of the wizard but by `wizard.wiring`.
"""
