variable "project_prefix" {
  description = "Start of the name of everything that is made: htd gives htd-role, htd-instance-profile, htd-user and so on."
  type        = string
  default     = "htd"
  nullable    = false

  # The longest bucket name is the prefix and 25 characters more; S3 allows 63 in all.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.project_prefix))
    error_message = "The project prefix becomes part of S3 bucket names: please use 3 to 30 lower-case letters, digits and hyphens, beginning with a letter and ending with a letter or a digit."
  }

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  validation {
    condition     = !can(regex("^(xn--|sthree-|amzn-s3-demo-)", var.project_prefix))
    error_message = "S3 keeps names that begin with xn--, sthree- or amzn-s3-demo- for itself: please choose another project prefix."
  }
}

variable "databricks_serverless_workspace_ids" {
  description = "Databricks workspaces whose serverless SQL warehouses may use the role, each as databricks-serverless-<workspace id>. The id is the number after o= in the workspace's address. Empty: no serverless access."
  type        = list(string)
  default     = []
  nullable    = false

  # Databricks sends exactly this text as the external id. AWS would accept any other text, and then refuse every request.
  validation {
    condition = alltrue([
      for id in var.databricks_serverless_workspace_ids : can(regex("^databricks-serverless-[1-9][0-9]*$", id))
    ])
    error_message = "Each entry must be databricks-serverless- followed by the workspace id, for example databricks-serverless-1234567890123456. To find the id, open the workspace in a browser: it is the number after o= in the address (https://<workspace>.cloud.databricks.com/?o=1234567890123456). If the address has no o=, ask a workspace admin."
  }
}

variable "aws_region" {
  description = "AWS region of the Glue database and of all buckets but one. Take the region of your Databricks workspace."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.aws_region))
    error_message = "This does not look like an AWS region: please write it as us-east-1 or eu-central-1."
  }
}

variable "aws_second_region" {
  description = "AWS region of the bucket for cross-region tests. Take any region other than aws_region."
  type        = string
  default     = "us-west-2"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[1-9]$", var.aws_second_region))
    error_message = "This does not look like an AWS region: please write it as us-west-2 or eu-west-1."
  }
}

variable "aws_profile" {
  description = "Profile of your AWS configuration to sign in with. Empty: the environment decides, as for the AWS command line."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = trimspace(var.aws_profile) == var.aws_profile
    error_message = "The AWS profile name has a space before or after it: please remove the space."
  }
}

variable "uc_external_id" {
  description = "Only if Unity Catalog is to use the same role: the external id that Databricks shows for the storage credential. Empty: Unity Catalog is left out."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@:/-]*$", var.uc_external_id))
    error_message = "The Unity Catalog external id holds characters that AWS does not allow there: please copy it once more from the storage credential's page in Databricks."
  }
}

variable "uc_master_role_arn" {
  description = "Databricks' own role that assumes this one for Unity Catalog. Used only when uc_external_id is set."
  type        = string
  default     = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.uc_master_role_arn))
    error_message = "The Unity Catalog role must be the ARN of an IAM role, such as arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL."
  }
}

variable "tags" {
  description = "More tags for the role, the instance profile and the user, for organisations that ask for them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "AWS keeps tag names that begin with aws: for itself: please choose other names."
  }
}
