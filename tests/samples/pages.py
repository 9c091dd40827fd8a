"""What would a browser meet in a page? Its tags with their attributes, and its text."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Gather the tags, each with its attributes, and the pieces of text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)
