"""Smaller models of each family: what each costs, and which are worth it."""
