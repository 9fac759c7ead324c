terraform version
ls terraform/
