"""What does the circuit that the search chose look like, how did it learn, and which formula is it?"""
