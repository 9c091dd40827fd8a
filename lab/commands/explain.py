"""`lab explain TERM`: what a term of the trade means, in one sentence; or what a code of a suspicion does, on a page."""

import json

from lab.cleaning import short
from lab.codes import page_of, pages
from lab.commands.words import understand
from lab.errors import SettingsError, nearest
from lab.options import Parser, add_debug, add_json
from lab.terminal.console import show, show_whole

__all__ = ["explain"]


def explain(words: list[str]) -> int:
    """Show the sentence of a term, or the terms there are, and give the exit code.

    Raises
    ------
    SettingsError
        If there is no such term; says which is like it.
    """
    parser = Parser(
        prog="lab explain",
        description="Say in one sentence what a term of the trade means; without a term, list all of them.",
        epilog="example: lab explain ROC AUC",
    )
    parser.add_argument(
        "term", nargs="*", metavar="TERM", help="a term, or a code such as T301; case and plural do not matter"
    )
    add_json(parser, what="terms")
    add_debug(parser)
    given = understand(parser, words)
    if given is None:
        return 0
    from lab.report import glossary

    word = " ".join(given.term)
    if (page := page_of(word)) is not None:
        show_whole((json.dumps(pages()[word.upper()], indent=1) if given.json else page) + "\n")
        return 0
    term = glossary.named(word)
    if word and term is None:
        hint = nearest(word, glossary.spellings(), label="terms")
        raise SettingsError(f"no term {short(word)!r}; {hint} (lab explain lists all)")
    chosen = glossary.terms() if term is None else (term,)
    if given.json:
        plain = [{"term": one.name, "also": list(one.also), "means": one.means} for one in chosen]
        show_whole(json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    elif term is None:
        for one in chosen:
            show(one.name)
        show("one of them: lab explain TERM")
    else:
        show(f"{term.name}: {term.means}")
    return 0
