"""Reading and changing .tfvars files byte by byte, and reading what variables.tf declares."""
