"""How many rows a second, asked in batches?"""
