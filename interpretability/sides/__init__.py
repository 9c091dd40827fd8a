"""The two sides of the question: their scores on the folds, the price of reading less, and who stands for each."""
