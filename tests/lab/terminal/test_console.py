"""What comes out of the command line, by bytes: no sign from a file steers a terminal, and no obstacle of the machine is our fault."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from samples import few_families

FEWER = ("-c", few_families.LAB)
FAST = ("--folds", "2", "--repeats", "1", "--candidates", "1", "--depth", "verdict", "--workers", "1")
ESCAPE, BIDI = "\x1b]0;TITLE\x07", "\u202e"
STEERING = {
    *range(0x20),
    *range(0x7F, 0xA0),
    0x061C,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
}


def run(*words, cwd, program=("-m", "lab"), **options):
    """Call the command as a shell does; gives the exit code and the bytes of both streams."""
    command = [
        sys.executable.encode(),
        *map(str.encode, program),
        *(w if isinstance(w, bytes) else str(w).encode() for w in words),
    ]
    return subprocess.run(command, cwd=cwd, capture_output=True, timeout=300, check=False, **options)


def steering_signs(output):
    """Find what steers a terminal or hides in a line; the newline ends our own lines."""
    return {hex(ord(sign)) for sign in output.decode() if ord(sign) in STEERING - {0x0A}}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A finished run of a table whose file, columns, classes and values hold all that may not come out."""
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.default_rng(0)
    half = np.arange(60) % 2
    columns = {
        f"a\x0b[bold]{ESCAPE}": half + rng.normal(size=60),
        f"b{BIDI}\u200b": rng.normal(size=60),
        "c\nnew line": rng.choice(["u\x0b", "v\x1b[1A", "w\u2066"], 60),
        f"d{ESCAPE}": [f"const{ESCAPE}\x9b2J"] * 60,
        "y\x1b[2J": [f"yes\x0b\x1b[31m{BIDI}" if one else "no[red]" for one in half],
    }
    name = b"h\xff[final]\x1b]0;T\x07.parquet"
    with open(os.path.join(os.fsencode(folder), name), "wb") as stream:  # noqa: PTH123, PTH118 - a name that is no text
        pq.write_table(pa.table(columns), stream)
    return folder, name, run("run", "interpretability", name, "--target", "y\x1b[2J", *FAST, cwd=folder, program=FEWER)


@pytest.mark.slow
def test_a_run_of_hostile_names_shows_them_spelt_out_and_can_be_repeated(hostile):
    folder, name, done = hostile
    assert done.returncode == 0, done.stderr
    assert not steering_signs(done.stdout + done.stderr)
    assert rb"\x1b]0;T\x07" in done.stdout
    assert b"[final]" in done.stdout, "a word in brackets was lost"
    command = done.stdout.split(b"repeat ")[1].strip()
    words = subprocess.run(["bash", "-c", b"printf '%s\\0' " + command], capture_output=True, check=True).stdout.split(
        b"\0"
    )
    assert words[3] == name
    assert words[5] == b"y\x1b[2J"
    assert (folder / "runs").is_dir()


def test_its_log_has_no_sign_that_steers_and_no_entry_that_we_did_not_write(hostile):
    folder, _, _ = hostile
    (log,) = (folder / "runs").glob("*/log.txt")
    assert not steering_signs(log.read_bytes())
    assert all(line.startswith(("20", "    ")) for line in log.read_text().splitlines())


def test_its_record_and_report_are_there_and_clean(hostile):
    folder, _, _ = hostile
    (page,) = (folder / "runs").glob("*/report.html")
    (stored,) = (folder / "runs").glob("*/record.json")
    text = page.read_text(encoding="utf-8")
    assert not steering_signs(text.encode())
    assert "<svg" in text
    assert 'class="missing"' not in text
    assert f"a\x0b[bold]{ESCAPE}" in json.loads(stored.read_bytes())["data"]["columns"], (
        "the record keeps the names as they are"
    )
    done = run("report", stored.parent.relative_to(folder), cwd=folder)
    assert done.returncode == 0
    assert page.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "words",
    [
        ("run", "interpretability", "t\x1b[2J.csv", "--target", "y"),
        ("run", "interpretability", "t.csv", "--target", f"nothing{BIDI}"),
        ("run", "interpretability", "t.csv"),
        ("run", "interpretability", "t.csv", "--target", "y", "--drop", "\x1b[2J"),
        ("run", "interpretability", "t.csv", "--target", "one\x1b[2J"),
        ("run", "interpretability", "t.csv", "--target", "y", "--config", "s.toml"),
        ("run", "interpretability", "t.csv", "--target", "y", "--metric", "\x1b[2J"),
        ("run", "\x1b[2J",),
        ("\x1b[2J\u200b",),
        ("report", f"{ESCAPE}"),
        ("report", "record.json"),
        ("controls", "\x1b[2J"),
        ("list", "\x1b[2J"),
        ("demo", "--\x1b[2J"),
        ("run", "interpretability", "t.csv", "--target", "y", "--debug"),
    ],
)  # fmt: skip
def test_an_error_spells_out_what_came_from_a_file_or_a_command(lab, tmp_path, words):
    (tmp_path / "t.csv").write_text(
        f'{ESCAPE}a,one\x1b[2J,"b\nc{BIDI}",y\n' + "1,k\x1b[2J,2,v\n" * 30, encoding="utf-8"
    )
    (tmp_path / "s.toml").write_text('"\\u001b[2J" = 1\n')
    (tmp_path / "record.json").write_text('{"schema_version": 3, "\\u001b[2J": 1}')
    called = lab(*words)
    assert called.code == 2
    assert not steering_signs((called.out + called.err).encode("utf-8", "surrogatepass"))
    if "--debug" not in words:
        assert called.err.count("\n") == 1


