"""How is a term explained where a reader meets it first? By a button that shows its meaning: mouse, key or touch, no script.

The meaning is a popover of the page (`glossary.html`), which a browser opens for a button that names it. A browser that knows no
popovers leaves the word as it is; the list at the end of the page has all of them.
"""

import re
from collections.abc import Sequence

from lab.report.glossary import Term, found_in

__all__ = ["explained"]

_TAG = re.compile(r"(<[^>]*>)")
_BARE = {
    "a", "button", "code", "h1", "h2", "h3", "head", "label", "nav", "output", "pre", "script", "select", "strong", "style",
    "summary", "svg", "th",
}  # fmt: skip
"""Elements in which no button may stand, or none would help: headings, links, pictures, what is typed."""
_APART = ('class="what-if"', 'class="limits"', 'class="prices"', 'class="notes-text"')
"""Parts that the page's script writes anew, and notes, which the audience of a session does not see."""


def explained(page: str, terms: Sequence[Term]) -> str:
    """Make a button of the first use of each term in the text of an HTML page; `terms` are those that it uses.

    What is folded counts only for terms that stand nowhere else. The button shows the element `meaning-N` of the term, counted from 1.

    >>> from lab.report.glossary import used_in
    >>> page = "<h2>Folds</h2><p>Two folds of a fold.</p>"
    >>> explained(page, used_in(page))
    '<h2>Folds</h2><p>Two <button type="button" class="term-here" popovertarget="meaning-1">folds</button> of a fold.</p>'
    """
    left = {term: place for place, term in enumerate(terms, 1)}
    parts = _TAG.split(page)
    for folded in (False, True):
        inside = _Inside()
        for at, part in enumerate(parts):
            if at % 2:
                inside.see(part)
            elif inside.is_folded == folded and not inside.is_bare and part.strip():
                parts[at] = _first_uses(part, left)
    return "".join(parts)


class _Inside:
    """Keeps count of the bare and the folded elements that are open at a place of a page."""

    def __init__(self) -> None:
        self._open = self._apart = self._folded = 0

    @property
    def is_bare(self) -> bool:
        return self._open > 0 or self._apart > 0

    @property
    def is_folded(self) -> bool:
        return self._folded > 0

    def see(self, tag: str) -> None:
        """Take note of a tag."""
        name = tag.strip("</> \n").split()[0].lower() if len(tag) > 2 else ""
        step = -1 if tag.startswith("</") else 1
        if name in _BARE:
            self._open += step
        if name == "details":
            self._folded += step
        if name == "div" and (self._apart or any(mark in tag for mark in _APART)):
            self._apart += step


def _first_uses(text: str, left: dict[Term, int]) -> str:
    """Put buttons into a text for the terms that are left, and take these from them."""
    said, end = [], 0
    for match, term in found_in(text):
        if (place := left.pop(term, None)) is None:
            continue
        button = f'<button type="button" class="term-here" popovertarget="meaning-{place}">{match[0]}</button>'
        said += [text[end : match.start()], button]
        end = match.end()
    return "".join([*said, text[end:]])
