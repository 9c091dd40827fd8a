"""The model that the verdict is about, learned from all rows: the file that a run leaves beside its report."""
