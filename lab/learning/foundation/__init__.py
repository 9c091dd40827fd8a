"""A tabular foundation model by a checkpoint file that the user names: read as plain data, tried in a process with limits."""
