"""A recording of real Terraform on the real module, for machines where Terraform cannot be had.

`record` makes it: real Terraform against the embedded AWS, with every HTTP call and every line of the
`-json` streams kept in `data/`. `seed` replays the first part, as the earlier apply of a pretend operator.
`program` speaks Terraform's command line and replays the rest, call by call, with this session's names.
Whatever it says carries the word recording; it never claims to be Terraform.
"""
