# Where LakeFormation guards the catalog, an IAM policy alone does not open it: both must say yes.
# In an account that never set LakeFormation up, these grants are harmless.
# Making them asks for a LakeFormation administrator, or for someone who may pass these rights on.

resource "aws_lakeformation_permissions" "database" {
  principal   = aws_iam_role.this.arn
  permissions = ["ALTER", "CREATE_TABLE", "DESCRIBE"]

  database {
    name = aws_glue_catalog_database.this.name
  }
}

resource "aws_lakeformation_permissions" "tables" {
  principal   = aws_iam_role.this.arn
  permissions = ["ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"]

  table {
    database_name = aws_glue_catalog_database.this.name
    wildcard      = true
  }
}

# The buckets are not registered as LakeFormation locations: the role reaches S3 with its own policy.
