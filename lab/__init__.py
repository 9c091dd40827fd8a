"""The shared ground of the Future-Tech Lab: data, trials, statistics, records, reports and the command line."""

__version__ = "0.1.0"
