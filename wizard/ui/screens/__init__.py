"""Screens that lie on top for a moment: help, a sheet to copy, a short question."""
