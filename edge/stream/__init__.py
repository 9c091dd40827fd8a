"""A stream in time order is watched: test martingales, alarms, and accuracy when labels come late."""
