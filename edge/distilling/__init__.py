"""A small network that learns from the probabilities of larger models: the knowledge of several in one small file."""
