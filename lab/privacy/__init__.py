"""What may be shown of a column without telling of a person: statistics of at least 5 rows."""
