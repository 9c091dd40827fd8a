"""Work on which the edge lab's right answer is known."""
