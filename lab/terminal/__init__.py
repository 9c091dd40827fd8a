"""What a person at a terminal sees: lines that can do nothing, and progress."""
