"""Two runs and more, side by side: what differs, and whether a difference is more than noise."""
