"""A record becomes a page that a person can show."""

from lab.report.page import html, write
from lab.report.start import write_start

__all__ = ["html", "write", "write_start"]
