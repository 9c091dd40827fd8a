"""How does a file that somebody exported become a plain table of typed columns? What was understood is said in notes."""
