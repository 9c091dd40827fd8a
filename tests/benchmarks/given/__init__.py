"""Models that people bring, as cases: a file, a table, and what the model's own library says of its rows."""
