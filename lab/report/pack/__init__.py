"""Runs in one file that opens elsewhere, and whether anything in it was changed."""
