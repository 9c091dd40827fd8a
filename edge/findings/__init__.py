"""What was found about the candidates, as pictures and tables: budgets, latency, equality, fronts, footprint."""
