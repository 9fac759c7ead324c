# A database of the AWS Glue Data Catalog whose tables live in the first bucket.
resource "aws_glue_catalog_database" "this" {
  # Spark and Hive do not accept hyphens in a database name without quoting.
  name         = "${replace(var.project_prefix, "-", "_")}_db"
  description  = "Tables for the Databricks tests of ${var.project_prefix}"
  location_uri = "s3://${aws_s3_bucket.data_a.id}/glue/"
}
