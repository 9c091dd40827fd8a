"""A model in service is watched: rows come from a source without an end, and what a monitor notices goes to people and programs."""
