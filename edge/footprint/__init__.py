"""What does a process that only serves a model take: file, memory, cold start?"""
