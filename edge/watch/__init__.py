"""A model in service is watched without an end: what changed, when it began, and whether to train again."""
