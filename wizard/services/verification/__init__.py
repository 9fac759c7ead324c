"""Proof from the operator's side: their own tests, run apart from the terminal."""
