# Two regions, because reading across regions is one of the things worth testing:
# nearly everything lives in the first one, one bucket lives in the second.

provider "aws" {
  region  = var.aws_region
  profile = local.aws_profile
}

provider "aws" {
  alias   = "second"
  region  = var.aws_second_region
  profile = local.aws_profile
}

locals {
  # null means "not set": the provider then looks where every AWS tool looks (environment, AWS_PROFILE, ...).
  aws_profile = var.aws_profile == "" ? null : var.aws_profile
}

data "aws_caller_identity" "current" {}

# "aws" nearly everywhere, "aws-us-gov" in GovCloud. ARNs below never spell it out.
data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  # On IAM only: a tag on a bucket would make s3:PutBucketTagging a right that every apply needs.
  tags = merge({ ManagedBy = "terraform", Project = var.project_prefix }, var.tags)
}
