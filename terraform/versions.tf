terraform {
  # 1.5 is the last release under the MPL licence; OpenTofu 1.6 and newer read this file too.
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.60, < 7"
    }
  }
}
