"""Every word of the trade that our helps, reports and sentences use is explained: in `lab explain`, and at the end of a report."""

import html
import json
import re

import pytest
from samples import trade_words
from samples.less_work import without_pictures
from samples.records import hostile_record

from lab import report
from lab.report import glossary
from lab.report.explained import explained

PLAIN = {
    "ADDRESS", "AND", "CLASS", "CODE", "COLUMN", "COMMAND", "CSV", "DATA", "DIR", "DOS", "EXCLUDE", "FILE", "FOLDER", "FROM",
    "GB", "GIF", "HDF5", "HOST", "IBM", "ISO", "JPEG", "JSON", "KIND", "LAB", "LIKE", "MAP", "MB", "MODEL", "NAME", "NOT",
    "NOTFOUND", "OFF", "ON", "PACK", "PDF", "PNG", "PORT", "PRAGMA", "RAR", "README", "ROC", "RUN", "SECONDS", "SELECT", "SHELL",
    "SOURCE", "TABLE", "TERM", "TOPIC", "UI", "URL", "USER", "WHERE", "WORD", "XZ",
}  # fmt: skip
"""Abbreviations that need no explanation: arguments, formats of files, units, a company, SQL; ROC stands with AUC only."""


@pytest.fixture(scope="module")
def texts():
    return trade_words.helps() + trade_words.sentences()


def test_every_trade_word_in_our_texts_has_an_entry(texts):
    found = trade_words.used(trade_words.WORDS, texts)
    assert len(found) > 80, "the texts are not the right ones"
    assert [word for word in found if glossary.named(word) is None] == []


def test_every_abbreviation_in_our_texts_has_an_entry_or_is_plain(texts):
    found = trade_words.abbreviations(texts)
    assert {"ONNX", "AUC", "SPSA"} <= found
    assert {word for word in found if glossary.named(word) is None} - PLAIN == set()


def test_a_term_is_one_plain_sentence_and_no_two_share_a_spelling():
    spellings = [spelling.casefold() for spelling in glossary.spellings()]
    assert len(spellings) == len(set(spellings))
    assert {glossary.named(spelling) for spelling in glossary.spellings()} == set(glossary.terms())
    for term in glossary.terms():
        assert re.fullmatch(r"[A-Z].*\.", term.means), term
        assert ". " not in term.means, term
        assert len(term.means) <= 150, term
        for spelling in (term.name, *term.also):
            assert glossary.named(spelling) == term


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["ROC", "AUC"], "ROC AUC"),
        (["roc auc"], "ROC AUC"),
        (["QUBITS"], "qubit"),
        (["log", "odds"], "log-odds"),
        (["Open-Loop", "loads"], "open-loop load"),
        (["latencies"], "latency"),
        (["r2"], "R²"),
        (["black", "boxes"], "black box"),
        (["p50"], "p99"),
        (["log", "losses"], "log loss"),
    ],
)
def test_a_term_is_explained_whatever_its_case_and_number(lab, words, name):
    called = lab("explain", *words)
    (term,) = [term for term in glossary.terms() if term.name == name]
    assert (called.code, called.out, called.err) == (0, f"{name}: {term.means}\n", "")


def test_without_a_term_all_are_listed(lab):
    *listed, last = lab("explain").out.splitlines()
    assert listed == sorted((term.name for term in glossary.terms()), key=str.casefold)
    assert len(listed) >= 40
    assert "lab explain TERM" in last


def test_json_holds_the_terms_and_nothing_else(lab):
    (one,) = json.loads(lab("explain", "AUC", "--json").out)
    assert one["term"] == "ROC AUC"
    assert "AUC" in one["also"]
    assert [each["term"] for each in json.loads(lab("explain", "--json").out)] == lab("explain").out.splitlines()[:-1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["quantil"], "no term 'quantil'; did you mean 'quantile'?"),
        (["Pareto", "frond"], "did you mean 'Pareto front'?"),
        (["xyzzy"], "no term 'xyzzy'; terms: "),
        (["x" * 5_000], "(5,000 characters)"),
        (["--jsn"], "unknown option --jsn; did you mean '--json'?"),
    ],
)
def test_a_near_miss_names_what_was_meant(lab, words, says):
    called = lab("explain", *words)
    assert (called.code, called.out) == (2, "")
    assert called.err.startswith("error: ")
    assert says in called.err
    assert len(called.err.splitlines()) == 1


def page_of(monkeypatch, text):
    without_pictures(monkeypatch)
    return report.html(hostile_record(text))


def listed(page):
    """Give the terms that stand in a page's glossary."""
    _, found, end = page.partition('<h2 id="terms">What the terms mean</h2>')
    assert found
    return [html.unescape(name) for name in re.findall(r"<th>(.*?)</th>", end)]


def test_a_report_ends_with_the_terms_that_it_uses_and_no_others(monkeypatch):
    before = listed(page_of(monkeypatch, "nothing"))
    assert not {"martingale", "R²", "qubit", "quantile", "gate"} & set(before)
    after = listed(page_of(monkeypatch, "martingales, Qubits, R² and open loop loads (--gate)"))
    assert set(after) - set(before) == {"martingale", "qubit", "R²", "open-loop load"}
    assert after == sorted(after, key=str.casefold)


def test_the_glossary_of_a_report_is_folded_and_says_what_lab_explain_says(monkeypatch):
    page = page_of(monkeypatch, "martingale")
    section = page[page.index('<h2 id="terms">What the terms mean</h2>') : page.index("</main>")]
    assert f"<details><summary>{len(listed(page))} terms of this report</summary>" in section
    assert html.escape(glossary.named("martingale").means, quote=False) in section
    assert page.count("</main>") == 1


def test_words_inside_words_styles_scripts_code_and_marks_are_no_terms():
    page = "<style>margin: 0</style><script>kernel</script><code>depth = 3</code><p title='forest'>unfolded drifting marginal</p>"
    assert glossary.used_in(page) == ()
    assert [term.name for term in glossary.used_in(page + "<p>Folds drift.</p>")] == ["drift", "fold"]


def test_a_bracket_and_a_comma_stay_with_the_term_beside_them():
    page = "<p>It is level (Folds, drift).</p>"
    found = explained(page, glossary.used_in(page))
    assert re.sub("<[^>]+>", "", found) == "It is level (Folds, drift)."
    assert re.findall(r'<span class="together">(.*?)</span>', re.sub("</?button[^>]*>", "", found)) == [
        "(Folds,",
        "drift).",
    ]
