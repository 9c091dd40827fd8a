"""Does the quantum side score better, and what carried its score?"""
