"""The report is one file that loads nothing, runs nothing, and shows texts as texts: in the markup and in a browser."""

import base64
import dataclasses
import hashlib
import html as markup
import math
import re
import subprocess

import pytest
from samples.browser import CHROMIUM, QUIET, Browser
from samples.pages import Page
from samples.records import HOSTILE, hostile_record, moving_record

from lab import report
from lab.numbers import number
from lab.protocol import Estimate, Figure
from lab.report import additive, charts
from lab.report.panel import first_state
from lab.report.pictures import svg


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    report.write(hostile_record(), path)
    return path.read_text(encoding="utf-8")


def test_no_text_of_the_user_becomes_markup(page):
    tags = {tag for tag, _ in Page(page).tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "base", "form"}
    assert HOSTILE in "".join(Page(page).text)
    assert HOSTILE not in page


def test_nothing_is_loaded_from_anywhere(page):
    for tag, attributes in Page(page).tags:
        for name in ("src", "xlink:href", "srcset", "action", "data"):
            assert name not in attributes, (tag, attributes)
        assert attributes.get("href", "#")[0] == "#", "a link may lead to another place of the page only"
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_the_security_policy_allows_nothing_but_the_style_by_its_hash(page):
    (policy,) = [a["content"] for tag, a in Page(page).tags if a.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_first_screen_holds_question_answer_sentence_and_one_picture(page):
    first = page[page.index('class="first"') : page.index("<nav")]
    assert "Does it help on" in first
    assert "Not yet" in first
    assert first.count("<figure") == 1
    details, steps = first.index(" again.</p>"), first.index(" now.</li>")
    assert first.index('<div class="verdict no">') < details < first.index("<figure") < first.index("</figure>") < steps
    assert "<b>very unlikely (2 in 100)</b>" in first
    assert "Level: <b>very likely (98 in 100)</b>" in first
    assert first.count("<svg") == len(("wide", "narrow"))


def test_a_table_is_not_called_as_a_picture_is(tmp_path):
    record = hostile_record()
    title = record.evidence.figures[-1].title
    named = tuple(dataclasses.replace(table, title=title) for table in record.evidence.tables[:1])
    record = dataclasses.replace(record, evidence=dataclasses.replace(record.evidence, tables=named))
    report.write(record, tmp_path / "report.html")
    text = "".join(Page((tmp_path / "report.html").read_text(encoding="utf-8")).text)
    assert text.count(f"{title}, in numbers") == len(("in the contents", "over the table"))


def test_every_picture_has_its_table_and_its_words(page):
    assert page.count("<figure") == page.count("<figcaption>") == page.count("<summary>Table</summary>") == 3
    assert page.count("<svg") == 3 * len(("wide", "narrow"))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")
def test_a_browser_shows_the_page_styled_and_runs_nothing(page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    command = [CHROMIUM, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom"]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    seen = Page(done.stdout)
    assert not {"script", "img"} & {tag for tag, _ in seen.tags}
    assert "Not yet" in "".join(seen.text)
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)[1]
    assert markup.unescape(title) == f"Does it help on {HOSTILE}?", "a script changed the title"
    violations = [
        line for line in done.stderr.splitlines() if "Content Security Policy" in line or "Refused to" in line
    ]
    assert not violations, "the page breaks its own security policy"


def test_the_line_of_a_budget_crosses_every_row():
    rows = [(name, "g", Estimate(2.0, 1.0, 3.0, "ms")) for name in "abc"]
    spec = charts.interval_plot(rows, axis="ms", groups=["g"], reference=2.5)
    drawn, _ = svg(Figure("t", "c", spec)).split("</svg>", 1)  # the wide one comes first
    plot_height = 3 * 40
    lines = re.findall(
        r'<line transform="translate\(([\d.]+),([\d.]+)\)" x2="([-\d.]+)" y2="([-\d.]+)" stroke="#444"', drawn
    )
    assert len(lines) == 1
    assert abs(float(lines[0][3])) == plot_height
    assert float(lines[0][2]) == 0


def test_every_part_of_a_picture_that_is_a_symbol_has_a_name_and_a_line_of_reference_is_none(page):
    rows = [(name, "g", Estimate(2.0, 1.0, 3.0, "ms")) for name in "abc"]
    drawn = svg(Figure("t", "c", charts.interval_plot(rows, axis="ms", groups=["g"], reference=2.5)))
    symbols = re.findall(r'<[^>]*role="graphics-symbol"[^>]*>', page + drawn)
    assert len(symbols) > 10
    assert [tag for tag in symbols if 'aria-label="' not in tag and "container" in tag] == []


def test_in_a_notebook_there_is_no_link_for_it_would_load_the_notebook_into_the_frame(page):
    framed = report.html(hostile_record())
    assert "href" in page
    assert "href" not in framed
    assert framed.count("<svg") == page.count("<svg")
    assert "caveat" in framed


@pytest.fixture(scope="module")
def moving():
    return report.html(moving_record())


def test_a_page_that_moves_allows_one_script_by_its_hash_and_keeps_texts_as_texts(moving):
    (script,) = re.findall(r"<script>(.*?)</script>", moving, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [a["content"] for tag, a in Page(moving).tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert f"; script-src 'sha256-{digest}'; base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert HOSTILE not in moving
    tags = [tag for tag, _ in Page(moving).tags]
    assert tags.count("script") == 1
    assert not {"img", "iframe", "object", "embed", "link", "base", "form"} & set(tags)
    assert not re.search(r"\beval\b|new Function|innerHTML|fetch|import\(", script)


def test_without_a_script_one_frame_and_the_start_of_the_panel_are_seen(moving):
    frames = [a for tag, a in Page(moving).tags if a.get("class") == "frame"]
    assert ["hidden" in attributes for attributes in frames] == [True, True, False]
    panel = moving_record().evidence.panels[0]
    total = panel.intercept + sum(additive.contributions(panel, [item.start for item in panel.inputs]))
    assert f"{100 / (1 + math.exp(-total)):.1f} %</span>" in moving


def test_frames_of_which_none_is_the_figure_are_refused():
    record = moving_record()
    figure = dataclasses.replace(record.evidence.figures[0], spec={"data": {"values": []}})
    evidence = dataclasses.replace(record.evidence, figures=(figure,))
    with pytest.raises(ValueError, match="none of them has the spec"):
        report.html(dataclasses.replace(record, evidence=evidence))


def test_the_drawings_of_a_page_share_no_name(moving):
    names = re.findall(r' id="([^"]+)"', moving)
    assert names
    clips = {name for name in names if "clip" in name}
    assert all(f"url(#{name})" in moving for name in clips)
    assert len(set(names)) == len(names)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")
def test_in_a_browser_the_sliders_change_the_frame_and_the_panel_agrees_with_python(moving, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(moving, encoding="utf-8")
    browser = Browser(path.as_uri(), tmp_path / "profile")
    try:
        visible = "[...document.querySelectorAll('.frame')].map(f => getComputedStyle(f).display !== 'none')"
        slider = "document.querySelector('.frames input')"
        assert browser.ask(visible) == [False, False, True]
        browser.move(slider, "0")
        assert browser.ask(visible) == [True, False, False]
        assert browser.ask("document.querySelector('.frames output').textContent") == HOSTILE

        panel = moving_record().evidence.panels[0]
        control = [f"document.getElementById('what-if-1-{place}')" for place in range(len(panel.inputs))]
        states = [("12.5", "0", "-1", "20454"), ("50", "1", "1", "19723.25"), ("99", "0", "-2", "21000")]
        for number, boolean, category, day in states:
            for element, value in zip(control, (number, boolean, category, day), strict=True):
                browser.move(element, value)
            chosen = {"-1": None, "-2": "never seen"}
            text = chosen[category] if category in chosen else panel.inputs[2].choices[int(category)]
            values = [float(number), float(boolean), text, float(browser.ask(f"{control[3]}.value"))]
            answer = float(browser.ask("document.querySelector('.what-if').dataset.answer"))
            assert answer == pytest.approx(additive.answer(panel, values), abs=1e-12)
            shown = browser.ask("[...document.querySelectorAll('.term output')].map(o => o.textContent)")
            parts = [float(words.replace("\u2212", "-")) for words in shown]
            assert parts == pytest.approx(additive.contributions(panel, values), abs=0.00501)
        absent = "document.querySelector('.absent input')"
        browser.ask(f"{absent}.click()")
        answer = float(browser.ask("document.querySelector('.what-if').dataset.answer"))
        assert answer == pytest.approx(additive.answer(panel, [None, *values[1:]]), abs=1e-12)
        assert not browser.problems, browser.problems
    finally:
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")
@pytest.mark.parametrize(("intercept", "size"), [(234_567.8, 1_000.0), (0.0321, 1e-3), (-5.0, 1.0)])
def test_in_a_browser_a_panel_of_a_number_is_written_as_it_is_without_the_script(intercept, size, tmp_path):
    record = moving_record()
    panel = record.evidence.panels[0]
    terms = tuple(dataclasses.replace(term, values=_scaled(term.values, size)) for term in panel.terms)
    panel = dataclasses.replace(panel, link="identity", intercept=intercept, terms=terms)
    evidence = dataclasses.replace(record.evidence, panels=(panel,))
    path = tmp_path / "report.html"
    path.write_text(report.html(dataclasses.replace(record, evidence=evidence)), encoding="utf-8")
    expected = first_state(panel)
    browser = Browser(path.as_uri(), tmp_path / "profile")
    try:
        assert browser.ask("document.querySelector('.what-if .answer').textContent") == expected.said
        shown = browser.ask("[...document.querySelectorAll('.term output')].map(o => o.textContent)")
        assert shown == [words for _, words, *_ in expected.rows]
    finally:
        browser.close()


def _scaled(values, size):
    return tuple(_scaled(v, size) for v in values) if isinstance(values, tuple) else values * size


STEERING = "".join(chr(code) for code in (*range(1, 0x20), *range(0x7F, 0xA0), 0x200B, 0x200F, 0x202E, 0x2066, 0xFEFF))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")
def test_in_a_browser_hostile_names_are_words_everywhere_and_the_panel_still_works(tmp_path):
    path = tmp_path / "report.html"
    report.write(moving_record(HOSTILE + STEERING), path)
    browser = Browser(path.as_uri(), tmp_path / "profile")
    try:
        panel = moving_record(HOSTILE + STEERING).evidence.panels[0]
        browser.move("document.getElementById('what-if-1-2')", "0")  # the category with the hostile name
        answer = float(browser.ask("document.querySelector('.what-if').dataset.answer"))
        values = [panel.inputs[0].start, panel.inputs[1].start, panel.inputs[2].choices[0], panel.inputs[3].start]
        assert answer == pytest.approx(additive.answer(panel, values), abs=1e-12)
        whole = browser.ask(
            "document.documentElement.outerHTML + document.documentElement.textContent + document.title"
        )
        assert not set(STEERING) - {"\n"} & set(whole)
        assert browser.ask("document.title").startswith("Does it help on </script>")
        assert browser.ask("document.querySelectorAll('img, iframe, [onerror], [onload]').length") == 0
        links = browser.ask("[...document.querySelectorAll('a, [href]')].map(a => a.getAttribute('href'))")
        assert all(re.fullmatch("#[a-z0-9-]+", link) for link in links)
        assert browser.ask("document.querySelectorAll('svg').length") > 6
        assert not browser.problems, browser.problems
    finally:
        browser.close()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.98765, "0.988"),
        (99.54, "99.5"),
        (1234.5, "1,230"),
        (0.97, "0.970"),
        (0.99951, "1.00"),
        (-12345.6, "-12,300"),
        (4.8e-7, "0.000000480"),
        (3e-12, "less than 0.000000001"),
        (-0.0, "0"),
        (float("inf"), "inf"),
        (5, "5"),
        (True, "True"),
        (None, ""),
        (0, "0"),
        (0.0, "0"),
    ],
)
def test_numbers_are_shown_as_a_person_would_write_them(value, shown):
    assert number(value) == shown
