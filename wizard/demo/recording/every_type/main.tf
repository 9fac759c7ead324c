# Every resource type of the needs table, as small as it can be. The name of a resource says what is special
# about it: the attribute that changes in the second apply, or the option that is set from the start.
# Recorded by `make needs`; never applied anywhere else.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "changed" {
  type    = bool
  default = false
}

variable "slow" {
  type        = bool
  default     = false
  description = "With the types whose creation takes a minute of waiting."
}

locals {
  word = var.changed ? "after" : "before"
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
  trust_changed = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "glue.amazonaws.com" } }]
  })
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = "arn:aws:s3:::needs-${local.word}" }]
  })
  fixed = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = "arn:aws:s3:::needs" }]
  })
}

# ---- IAM ----

resource "aws_iam_role" "plain" {
  name               = "needs-plain"
  assume_role_policy = local.trust
}

resource "aws_iam_role" "assume_role_policy" {
  name               = "needs-assume-role-policy"
  assume_role_policy = var.changed ? local.trust_changed : local.trust
}

resource "aws_iam_role" "description" {
  name               = "needs-description"
  assume_role_policy = local.trust
  description        = local.word
}

resource "aws_iam_role" "max_session_duration" {
  name                 = "needs-duration"
  assume_role_policy   = local.trust
  max_session_duration = var.changed ? 7200 : 3600
}

resource "aws_iam_role" "permissions_boundary" {
  name                 = "needs-boundary"
  assume_role_policy   = local.trust
  permissions_boundary = var.changed ? "arn:aws:iam::aws:policy/PowerUserAccess" : null
}

resource "aws_iam_role" "tags" {
  name               = "needs-tags"
  assume_role_policy = local.trust
  tags               = { (local.word) = "x" }
}

resource "aws_iam_role" "force_detach_policies" {
  name                  = "needs-detached"
  assume_role_policy    = local.trust
  force_detach_policies = true
}

resource "aws_iam_role" "managed_policy_arns" {
  name                = "needs-managed"
  assume_role_policy  = local.trust
  managed_policy_arns = [var.changed ? aws_iam_policy.tags.arn : aws_iam_policy.policy.arn]
}

resource "aws_iam_role" "inline_policy" {
  name               = "needs-inline"
  assume_role_policy = local.trust
  inline_policy {
    name   = local.word
    policy = local.fixed
  }
}

resource "aws_iam_role_policy" "policy" {
  name   = "needs"
  role   = aws_iam_role.plain.name
  policy = local.policy
}

resource "aws_iam_policy" "policy" {
  name   = "needs-policy"
  policy = local.policy
}

resource "aws_iam_policy" "tags" {
  name   = "needs-tags"
  policy = local.fixed
  tags   = { (local.word) = "x" }
}

resource "aws_iam_role_policy_attachment" "plain" {
  role       = aws_iam_role.plain.name
  policy_arn = aws_iam_policy.policy.arn
}

resource "aws_iam_user_policy_attachment" "plain" {
  user       = aws_iam_user.plain.name
  policy_arn = aws_iam_policy.policy.arn
}

resource "aws_iam_instance_profile" "role" {
  name = "needs-role"
  role = var.changed ? aws_iam_role.tags.name : aws_iam_role.plain.name
}

resource "aws_iam_instance_profile" "tags" {
  name = "needs-tags"
  role = aws_iam_role.plain.name
  tags = { (local.word) = "x" }
}

resource "aws_iam_user" "plain" {
  name = "needs-plain"
}

resource "aws_iam_user" "tags" {
  name = "needs-tags"
  tags = { (local.word) = "x" }
}

resource "aws_iam_user" "force_destroy" {
  name          = "needs-forced"
  force_destroy = true
}

resource "aws_iam_group" "plain" {
  name = "needs-plain"
}

resource "aws_iam_group" "name" {
  name = "needs-${local.word}"
}

resource "aws_iam_group_policy" "policy" {
  name   = "needs"
  group  = aws_iam_group.plain.name
  policy = local.policy
}

resource "aws_iam_group_policy_attachment" "plain" {
  group      = aws_iam_group.plain.name
  policy_arn = aws_iam_policy.policy.arn
}

