"""Can this model run inside this latency, memory and size budget at the edge, and what accuracy does that cost?"""
