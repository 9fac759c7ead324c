locals {
  role_name = "${var.project_prefix}-role"
  role_arn  = "arn:${local.partition}:iam::${local.account_id}:role/${local.role_name}"

  # Databricks' side of the handshake, the same for every customer.
  # https://docs.databricks.com/en/connect/storage/tutorial-s3-instance-profile.html
  databricks_serverless_principal = "arn:${local.partition}:iam::790110701330:role/serverless-customer-resource-role"

  # ---- who may use the role ----

  # Machines of your own account, which classic Databricks clusters are.
  trust_ec2 = [{
    Sid       = "ClassicClusters"
    Effect    = "Allow"
    Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
    Action    = "sts:AssumeRole"
  }]

  # Serverless warehouses run in Databricks' account. The external id says for which workspace they ask,
  # so that no other customer of Databricks can borrow this role.
  trust_serverless = length(var.databricks_serverless_workspace_ids) == 0 ? [] : [{
    Sid       = "DatabricksServerless"
    Effect    = "Allow"
    Principal = { AWS = local.databricks_serverless_principal }
    Action    = "sts:AssumeRole"
    Condition = { StringEquals = { "sts:ExternalId" = distinct(var.databricks_serverless_workspace_ids) } }
  }]

  # Unity Catalog also asks that the role may assume itself. The account's root with a condition stands for
  # the role, because a trust policy cannot name a role that is only now being made.
  trust_unity_catalog = var.uc_external_id == "" ? [] : [
    {
      Sid       = "UnityCatalog"
      Effect    = "Allow"
      Principal = { AWS = var.uc_master_role_arn }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.uc_external_id } }
    },
    {
      Sid       = "UnityCatalogSelf"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account_id}:root" }
      Action    = "sts:AssumeRole"
      Condition = { ArnEquals = { "aws:PrincipalArn" = local.role_arn } }
    },
  ]

  # ---- what the role and the user may reach ----

  buckets_arns = sort(values(local.bucket_arns))
  objects_arns = [for arn in local.buckets_arns : "${arn}/*"]

  glue_arn = "arn:${local.partition}:glue:${var.aws_region}:${local.account_id}"
  glue_database_arns = [
    "${local.glue_arn}:catalog",
    "${local.glue_arn}:database/${aws_glue_catalog_database.this.name}",
    "${local.glue_arn}:table/${aws_glue_catalog_database.this.name}/*",
  ]

  glue_read = [
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTableVersions",
    "glue:GetTables",
    "glue:GetUserDefinedFunctions",
  ]
  glue_write = [
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
    "glue:BatchUpdatePartition",
    "glue:CreatePartition",
    "glue:CreateTable",
    "glue:DeletePartition",
    "glue:DeleteTable",
    "glue:UpdatePartition",
    "glue:UpdateTable",
  ]
}

# ---- the role that Databricks uses ----

resource "aws_iam_role" "this" {
  name        = local.role_name
  description = "Lets Databricks read and write the S3 buckets and the Glue database of ${var.project_prefix}"
  tags        = local.tags

  # jsonencode, not a data source: adding a workspace then changes this one resource and nothing else.
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.trust_ec2, local.trust_serverless, local.trust_unity_catalog)
  })
}

resource "aws_iam_role_policy" "s3" {
  name = "s3"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Buckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
        Resource = local.buckets_arns
      },
      {
        Sid      = "Objects"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = local.objects_arns
      },
    ]
  })
}

resource "aws_iam_role_policy" "glue" {
  name = "glue"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Database"
        Effect   = "Allow"
        Action   = concat(local.glue_read, local.glue_write, ["glue:UpdateDatabase"])
        Resource = local.glue_database_arns
      },
      {
        # Spark opens the database called default at every start, and global_temp for temporary views.
        Sid    = "SparkStart"
        Effect = "Allow"
        Action = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetUserDefinedFunctions"]
        Resource = [
          "${local.glue_arn}:catalog",
          "${local.glue_arn}:database/default",
          "${local.glue_arn}:database/global_temp",
          "${local.glue_arn}:table/default/*",
          "${local.glue_arn}:table/global_temp/*",
        ]
      },
      {
        # SHOW DATABASES lists names only, and AWS does not offer to narrow the list.
        Sid      = "ListDatabases"
        Effect   = "Allow"
        Action   = "glue:GetDatabases"
        Resource = ["${local.glue_arn}:catalog", "${local.glue_arn}:database/*"]
      },
    ]
  })
}

resource "aws_iam_role_policy" "lakeformation" {
  name = "lakeformation"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # AWS has no narrower form of this action; what it really opens is decided by the LakeFormation grants.
      Sid      = "DataAccess"
      Effect   = "Allow"
      Action   = "lakeformation:GetDataAccess"
      Resource = "*"
    }]
  })
}

resource "aws_iam_role_policy" "unity_catalog" {
  count = var.uc_external_id == "" ? 0 : 1

  name = "unity-catalog"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "AssumeItself"
      Effect   = "Allow"
      Action   = "sts:AssumeRole"
      Resource = local.role_arn
    }]
  })
}

# The wrapper by which Databricks knows the role. Its name differs from the role's, so register it in Databricks
# together with the role's ARN (the output next_steps shows how).
resource "aws_iam_instance_profile" "this" {
  name = "${var.project_prefix}-instance-profile"
  role = aws_iam_role.this.name
  tags = local.tags
}

# ---- the user of the integration tests ----

# It reads and writes test data, and nothing more: it cannot look at roles, users, bucket policies or
# LakeFormation, so it cannot run this module. Sign in as someone else for that.
# Its access key is not made here: a key made by Terraform stays readable in the state file.
resource "aws_iam_user" "this" {
  name = "${var.project_prefix}-user"
  tags = local.tags

  # Without this, a key that somebody made by hand would stop terraform destroy.
  force_destroy = true
}

resource "aws_iam_user_policy" "integration_tests" {
  name = "integration-tests"
  user = aws_iam_user.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Buckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = local.buckets_arns
      },
      {
        Sid      = "Objects"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = local.objects_arns
      },
      {
        Sid      = "Database"
        Effect   = "Allow"
        Action   = concat(local.glue_read, local.glue_write)
        Resource = local.glue_database_arns
      },
    ]
  })
}
