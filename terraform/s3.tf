# Three buckets: two in the first region (reading across buckets), one in the second (reading across regions).
# The account number at the end makes the names unique: bucket names are shared by all customers of AWS.

locals {
  bucket_names = {
    data_a = "${var.project_prefix}-data-a-${local.account_id}"
    data_b = "${var.project_prefix}-data-b-${local.account_id}"
    remote = "${var.project_prefix}-data-remote-${local.account_id}"
  }

  bucket_arns = { for key, name in local.bucket_names : key => "arn:${local.partition}:s3:::${name}" }

  # Written with jsonencode, not as a data source: a data source would wait for the role at every change
  # of its trust policy, and the plan would then announce changes to all three buckets that never come.
  bucket_policies = {
    for key, arn in local.bucket_arns : key => jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "OnlyEncryptedConnections"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = [arn, "${arn}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "ListForTheRole"
          Effect    = "Allow"
          Principal = { AWS = aws_iam_role.this.arn }
          Action    = ["s3:GetBucketLocation", "s3:ListBucket"]
          Resource  = arn
        },
        {
          Sid       = "ObjectsForTheRole"
          Effect    = "Allow"
          Principal = { AWS = aws_iam_role.this.arn }
          Action    = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
          Resource  = "${arn}/*"
        },
      ]
    })
  }
}

# ---- first region ----

resource "aws_s3_bucket" "data_a" {
  bucket = local.bucket_names.data_a
}

resource "aws_s3_bucket_public_access_block" "data_a" {
  bucket = aws_s3_bucket.data_a.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data_a" {
  bucket = aws_s3_bucket.data_a.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "data_a" {
  bucket = aws_s3_bucket.data_a.id
  policy = local.bucket_policies.data_a

  # S3 refuses two changes to one bucket at the same moment.
  depends_on = [aws_s3_bucket_public_access_block.data_a]
}

resource "aws_s3_bucket" "data_b" {
  bucket = local.bucket_names.data_b
}

resource "aws_s3_bucket_public_access_block" "data_b" {
  bucket = aws_s3_bucket.data_b.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data_b" {
  bucket = aws_s3_bucket.data_b.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "data_b" {
  bucket = aws_s3_bucket.data_b.id
  policy = local.bucket_policies.data_b

  depends_on = [aws_s3_bucket_public_access_block.data_b]
}

# ---- second region ----

resource "aws_s3_bucket" "remote" {
  provider = aws.second
  bucket   = local.bucket_names.remote
}

resource "aws_s3_bucket_public_access_block" "remote" {
  provider = aws.second
  bucket   = aws_s3_bucket.remote.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "remote" {
  provider = aws.second
  bucket   = aws_s3_bucket.remote.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "remote" {
  provider = aws.second
  bucket   = aws_s3_bucket.remote.id
  policy   = local.bucket_policies.remote

  depends_on = [aws_s3_bucket_public_access_block.remote]
}

# ---- something to read ----

# Four rows that a warehouse can read as soon as it is healthy: the proof that role, profile and trust work together.
resource "aws_s3_object" "proof" {
  bucket       = aws_s3_bucket.data_a.id
  key          = "htd-wizard/proof.csv"
  content_type = "text/csv"

  content = <<-CSV
    id,joint,meaning
    1,trust,the role lets this workspace in
    2,profile,the instance profile wraps the role
    3,registration,the workspace knows the profile
    4,data,these rows came from S3
  CSV

  # First the way of encrypting, then the object.
  depends_on = [aws_s3_bucket_server_side_encryption_configuration.data_a]
}