resource "aws_iam_group_membership" "users" {
  name  = "needs"
  group = aws_iam_group.plain.name
  users = [var.changed ? aws_iam_user.tags.name : aws_iam_user.plain.name]
}

resource "aws_iam_openid_connect_provider" "thumbprint_list" {
  url             = "https://thumbs.needs.example.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = [var.changed ? "9e99a48a9960b14926bb7f3b02e22da2b0ab7280" : "cf23df2207d99a74fbe169e3eba035e633b65d94"]
}

resource "aws_iam_openid_connect_provider" "tags" {
  url             = "https://tags.needs.example.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["cf23df2207d99a74fbe169e3eba035e633b65d94"]
  tags            = { (local.word) = "x" }
}

resource "aws_iam_user_policy" "policy" {
  name   = "needs"
  user   = aws_iam_user.plain.name
  policy = local.policy
}

resource "aws_iam_access_key" "status" {
  user   = aws_iam_user.plain.name
  status = var.changed ? "Inactive" : "Active"
}

# ---- S3 ----

resource "aws_s3_bucket" "plain" {
  bucket = "needs-plain"
}

resource "aws_s3_bucket" "tags" {
  bucket = "needs-tags"
  tags   = { (local.word) = "x" }
}

resource "aws_s3_bucket" "force_destroy" {
  bucket        = "needs-forced"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "policy" {
  bucket = aws_s3_bucket.plain.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = var.changed ? "s3:GetObject" : "s3:PutObject"
      Resource  = "arn:aws:s3:::needs-plain/*"
    }]
  })
}

