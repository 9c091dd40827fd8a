"""Readable models and black boxes: the families, and how many parts a person has to read."""
