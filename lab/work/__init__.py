"""A plan is worked off: where trials run, how their rows are kept, and when it will be over."""
