"""The same model measured elsewhere: on chosen cores, and on other machines."""
