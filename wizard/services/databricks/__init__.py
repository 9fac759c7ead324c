"""The Databricks workspace: its address, signing in, and every call the wizard makes to it."""
