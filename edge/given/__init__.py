"""A model file of the user's: taken in as a hostile file, asked under limits, judged like our own."""
