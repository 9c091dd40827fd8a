"""Side by side on breast-cancer: the page of a session and what three other libraries show, measured in the same browser.

    .venv/bin/python tests/benchmarks/session_peers.py                     # runs the three labs at quick effort first, minutes
    .venv/bin/python tests/benchmarks/session_peers.py --session FILE      # a page of a session that is there

The others live in an environment of their own: `python -m venv .peers/rooms` and
`.peers/rooms/bin/pip install interpret evidently skore "pandas<3"`; axe-core as in CONTRIBUTING.md. What is missing is said.

The questions are those of the reading test in CONTRIBUTING.md. Eight of ten are about quantum hardware and budgets of a device,
which no other page is about: InterpretML shows how one model decides, Evidently how answers and data differ from a reference,
skore what an estimator scores. Each of them answers questions of its own that this list does not ask.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from samples.browser import CHROMIUM, Browser

ROOT = Path(__file__).resolve().parents[2]
PEERS = {"InterpretML": "interpretml", "Evidently": "evidently", "skore": "skore"}
PYTHON = ROOT / ".peers" / "rooms" / "bin" / "python"
AXE = ROOT / ".peers" / "web" / "node_modules" / "axe-core" / "axe.min.js"
LABS = ("quantum", "edge", "interpretability")
ROUNDS, PATIENCE_S = 5, 30.0


@dataclass(frozen=True)
class Question:
    """A question of the reading test, and the words of which one line of a page must hold one of each group to answer it."""

    lab: str
    asked: str
    words: tuple[str, ...]


QUESTIONS = (
    Question("quantum", "Should we use a quantum classifier for this now?",
             ("quantum", "not yet|no quantum|use the|take the|undecided|too close")),
    Question("quantum", "Is the best quantum model better or worse than the best classical one, and by how much?",
             ("quantum", "classical", r"\d", "above|below|better|worse|level")),
    Question("quantum", "How much better would it have had to be?",
             ("advantage|quantum", r"(more than|at least) [\d.]+ (point|%)")),
    Question("quantum", "Could it still be better by that much, and chance hid it?",
             ("quantum better", "likely|in 100|chance|probab")),
    Question("edge", "Can a model run inside the budgets?",
             ("budget|limit", r"\b(fits?|kept|keeps?|met|meets?|within|miss\w*)\b")),
    Question("edge", "Which model should we take?",
             (r"\b(take|use|choose|deploy|recommend)\w* the [\w -]*(model|regression|forest|network|machine|trees?|boosting)\b",)),
    Question("edge", "Which budget is used most, and is there room left?",
             (r"[\d.]+ ?(%|kB|MB|ms|µs|ns)? of [\d.]+ ?(%|kB|MB|ms|µs|ns)|budget.*\d ?%",)),
    Question("edge", "What accuracy does it cost?",
             ("accuracy|AUC|score", "loss|lost|drop|below|level with|cost", "fast|size|budget|come within|other model")),
    Question("interpretability", "Do we know what a readable model costs here?",
             ("readable|interpretable|glass.?box|transparent", "black.?box", r"\d", "below|above|worse|better|level|cost|loss")),
    Question("interpretability", "Why, or why not, and what would tell?",
             ("would (settle|change|matter)|(more|fewer) (rows|cases|data)", "readable|black.?box|rows|margin")),
)  # fmt: skip

TEXTS = """(() => { const found = [];
  const each = (root) => { for (const e of root.querySelectorAll('*')) {
    if (e.shadowRoot) each(e.shadowRoot);
    if (e.tagName === 'IFRAME') { try { each(e.contentDocument); } catch { } }
    if (['SCRIPT', 'STYLE', 'TEMPLATE', 'NOSCRIPT'].includes(e.tagName)) continue;
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own && e.tagName !== 'TR') continue;
    const box = e.getBoundingClientRect(), m = e.getScreenCTM ? e.getScreenCTM() : null;
    const seen = own && e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && box.width > 2 && box.height > 2;
    const size = parseFloat(getComputedStyle(e).fontSize) * (m ? Math.hypot(m.a, m.b) : 1);
    found.push([e.textContent.replace(/\\s+/g, ' ').trim(), seen ? size : null]);
  } };
  each(document); return found; })()"""
"""Every element with words of its own and every row of a table, shadow trees too: its text, and its size in pixels if it is seen."""


OPENED = """{ const own = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) { return own.call(this, {...options, mode: 'open'}); }; }"""
"""A page may close its shadow trees to scripts; what a reader sees there is counted all the same."""


class Watched(Browser):
    """A browser that notes what a page asks for elsewhere; no such request leads anywhere."""

    def __init__(self, profile):
        self.asked = []
        super().__init__("about:blank", profile)
        self._call("Network.enable")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=OPENED)

    def _read(self):
        message = super()._read()
        if message.get("method") == "Network.requestWillBeSent":
            address = message["params"]["request"]["url"]
            if address.partition(":")[0] not in ("file", "data", "blob", "about"):
                self.asked.append(address)
        return message

    def until(self, expression):
        """Ask until there is an answer; None after half a minute."""
        end = time.monotonic() + PATIENCE_S
        while (found := self.ask(expression)) is None and time.monotonic() < end:
            time.sleep(0.05)
        return found


@dataclass(frozen=True)
class Measured:
    """What was measured of a page; None where it could not be."""

    kilobytes: float
    asked: tuple[str, ...]
    first_paint_s: float | None
    smallest_px: float | None
    violations: tuple[tuple[str, ...] | None, ...]
    answered: tuple[str, ...]


def measure(path: Path, profile: Path) -> Measured:
    """Measure one page in a browser of its own."""
    browser = Watched(profile)
    try:
        browser.show(1920, 1080)
        paints = [_first_paint(browser, path) for _ in range(ROUNDS)]
        time.sleep(2)  # what a script draws after the first paint
        texts = browser.ask(TEXTS)
        sizes = [size for words, size in texts if size is not None and words]
        violations = tuple(_violations(browser, width) for width in (1280, 375))
        asked = tuple(sorted(set(browser.asked)))
    finally:
        browser.close()
    there = [paint for paint in paints if paint is not None]
    return Measured(
        path.stat().st_size / 1e3, asked, statistics.median(there) if there else None, min(sizes, default=None), violations,
        tuple(question.asked for question in answered([words for words, _ in texts])),
    )  # fmt: skip


def _first_paint(browser: Watched, path: Path) -> float | None:
    browser.go(path.as_uri())
    found = browser.until("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null")
    return None if found is None else found / 1e3


def _violations(browser: Watched, width: int) -> tuple[str, ...] | None:
    if not AXE.is_file():
        return None
    browser.show(width, 800)
    browser.ask(AXE.read_text(encoding="utf-8") + "; 0")
    browser.ask("window.found = null; axe.run().then(r => { window.found = r.violations.map(v => v.id); }); 0")
    found = browser.until("window.found")
    return None if found is None else tuple(found)


def answered(lines: Sequence[str]) -> list[Question]:
    """Give the questions of the reading test to which some line of a page holds the words of an answer."""
    return [each for each in QUESTIONS if any(_holds(line, each.words) for line in lines)]


def _holds(line: str, words: Sequence[str]) -> bool:
    return any(all(re.search(word, part, re.IGNORECASE) for word in words) for part in re.split(r"(?<=[.!?]) ", line))


def own_page(folder: Path) -> Path:
    """Run the labs at quick effort, and write the page of their session."""
    lab = [sys.executable, "-m", "lab"]
    for name in LABS:
        words = ["run", name, "breast-cancer", "--effort", "quick", "--out", str(folder / "runs"), "--quiet"]
        subprocess.run([*lab, *words], check=True, stdout=subprocess.DEVNULL)
    runs = [str(path) for path in sorted((folder / "runs").iterdir()) if path.is_dir()]
    subprocess.run(
        [*lab, "session", *runs, "--out", str(folder / "session.html")], check=True, stdout=subprocess.DEVNULL
    )
    return folder / "session.html"


def peer_page(name: str, folder: Path) -> Path | str:
    """Let another library write its page; a sentence where it cannot."""
    if not PYTHON.is_file():
        return "its environment is not installed"
    script, path = Path(__file__).with_name("rooms_peer.py"), folder / f"{name}.html"
    done = subprocess.run([PYTHON, script, name, path], capture_output=True, text=True)
    if done.returncode or not path.is_file():
        return f"it made no page: {(done.stderr.strip().splitlines() or ['no reason given'])[-1][:100]}"
    return path


def line(name: str, found: Measured | str) -> str:
    """Write one line of the table."""
    if isinstance(found, str):
        return f"{name:14}{found}"
    wrong = "".join(f"{'not known' if each is None else len(each):>11}" for each in found.violations)
    paint = "none" if found.first_paint_s is None else f"{found.first_paint_s:.2f}"
    text = "none" if found.smallest_px is None else f"{found.smallest_px:.1f}"
    answers = f"{len(found.answered)} of {len(QUESTIONS)}"
    return f"{name:14}{found.kilobytes:10,.0f}{len(found.asked):11}{paint:>13}{text:>15}{wrong}{answers:>11}"


COLUMNS = {
    "weight kB": 10,
    "requests": 11,
    "1st paint s": 13,
    "smallest px": 15,
    "axe 1280": 11,
    "axe 375": 11,
    "answered": 11,
}
HEADING = f"{'page':14}" + "".join(f"{name:>{width}}" for name, width in COLUMNS.items())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--session", type=Path, help="a page of a session on breast-cancer that is there")
    parser.add_argument("--json", type=Path, help="also write what was measured to this file")
    given = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("there is no Chromium on the path")
    kept = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = {"session": given.session or own_page(folder)}
        pages |= {label: peer_page(peer, folder) for label, peer in PEERS.items()}
        print(HEADING)
        for label, page in pages.items():
            found = page if isinstance(page, str) else measure(page.resolve(), folder / f"profile-{label}")
            print(line(label, found), flush=True)
            kept[label] = found if isinstance(found, str) else vars(found)
    print(__doc__.rpartition("\n\n")[2])
    for label, found in kept.items():
        if not isinstance(found, str):
            print(f"{label}: axe {found['violations']}; asks for {found['asked'] or 'nothing'}")
            print("  answers:", "; ".join(found["answered"]) or "none of them")
    if given.json:
        given.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
