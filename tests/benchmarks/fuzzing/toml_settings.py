"""TOML: settings are read and checked, or refused in one sentence."""

import functools

from lab import registry, settings
from lab.errors import LabError

NAME, COUNT = "toml", 100_000
TOKENS = (
    b"folds",
    b" = ",
    b"\n",
    b"[[a]]",
    b"[a.b]",
    b"'''",
    b'"""',
    b"inf",
    b"nan",
    b"0x",
    b"1_000",
    b"#",
    b"12:00:00",
    b"\\U00110000",
)


def seeds(folder):
    made = (
        'effort = "quick"\nfolds = 3\nrepeats = 2\nmetric = "roc_auc"\n',
        'folds = 5\ncandidates = 4\n# a comment\nmargin = 0.5\nmax_rows = 1_000\n',
        'models = ["mlp", "forest"]\np99_ms = 1.5\nsize_mb = 5\n[table]\na = 1979-05-27T07:32:00Z\nb = {c = 1, d = [1, 2]}\n',
        'qubits = 4\nlayers = 2\nseed = 0\nshots = 1000\ndevices = "torino"\ntext = """a\nb"""\n',
    )  # fmt: skip
    return [text.encode() for text in made]


@functools.cache
def _types():
    """Find the labs once: looking through all installed packages takes far longer than a file does."""
    return [registry.find(name).settings_type for name in registry.names()]


def attempt(path):
    last = "read"
    for settings_type in _types():
        try:
            settings.make(settings_type, settings.read_toml(path))
        except LabError as error:
            str(error).encode(errors="surrogateescape")
            last = type(error).__name__
    return last
