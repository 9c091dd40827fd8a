"""What follows on the verdict: finalists, price of reading, explanations, stress, speed, privacy, edits."""
