"""What would hardware take, and cost?"""
