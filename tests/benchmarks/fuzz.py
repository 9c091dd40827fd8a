"""What does a damaged file do? Spoils valid files of each kind and reads them as the product does, in processes with limits.

python tests/benchmarks/fuzz.py                                   # everything, hours
python tests/benchmarks/fuzz.py --kinds csv,toml --count 5000     # a part
python tests/benchmarks/fuzz.py --keep FOLDER                     # where the inputs of findings are kept

Every input is read, or refused by a LabError. An exception of another kind, the end of the process, no answer in time, or
memory beyond the limit is a finding: it is counted, and the first inputs of each sort are kept and named. The same seed
makes the same inputs. Exit code 1 where there are findings. Of some kinds only a part goes the whole way, as the line says: an
ONNX model is also asked, a record drawn, a folder of rows handed to a run. Ctrl-C or SIGTERM: what was counted is said.

With glibc, LD_PRELOAD=libc_malloc_debug.so.0 GLIBC_TUNABLES=glibc.malloc.check=3 end a process at the input that writes beyond
its memory, and not somewhere behind it.
"""

import argparse
import collections
import contextlib
import importlib
import importlib.util
import itertools
import json
import os
import random
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from benchmarks.fuzzing.mutate import spoil  # noqa: E402 - the path is set above

SECONDS, MEMORY_GB, KEPT_OF_A_SORT = 30.0, 2.0, 3
_START_SECONDS = 120.0  # imports and the first originals, on a busy machine
_NOT_KINDS = {"__init__", "mutate"}


@dataclass
class Tally:
    """What became of the inputs of a kind."""

    counts: collections.Counter = field(default_factory=collections.Counter)
    sorts: collections.Counter = field(default_factory=collections.Counter)
    kept: dict[str, list[str]] = field(default_factory=dict)
    whole: int = 0
    peak_mb: float = 0.0
    seconds: float = 0.0
    stopped: bool = False

    @property
    def findings(self):
        return sum(self.counts[what] for what in ("outside", "crashed", "hung", "memory"))


