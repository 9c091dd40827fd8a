"""`lab session` writes a page and a script from runs of any kind, and refuses in one sentence what it cannot use."""

import json

import pytest
from samples import sessions
from samples.records import HOSTILE

from lab.record import SCHEMA_VERSION


@pytest.fixture
def runs(tmp_path):
    """Two finished runs in a folder, named as a user would name them."""
    out = tmp_path / "runs"
    for name, made in (("a", sessions.priced()), ("b", sessions.limited())):
        sessions.stored(out, made, name)
    return out


def test_the_page_lies_beside_the_runs_in_their_order(lab, runs):
    called = lab("session", "runs/b", "runs/a/record.json")
    assert (called.code, called.out, called.err) == (0, "runs/session.html\n", "")
    page = (runs / "session.html").read_text()
    assert page.index("Can a model of a name run in 1 ms?") < page.index("Does it help on a name?")
    assert "<title>2 questions about a name</title>" in page
    assert not (runs / "session.md").exists()


def test_a_script_and_a_title_are_written_where_they_are_asked_for(lab, runs, tmp_path):
    called = lab(
        "session", "runs/a", "--title", "  The board,  in May ", "--out", tmp_path / "x" / ".." / "s.html", "--script"
    )
    assert called.code == 2, "the folder x is not there"
    called = lab("session", "runs/a", "--title", "  The board,  in May ", "--out", tmp_path / "s.html", "--script")
    assert called.out.split() == [str(tmp_path / "s.html"), str(tmp_path / "s.md")]
    assert "<title>The board, in May</title>" in (tmp_path / "s.html").read_text()
    assert "# The board, in May" in (tmp_path / "s.md").read_text()
    assert lab("session", "runs/b", "--out", tmp_path / "s.html", "--script").code == 0, "ours may be written again"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "the following arguments are required: RUN"),
        (("runs/a", "runs/none"), "no record at runs/none"),
        (("runs/a", "runs/a"), "the run runs/a is given twice; give each run once"),
        (("runs/a", "runs/../runs/a/record.json"), "is given twice, as runs/a and as"),
        (("runs/a", "runs/copy"), "the run runs/copy is given twice, as runs/a and as runs/copy; give each run once"),
        (("runs/half",), "no record at runs/half/record.json; repeat its command to resume it"),
        (("runs/damaged",), "is not a record of a run"),
        (
            ("runs/newer",),
            f"has schema version {SCHEMA_VERSION + 1}, this program reads up to {SCHEMA_VERSION}; update the program",
        ),
        (("runs/a", "--title", "  "), "the title has 0 characters; give one of 1 to 200"),
        (("runs/a", "--title", "t" * 201), "the title has 201 characters; give one of 1 to 200"),
        (("runs/a", "--out", "page.pdf"), "page.pdf does not end in .html; choose another name with --out"),
        (
            ("runs/a", "--out", "mine.html"),
            "mine.html exists and is not the page or script of a session; choose another file",
        ),
        (("runs/a", "--out", "ours.html", "--script"), "ours.md exists and is not the page or script of a session"),
        (("runs/a", "--out", "folder.html"), "cannot write folder.html"),
        (("runs/a", "--tilte", "x"), "unknown option --tilte; did you mean '--title'?"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(lab, runs, tmp_path, words, says):
    (runs / "half" / "trials").mkdir(parents=True)
    sessions.stored(runs, sessions.priced(), "copy")
    for name in ("damaged", "newer"):
        folder = sessions.stored(runs, sessions.tried(), name)
        plain = json.loads((folder / "record.json").read_text()) | {"schema_version": SCHEMA_VERSION + 1}
        (folder / "record.json").write_text("{" if name == "damaged" else json.dumps(plain))
    (tmp_path / "mine.html").write_text("<p>my own page</p>")
    (tmp_path / "ours.md").write_text("# my own notes\n")
    (tmp_path / "folder.html").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    called = lab("session", *words)
    assert (called.code, called.out) == (2, "")
    assert says in called.err
    assert called.err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_hostile_title_is_a_title(lab, runs):
    assert lab("session", "runs/a", "--title", HOSTILE, "--script").code == 0
    page = (runs / "session.html").read_text()
    assert HOSTILE not in page
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<script>" not in (runs / "session.md").read_text().replace(r"\<", "")
