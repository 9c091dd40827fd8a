"""Kinds of model files that people have, and what the file itself answers."""