resource "aws_s3_bucket_versioning" "versioning_configuration" {
  bucket = aws_s3_bucket.tags.id
  versioning_configuration {
    status = var.changed ? "Suspended" : "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "rule" {
  bucket = aws_s3_bucket.plain.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = var.changed ? "aws:kms" : "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "block_public_acls" {
  bucket                  = aws_s3_bucket.plain.id
  block_public_acls       = var.changed
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "rule" {
  bucket = aws_s3_bucket.plain.id
  rule {
    object_ownership = var.changed ? "BucketOwnerPreferred" : "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "rule" {
  count  = var.slow ? 1 : 0
  bucket = aws_s3_bucket.plain.id
  rule {
    id     = local.word
    status = "Enabled"
    filter {
      prefix = "x/"
    }
    expiration {
      days = 1
    }
  }
}

resource "aws_s3_bucket_acl" "acl" {
  bucket = aws_s3_bucket.tags.id
  acl    = var.changed ? "public-read" : "private"
}

resource "aws_s3_bucket_acl" "plain" {
  bucket = aws_s3_bucket.force_destroy.id
  acl    = "log-delivery-write"
}

resource "aws_s3_bucket_cors_configuration" "cors_rule" {
  bucket = aws_s3_bucket.plain.id
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["https://${local.word}.example.com"]
  }
}

resource "aws_s3_bucket_logging" "target_prefix" {
  bucket        = aws_s3_bucket.plain.id
  target_bucket = aws_s3_bucket_acl.plain.bucket
  target_prefix = local.word
}

resource "aws_s3_bucket_notification" "queue" {
  bucket = aws_s3_bucket.plain.id
  queue {
    queue_arn     = "arn:aws:sqs:us-east-1:123456789012:needs"
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = local.word
  }
}

resource "aws_s3_bucket_website_configuration" "index_document" {
  bucket = aws_s3_bucket.plain.id
  index_document {
    suffix = "${local.word}.html"
  }
}

resource "aws_s3_object" "content" {
  bucket  = aws_s3_bucket.plain.id
  key     = "content"
  content = local.word
}

resource "aws_s3_object" "tags" {
  bucket  = aws_s3_bucket.plain.id
  key     = "tags"
  content = "x"
  tags    = { (local.word) = "x" }
}

resource "aws_s3_object" "versioned" {
  bucket  = aws_s3_bucket_versioning.versioning_configuration.bucket
  key     = "versioned"
  content = "x"
}

# ---- Glue ----

resource "aws_glue_catalog_database" "description" {
  name        = "needs_description"
  description = local.word
}

resource "aws_glue_catalog_database" "tags" {
  name = "needs_tags"
  tags = { (local.word) = "x" }
}

resource "aws_glue_catalog_table" "description" {
  name          = "needs"
  database_name = aws_glue_catalog_database.description.name
  description   = local.word
}

resource "aws_glue_crawler" "description" {
  name          = "needs-description"
  database_name = aws_glue_catalog_database.description.name
  role          = aws_iam_role.plain.arn
  description   = local.word
  s3_target {
    path = "s3://${aws_s3_bucket.plain.id}/crawled"
  }
}

resource "aws_glue_crawler" "tags" {
  name          = "needs-tags"
  database_name = aws_glue_catalog_database.description.name
  role          = aws_iam_role.plain.arn
  tags          = { (local.word) = "x" }
  s3_target {
    path = "s3://${aws_s3_bucket.plain.id}/crawled"
  }
}

# ---- LakeFormation ----

resource "aws_lakeformation_data_lake_settings" "admins" {
  admins = [var.changed ? aws_iam_role.tags.arn : aws_iam_role.plain.arn]
}

resource "aws_lakeformation_resource" "plain" {
  arn      = aws_s3_bucket.plain.arn
  role_arn = aws_iam_role.plain.arn
}

resource "aws_lakeformation_permissions" "database" {
  principal   = aws_iam_role.plain.arn
  permissions = ["DESCRIBE"]
  database {
    name = aws_glue_catalog_database.description.name
  }
}

resource "aws_lakeformation_permissions" "table" {
  principal   = aws_iam_role.plain.arn
  permissions = ["SELECT"]
  table {
    database_name = aws_glue_catalog_database.description.name
    wildcard      = true
  }
}

# ---- KMS ----

resource "aws_kms_key" "plain" {
  deletion_window_in_days = 7
}

resource "aws_kms_key" "description" {
  deletion_window_in_days = 7
  description             = local.word
}

resource "aws_kms_key" "enable_key_rotation" {
  deletion_window_in_days = 7
  enable_key_rotation     = var.changed
}

resource "aws_kms_key" "is_enabled" {
  count                   = var.slow ? 1 : 0
  deletion_window_in_days = 7
  is_enabled              = !var.changed
}

resource "aws_kms_key" "policy" {
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = local.word
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_key" "tags" {
  deletion_window_in_days = 7
  tags                    = { (local.word) = "x" }
}

resource "aws_kms_key_policy" "policy" {
  key_id = aws_kms_key.plain.key_id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = local.word
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "target_key_id" {
  name          = "alias/needs"
  target_key_id = var.changed ? aws_kms_key.description.key_id : aws_kms_key.plain.key_id
}

# ---- data sources ----

data "aws_caller_identity" "here" {}

data "aws_partition" "here" {}

data "aws_region" "here" {}

data "aws_iam_policy_document" "here" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}

data "aws_iam_role" "here" {
  name = aws_iam_role.plain.name
}

data "aws_iam_instance_profile" "here" {
  name = aws_iam_instance_profile.tags.name
}

data "aws_iam_user" "here" {
  user_name = aws_iam_user.plain.name
}

data "aws_iam_policy" "here" {
  arn = aws_iam_policy.tags.arn
}

data "aws_iam_policy" "by_name" {
  name       = "needs-policy"
  depends_on = [aws_iam_policy.policy]
}

data "aws_s3_bucket" "here" {
  bucket = aws_s3_bucket.plain.id
}

data "aws_kms_key" "here" {
  key_id = aws_kms_key.plain.key_id
}

data "aws_kms_alias" "here" {
  name = aws_kms_alias.target_key_id.name
}

data "aws_lakeformation_data_lake_settings" "here" {
  depends_on = [aws_lakeformation_data_lake_settings.admins]
}

data "aws_iam_group" "here" {
  group_name = aws_iam_group.plain.name
}

data "aws_canonical_user_id" "here" {}

data "aws_s3_object" "here" {
  bucket = aws_s3_object.tags.bucket
  key    = aws_s3_object.tags.key
}

data "aws_arn" "here" {
  arn = aws_iam_role.plain.arn
}

data "aws_default_tags" "here" {}

data "aws_service_principal" "here" {
  service_name = "ec2"
}
