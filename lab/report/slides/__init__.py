"""A record becomes slides: native text, tables and charts that can be edited; needs python-pptx (the extra `slides`)."""