@pytest.mark.slow
def test_a_run_without_its_report_is_taken_up_and_its_json_is_plain_ascii(hostile, tmp_path):
    folder, name, _ = hostile
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (run_folder,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    (run_folder / "report.html").unlink()  # as after a kill between the record and the report
    done = run(
        "run", "interpretability", name, "--target", "y\x1b[2J", *FAST, "--json", "--quiet", cwd=tmp_path, program=FEWER
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert not steering_signs(done.stdout)
    assert json.loads(done.stdout)["report"] == f"runs/{run_folder.name}/report.html"
    assert (run_folder / "report.html").exists()


def test_a_terminal_shows_the_title_of_its_bar_as_it_is(tmp_path, monkeypatch):
    from io import StringIO

    from rich import console

    from lab.terminal import screen
    from lab.work.resume import Progress

    class Terminal(StringIO):
        def isatty(self):
            return True

    seen = Terminal()
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setattr(console.Console, "size", console.ConsoleDimensions(200, 40))
    monkeypatch.delenv("NO_COLOR", raising=False)
    with screen.watching(f"edge on sales[final]{BIDI}[link=http://x].csv", quiet=False) as show:
        show(Progress(1, 2, 0, 0))
    assert "sales[final]\\u202e[link=http://x].csv" in seen.getvalue()
    assert BIDI not in seen.getvalue()


def test_a_reader_who_goes_away_ends_the_command_without_a_word(tmp_path):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "lab", "list"], stdout=write, stderr=subprocess.PIPE, cwd=tmp_path, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_error_that_nobody_reads_ends_without_a_word_too(tmp_path):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "lab", "nonsense"]
    done = subprocess.run(command, stderr=write, stdout=subprocess.PIPE, cwd=tmp_path, check=False)
    os.close(write)
    assert (done.returncode, done.stdout) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")  # noqa: PTH110
def test_an_output_that_is_full_is_named_and_not_our_fault(tmp_path):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "lab", "list"], stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False
        )
    assert done.returncode == 2
    assert b"cannot write the result to standard output: No space left on device" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_unicode_gets_signs_that_it_has(tmp_path, encoding):
    environment = os.environ | {"LC_ALL": "C", "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = run("run", "interpretability", "--help", cwd=tmp_path, env=environment)
    assert done.returncode == 0
    assert b"R\\xb2" in done.stdout or "R²".encode(encoding) in done.stdout
    assert run("run", "interpretability", "nämë→.csv", "--target", "y", cwd=tmp_path, env=environment).returncode == 2


def test_a_current_folder_that_was_removed_is_said(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; from lab.cli import main; os.rmdir(os.getcwd()); sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "interpretability", "wine", *FAST],
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "error: the current folder was removed; change to another one (cd) and repeat the command\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "limit", "says"),
    [
        ("RLIMIT_FSIZE", 2_000, [b"File too large at runs", b"ulimit -f"]),
        ("RLIMIT_NOFILE", 12, [b"Too many open files", b"ulimit -n"]),
    ],
)
def test_a_limit_of_the_machine_is_named_with_the_way_out(tmp_path, kind, limit, says):
    def lower():
        resource.setrlimit(getattr(resource, kind), (limit, limit))

    done = run("run", "interpretability", "wine", *FAST, "--independent", "--quiet", cwd=tmp_path, preexec_fn=lower)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count(b"\n") == 1
    for part in says:
        assert part in done.stderr


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("ENOSPC", "free up some space"),
        ("EDQUOT", "free up some of your disk quota"),
        ("EROFS", "--out"),
        ("EACCES", "get permission to use it"),
        ("EPERM", "get permission to use it"),
        ("EMFILE", "ulimit -n"),
        ("EFBIG", "ulimit -f"),
        ("EAGAIN", "ulimit -u"),
        ("ENOMEM", "--max-rows"),
        ("EIO", "the disk"),
    ],
)
def test_each_refusal_of_the_system_has_a_place_and_a_way_out(lab, tmp_path, monkeypatch, name, way_out):
    def refusing(*arguments, **options):
        raise OSError(getattr(errno, name), os.strerror(getattr(errno, name)))

    monkeypatch.setattr("lab.flow.run", refusing)
    called = lab("run", "interpretability", "wine", "--out", "out\x1b")
    assert called.code == 2
    assert called.err.startswith(f"error: {os.strerror(getattr(errno, name))} at out\\x1b; ")
    assert way_out in called.err
    assert called.err.count("\n") == 1


def test_a_refusal_that_nobody_can_mend_stays_our_fault(lab, tmp_path, monkeypatch):
    def refusing(*arguments, **options):
        raise OSError(errno.ENOEXEC, "Exec format error")

    monkeypatch.setattr("lab.flow.run", refusing)
    called = lab("run", "interpretability", "wine")
    assert called.code == 1
    assert "this is our fault: OSError" in called.err
