"""What do we give up, if anything, by using a model that we can read?"""
