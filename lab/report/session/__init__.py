"""What carries an hour in a room? The records of several runs as one page that is presented, and what to say at each screen."""

from lab.report.session.page import write
from lab.report.session.script import write_script
from lab.report.session.story import title_of

__all__ = ["title_of", "write", "write_script"]
