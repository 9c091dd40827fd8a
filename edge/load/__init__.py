"""What happens under load: arrivals that do not wait for answers, late answers, and the highest rate."""
