output "instance_profile_arn" {
  description = "ARN of the instance profile: what Databricks asks for."
  value       = aws_iam_instance_profile.this.arn
}

output "instance_profile_name" {
  description = "Name of the instance profile."
  value       = aws_iam_instance_profile.this.name
}

output "role_arn" {
  description = "ARN of the role inside the instance profile. Databricks needs it too, because the two names differ."
  value       = aws_iam_role.this.arn
}

output "role_name" {
  description = "Name of the role inside the instance profile."
  value       = aws_iam_role.this.name
}

output "user_name" {
  description = "Name of the user of the integration tests."
  value       = aws_iam_user.this.name
}

output "bucket_names" {
  description = "The three buckets: data_a and data_b in the first region, remote in the second."
  value = {
    data_a = aws_s3_bucket.data_a.id
    data_b = aws_s3_bucket.data_b.id
    remote = aws_s3_bucket.remote.id
  }
}

output "glue_database" {
  description = "Name of the Glue database."
  value       = aws_glue_catalog_database.this.name
}

output "proof_location" {
  description = "A small CSV file that a healthy warehouse can read."
  value       = "s3://${aws_s3_bucket.data_a.id}/${aws_s3_object.proof.key}"
}

locals {
  warehouse_config = jsonencode({
    enable_serverless_compute = true
    instance_profile_arn      = aws_iam_instance_profile.this.arn
    security_policy           = "DATA_ACCESS_CONTROL"
  })
}

output "next_steps" {
  description = "What is left to do in Databricks, as commands of the Databricks CLI."
  value       = <<-TEXT
    1. Register the instance profile (asks for a workspace admin):

       databricks instance-profiles add ${aws_iam_instance_profile.this.arn} --iam-role-arn ${aws_iam_role.this.arn} --skip-validation

    2. Keep a copy of the workspace's warehouse configuration:

       databricks warehouses get-workspace-warehouse-config > warehouse-config-before.json

    3. Set the instance profile for all SQL warehouses of the workspace:

       databricks warehouses set-workspace-warehouse-config --json '${local.warehouse_config}'

       Mind: this command replaces the whole document. Settings that are in your copy and not in the command
       are lost: add them to the command first. Running warehouses restart.

    4. Start a serverless SQL warehouse and read some rows:

       SELECT * FROM read_files('s3://${aws_s3_bucket.data_a.id}/${aws_s3_object.proof.key}', format => 'csv', header => true)
  TEXT
}
