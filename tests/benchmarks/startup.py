"""How long does help take? `lab ... --help` against an empty `python -c pass`, interleaved, as medians and ratios.

python tests/benchmarks/startup.py
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 15
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "lab --help": ["-m", "lab", "--help"],
    "lab run quantum --help": ["-m", "lab", "run", "quantum", "--help"],
    "lab run edge --help": ["-m", "lab", "run", "edge", "--help"],
    "lab run interpretability --help": ["-m", "lab", "run", "interpretability", "--help"],
    "lab demo --help": ["-m", "lab", "demo", "--help"],
    "lab list": ["-m", "lab", "list"],
    "python -m quantum --help": ["-m", "quantum", "--help"],
}


def main():
    taken = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, words in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - start)
    empty = statistics.median(taken["python -c pass"])
    print(f"{'command':34}{'median (ms)':>12}{'x empty':>9}{'under 300 ms':>14}")
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:34}{1000 * median:12.0f}{median / empty:9.1f}{'yes' if median < 0.3 else 'NO':>14}")


if __name__ == "__main__":
    main()
