"""What are the codes of suspicions, and what does each mean? They last, so that a build can allow one and forbid the others."""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from lab.errors import SettingsError, nearest

__all__ = ["check_codes", "code_of", "page_of", "pages"]

_OF = {"groups": "T10", "order": "T20", "leak": "T30", "late": "T30", "text": "T40"}
_SHORT = "T501"


@cache
def pages() -> dict[str, dict[str, str]]:
    """Give what is to be said of each code: its `name`, `what` was seen, `why` it is bad, how to `mend` it."""
    return tomllib.loads(Path(__file__).with_name("suspicions.toml").read_text(encoding="utf-8"))


def code_of(suspicion: Any) -> str:
    """Name the code of a suspicion or a shortage of `lab.learning`.

    The last digit is 2 where it is only a question, or what was recorded late.
    """
    what = getattr(suspicion, "what", None)
    if what is None:
        return _SHORT
    is_question = not suspicion.is_firm and what in ("groups", "order")
    return f"{_OF[what]}{2 if is_question or what == 'late' else 1}"


def page_of(code: str) -> str | None:
    """Write the page of a code in lines; None where there is no such code.

    >>> page_of("t401").splitlines()[0], page_of("T999")
    ('T401: free text is not used', None)
    """
    page = pages().get(code.upper())
    if page is None:
        return None
    return f"{code.upper()}: {page['name']}\n  seen   {page['what']}\n  bad    {page['why']}\n  mend   {page['mend']}"


def check_codes(codes: Sequence[str]) -> set[str]:
    """Give codes in capitals; raises SettingsError where one is unknown."""
    for code in codes:
        if code.upper() not in pages():
            raise SettingsError(f"--allow {code!r} is no code; {nearest(code.upper(), pages(), label='codes')}")
    return {code.upper() for code in codes}
