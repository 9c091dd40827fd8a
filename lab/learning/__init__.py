"""Ways to learn, compared on one table: families, folds, tuning, scores, and the paired difference of two sides."""
