"""Does a quantum classifier help on this data yet, and what would it cost on hardware?"""
