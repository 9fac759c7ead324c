"""Terraform: finding it, running it apart from the terminal, and reading what it says."""
