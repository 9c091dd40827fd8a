"""What the circuit itself shows: how it learns, what carries its score, and whether larger ones could train."""