def kinds(extra=None):
    """Find the modules of the folder, by their NAME, without their libraries; `extra` is the path of one more, elsewhere."""
    paths = [path for path in sorted((HERE / "fuzzing").glob("*.py")) if path.stem not in _NOT_KINDS]
    paths += [Path(extra)] if extra else []
    return {
        re.search(r'^NAME\b.* = "([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)[1]: path for path in paths
    }


def loaded(name, extra=None):
    """Load the module of a kind."""
    path = kinds(extra)[name]
    if str(path) != str(extra):
        return importlib.import_module(f"benchmarks.fuzzing.{path.stem}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_input(module, originals, seed, number):
    """Make the input of that number: the same for the same seed, whoever asks."""
    rng = random.Random(f"{seed}/{module.NAME}/{number}")
    if hasattr(module, "spoil") and rng.random() < 0.5:
        return module.spoil(rng.choice(originals), rng)
    return spoil(originals, rng, getattr(module, "TOKENS", ()))


def run_kind(name, count, seed, keep, *, processes=2, seconds=SECONDS, memory_gb=MEMORY_GB, extra=None):
    """Try `count` inputs, spread over processes; gives the tally."""
    tally, start = Tally(), time.monotonic()
    ends = [round(count * share / processes) for share in range(processes + 1)]
    runners = [
        _Runner(name, seed, range(a, b), keep, tally, seconds, memory_gb, extra) for a, b in itertools.pairwise(ends)
    ]
    try:
        while active := [runner for runner in runners if runner.left]:
            for runner in active:
                runner.start()
            ready, _, _ = select.select([runner.stream for runner in active], [], [], 0.5)
            for runner in active:
                runner.look(runner.stream in ready)
    except KeyboardInterrupt:
        tally.stopped = True
    finally:
        for runner in runners:
            runner.stop()
    tally.seconds = time.monotonic() - start
    return tally


class _Runner:
    """A process that tries a range of inputs one after another, and is started again behind one that ended it."""

    def __init__(self, name, seed, numbers, keep, tally, seconds, memory_gb, extra):
        self._name, self._seed, self._keep, self._tally = name, seed, keep, tally
        self._seconds, self._memory_gb, self._extra = seconds, memory_gb, extra
        self._next, self._end = numbers.start, numbers.stop
        self._process, self.stream, self._buffer = None, None, b""
        self._folder = tempfile.TemporaryDirectory(prefix="fuzz-")

    @property
    def left(self):
        return self._next < self._end

    def start(self):
        if self._process is not None:
            return
        words = [self._name, str(self._seed), str(self._next), str(self._end), self._folder.name, str(self._memory_gb)]
        words += [str(self._extra)] if self._extra else []
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--child", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.stream, self._buffer = self._process.stdout, b""
        os.set_blocking(self._process.stderr.fileno(), False)
        self._heard, self._patience, self._ready, self._complaints = time.monotonic(), _START_SECONDS, False, b""

    def look(self, ready):
        """Take what the process has said; notice that it ended or says nothing any more."""
        read = os.read(self.stream.fileno(), 1 << 16) if ready else b""
        self._complaints = (self._complaints + (self._process.stderr.read() or b""))[-2_000:]  # it never waits for us
        if read:
            self._buffer += read
            *lines, self._buffer = self._buffer.split(b"\n")
            for line in lines:
                self._take(json.loads(line))
        elif ready:  # it has ended
            code = self._process.wait()
            self.stop()
            if not self._ready:
                raise RuntimeError(
                    f"the module of {self._name} does not work:\n{self._complaints.decode(errors='replace')}"
                )
            if self.left:
                self._find("crashed", f"the process ended with {code}")
        elif time.monotonic() - self._heard > self._patience:
            self.stop()
            self._find("hung", f"no answer in {self._patience:.0f} s")

    def _take(self, said):
        self._heard, self._patience = time.monotonic(), self._seconds
        if said["what"] == "ready":
            self._ready = True
            return
        grown = said["peak_mb"] > max(1_000 * self._memory_gb, self._tally.peak_mb)
        self._tally.peak_mb = max(self._tally.peak_mb, said["peak_mb"])
        if grown:
            self._find("memory", f"above {self._memory_gb:g} GB")
        elif said["what"] == "outside":
            self._find("outside", said["sort"])
        else:
            what, *way = said["what"].split()
            self._tally.counts["read" if what == "read" else "refused"] += 1
            self._tally.whole += way == ["whole"]
            self._next += 1

    def _find(self, what, sort):
        self._tally.counts[what] += 1
        self._tally.sorts[f"{what}: {sort}"] += 1
        print(f"{self._name} {self._seed}/{self._next}: {what}: {sort}", file=sys.stderr, flush=True)
        kept = self._tally.kept.setdefault(f"{what}: {sort}", [])
        if len(kept) < KEPT_OF_A_SORT and self._keep:
            module = loaded(self._name, self._extra)
            path = Path(self._keep) / f"{self._name}-{self._seed}-{self._next}.input"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make_input(module, _originals(module, self._folder.name), self._seed, self._next))
            kept.append(str(path))
        self._next += 1

    def stop(self):
        """End the process and all that it has started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process.stdout.close()
            self._process.stderr.close()
            self._process = None
        if not self.left:
            self._folder.cleanup()


def _originals(module, folder):
    place = Path(folder) / "originals"
    place.mkdir(parents=True, exist_ok=True)
    return module.seeds(place)


def child(name, seed, first, end, folder, memory_gb, extra=None):
    """Try the inputs of a range and say of each what became of it; runs in a process of its own."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    limit = int(
        float(memory_gb) * 2**30 * 1.5
    )  # beyond the limit that is looked at: what cannot be had raises MemoryError
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    module = loaded(name, extra)
    originals = _originals(module, folder)
    module.attempt(_put(folder, "first.input", originals[0]))  # what is imported late
    print(json.dumps({"what": "ready"}), file=answers, flush=True)
    for number in range(int(first), int(end)):
        path = _put(folder, "one.input", make_input(module, originals, seed, number))
        said = {}
        try:
            what = module.attempt(path)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the finding
            what, said["sort"] = "outside", _sort(error)
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        said |= {"what": what, "peak_mb": peak / 1024}
        print(json.dumps(said), file=answers, flush=True)


def _put(folder, name, content):
    path = Path(folder) / name
    path.unlink(missing_ok=True)  # to write over a file costs milliseconds on ext4
    path.write_bytes(content)
    return path


def _sort(error):
    """Tell findings apart: the kind of the exception, and the last of our lines that it passed."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in own if "benchmarks" not in frame.filename]
    return f"{type(error).__name__} at {places[-1] if places else '?'}: {' '.join(str(error).split())[:80]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", help="names, with commas between (default: all)")
    parser.add_argument("--count", type=int, help="inputs of each kind (default: what the kind asks for)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", default="runs/fuzz", help="folder of the inputs that were findings")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    known = kinds()
    chosen = given.kinds.split(",") if given.kinds else list(known)
    if unknown := [name for name in chosen if name not in known]:
        parser.error(f"no kind {unknown[0]!r}; kinds: {', '.join(known)}")
    heads = ("tried", "read", "refused", "outside", "crashed", "hung", "memory", "whole way", "peak (MB)", "a second")
    print(f"{'kind':12}" + "".join(f"{head:>11}" for head in heads), flush=True)
    findings = 0
    for name in chosen:
        module = loaded(name)
        tally = run_kind(name, given.count or module.COUNT, given.seed, given.keep, processes=given.processes)
        cells = [sum(tally.counts.values()), *(tally.counts[head] for head in heads[1:7])]
        has_ways = hasattr(module, "WHOLE")
        cells += [tally.whole if has_ways else cells[0], round(tally.peak_mb), round(cells[0] / tally.seconds)]
        print(f"{name:12}" + "".join(f"{cell:11,}" for cell in cells) + "  stopped" * tally.stopped, flush=True)
        for sort, times in tally.sorts.most_common():
            print(f"    {times:6,} x {sort}   {' '.join(tally.kept[sort])}", flush=True)
        findings += tally.findings
        if tally.stopped:
            break
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(child(*sys.argv[2:]) if sys.argv[1:2] == ["--child"] else main())
