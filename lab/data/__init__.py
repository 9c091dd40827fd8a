"""From a file or a built-in name to a checked `Dataset`: reading, checking, what leaks, how it is stratified."""
