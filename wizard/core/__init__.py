"""The headless heart: pure data and rules, standard library only.

Facts, findings, problems, events and questions are the words every other room speaks. Nothing here knows
of a terminal, of AWS, of Databricks or of Terraform.
"""
