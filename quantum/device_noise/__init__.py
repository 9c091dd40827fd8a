"""What does the noise of real devices do to the predictions?"""
