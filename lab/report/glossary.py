"""What do the words of the trade mean? One list, `glossary.toml`: `lab explain` and the end of each report read it."""

import functools
import html
import importlib.resources
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Term", "found_in", "named", "spellings", "terms", "used_in"]

_UNSEEN = re.compile(r"<(style|script|code|pre)\b.*?</\1>|<[^>]*>", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """A term, other spellings of it, and one sentence that says what it means."""

    name: str
    also: tuple[str, ...]
    means: str


@functools.cache
def terms() -> tuple[Term, ...]:
    """Give all terms, in the order of the alphabet."""
    text = (importlib.resources.files("lab.report") / "glossary.toml").read_text(encoding="utf-8")
    listed = (Term(each["name"], tuple(each.get("also", ())), each["means"]) for each in tomllib.loads(text)["term"])
    return tuple(sorted(listed, key=lambda term: term.name.casefold()))


def named(word: str) -> Term | None:
    """Find the term that a word stands for; case, hyphens and plurals do not matter.

    >>> named("Log Odds").name, named("qubits").name, named("no such thing")
    ('log-odds', 'qubit', None)
    """
    return _by_stem().get(_stem(word))


def spellings() -> tuple[str, ...]:
    """Give all terms and their other spellings."""
    return tuple(spelling for term in terms() for spelling in (term.name, *term.also))


def used_in(page: str) -> tuple[Term, ...]:
    """List the terms that a reader meets in the text of an HTML page, commands and settings aside, in the order of the alphabet."""
    text = html.unescape(_UNSEEN.sub(" ", page))
    used = {found for _, found in found_in(text)}
    return tuple(term for term in terms() if term in used)


def found_in(text: str) -> Iterator[tuple[re.Match[str], Term]]:
    """Find the terms in a text, one after the other."""
    for match in _pattern().finditer(text):
        if (term := named(match[0])) is not None:
            yield match, term


@functools.cache
def _by_stem() -> Mapping[str, Term]:
    return {_stem(spelling): term for term in terms() for spelling in (term.name, *term.also)}


def _stem(word: str) -> str:
    """Write all forms of a term in the same way.

    >>> _stem("Open-loop  loads") == _stem("open loop load"), _stem("latencies") == _stem("latency"), _stem("R²")
    (True, True, 'r2')
    """
    parts = re.split(r"[\s-]+", word.strip().casefold().replace("²", "2"))
    return " ".join(
        re.sub(r"(?<=\w\w[^s])s$", "", re.sub(r"ies$", "y", re.sub(r"(?<=[sx])es$", "", part))) for part in parts
    )


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Match any term as a word of its own, the longest first; the name of an option is none."""
    forms = []
    for spelling in sorted(spellings(), key=len, reverse=True):
        words = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", spelling)))
        forms.append(f"{words[:-1]}(?:y|ies)" if words.endswith("y") else f"{words}(?:e?s)?")
    return re.compile(rf"(?<![\w.])(?<!--)(?:{'|'.join(forms)})(?![\w.]*\w)", re.IGNORECASE)
