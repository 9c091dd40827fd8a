"""A candidate becomes a file that is proven equal to the model that was scored."""
