"""The line-by-line front end: for screen readers, pipes, small terminals and unattended runs."""
