"""The report is one file that loads nothing, runs nothing, and shows texts as texts: in the markup and in a browser."""

import base64
import hashlib
import html as markup
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from samples.records import HOSTILE, hostile_record

from lab import charts, report
from lab.protocol import Estimate, Figure
from lab.report.page import number
from lab.report.pictures import svg

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROWSER = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip


class Page(HTMLParser):
    """Gather what a browser would meet: tags with attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def page():
    return report.html(hostile_record())


def test_no_text_of_the_user_becomes_markup(page):
    tags = {tag for tag, _ in Page(page).tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "base", "form"}
    assert HOSTILE in "".join(Page(page).text)
    assert HOSTILE not in page


def test_nothing_is_loaded_from_anywhere(page):
    for tag, attributes in Page(page).tags:
        for name in ("src", "href", "xlink:href", "srcset", "action", "data"):
            assert name not in attributes, (tag, attributes)
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
    first = page[page.index('class="first"') : page.index("<h2>Evidence</h2>")]
    assert "Does it help on" in first
    assert "Not yet" in first
    assert first.count("<svg") == 1


def test_every_picture_has_its_table_and_its_words(page):
    assert page.count("<svg") == page.count("<figcaption>") == page.count("<summary>Table</summary>") == 3


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; CI installs it")
def test_a_browser_shows_the_page_styled_and_runs_nothing(page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    command = [CHROMIUM, *BROWSER, f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom"]
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
    drawn = svg(Figure("t", "c", spec))
    plot_height = 3 * 40
    lines = re.findall(
        r'<line transform="translate\(([\d.]+),([\d.]+)\)" x2="([-\d.]+)" y2="([-\d.]+)" stroke="#444"', drawn
    )
    assert len(lines) == 1
    assert abs(float(lines[0][3])) == plot_height
    assert float(lines[0][2]) == 0


def test_a_start_page_links_to_its_reports(tmp_path):
    report.write_start([("a/report.html", hostile_record())], tmp_path / "start.html")
    links = [a["href"] for tag, a in Page((tmp_path / "start.html").read_text()).tags if tag == "a"]
    assert links == ["a/report.html"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.98765, "0.988"),
        (99.54, "99.5"),
        (1234.5, "1,234"),
        (5, "5"),
        (True, "True"),
        (None, ""),
        (0, "0"),
        (0.0, "0"),
    ],
)
def test_numbers_are_shown_as_a_person_would_write_them(value, shown):
    assert number(value) == shown
