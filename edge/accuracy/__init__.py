"""How accurate are all models on the same folds, and what does a candidate lose?"""
