"""How long does a single call take, one after another?"""
