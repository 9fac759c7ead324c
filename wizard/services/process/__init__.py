"""Commands that outlive the wizard: started apart from the terminal, tailed, interrupted, found again."""
