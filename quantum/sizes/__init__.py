"""Does a larger circuit score better?"""
