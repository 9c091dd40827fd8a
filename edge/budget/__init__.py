"""Does a candidate meet every budget? Each limit judged by its interval, and the candidate that decides."""
