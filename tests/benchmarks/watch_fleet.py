"""Does a watch lose a row of a fleet? A thousand devices send to one topic, faster than in life, while the watch is killed.

    python tests/benchmarks/watch_fleet.py [--devices N] [--hours X] [--every SECONDS] [--speed X]
                                          [--source file|mqtt|kafka] [--restarts N]

Each device sends a row every so many seconds of its life, with a key of its own (device and number), into one file or one topic
of a broker that the benchmark starts (mosquitto for MQTT, Tansu for Kafka). Life goes by so many times as fast. The watch runs
beside it as a process of its own, and is killed and begun again so many times. What must hold: every row that was sent was taken,
once, and in its device's order. Prints rows, seconds, rows a second, how far behind the stored state was at most, and the memory;
exit code 1 where a row was lost or taken twice. A day of a thousand devices at ten times the speed takes 2.4 hours (the default);
`--hours 0.02` tries it.
"""

import argparse
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from samples import brokers, watched

from lab.work.sealed import read_sealed

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S, SETTLED_S = 120, 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two rows of a device")
    parser.add_argument("--speed", type=float, default=10.0)
    parser.add_argument("--source", choices=("file", "mqtt", "kafka"), default="mqtt")
    parser.add_argument("--restarts", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as held:
        folder = Path(name)
        (folder / "model.onnx").write_text("fleet")
        source, send = fleet(given.source, folder, held)
        return follow(given, folder, source, send)


def fleet(kind: str, folder: Path, held: contextlib.ExitStack):
    """Give the address of where the fleet sends to, and what sends."""
    if kind == "mqtt":
        (folder / "broker").mkdir()
        port = held.enter_context(brokers.mosquitto(folder / "broker"))
        publish = held.enter_context(brokers.publisher(port))
        return f"mqtt://127.0.0.1:{port}/fleet", lambda rows: publish("fleet", [json.dumps(row) for row in rows])
    if kind == "kafka":
        address, produce = held.enter_context(brokers.tansu())
        brokers.making_if_needed(address, "fleet")
        return f"kafka://{address}/fleet", lambda rows: produce("fleet", [json.dumps(row) for row in rows])
    path = folder / "fleet.jsonl"
    stream = held.enter_context(path.open("w"))

    def send(rows):
        stream.writelines(json.dumps(row) + "\n" for row in rows)
        stream.flush()

    return str(path), send


def start(folder: Path, source: str) -> subprocess.Popen:
    words = [
        "watch",
        folder / "model.onnx",
        "--data",
        source,
        "--key",
        "key",
        "--time",
        "at",
        "--state",
        folder / "state.json",
        "--quiet",
    ]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    return subprocess.Popen(
        [sys.executable, "-P", watched.__file__, *map(str, words)], env=environment, stdout=subprocess.DEVNULL
    )


def stored(folder: Path) -> dict:
    """Give what the stored state knows of the fleet."""
    try:
        value = read_sealed(folder / "state.json", owner="lab watch")
    except FileNotFoundError:
        return {"rows": 0, "next": {}, "wrong": 0}
    return json.loads(base64.b64decode(value["monitor"]))


def follow(given: argparse.Namespace, folder: Path, source: str, send) -> int:
    n_ticks = max(1, round(3_600 * given.hours / given.every))
    process, behind, memory, killed = start(folder, source), 0, 0, 0
    time.sleep(SETTLED_S)  # until it has said to the broker what it listens to
    begin = time.monotonic()
    for tick in range(n_ticks):
        time.sleep(max(0.0, begin + tick * given.every / given.speed - time.monotonic()))
        send(
            [
                {"key": f"{device}/{tick}", "at": tick * given.every, "a": device % 7, "b": "x"}
                for device in range(given.devices)
            ]
        )
        if killed < given.restarts and tick >= (killed + 1) * n_ticks // (given.restarts + 1):
            process.kill()
            process.wait()
            process, killed = start(folder, source), killed + 1
        elif tick % 10 == 5:
            behind = max(behind, given.devices * (tick + 1) - stored(folder)["rows"])
            memory = max(memory, psutil.Process(process.pid).memory_info().rss)
    seconds, sent = time.monotonic() - begin, given.devices * n_ticks
    end = time.monotonic() + PATIENCE_S
    while (found := stored(folder))["rows"] < sent and time.monotonic() < end:
        time.sleep(0.5)
    time.sleep(SETTLED_S)  # for what might come twice
    found = stored(folder)
    process.terminate()
    process.wait()
    lost = sum(n_ticks - found["next"].get(str(device), 0) for device in range(given.devices))
    rate = f"{sent / seconds:,.0f} a second"
    print(f"{sent:,} rows of {given.devices:,} devices by {given.source} in {seconds:.0f} s ({rate}), {killed} kills")
    print(
        f"{found['rows']:,} taken, {lost} lost at the end, {found['wrong']} out of turn (lost, twice or out of order)"
    )
    print(f"the stored state was at most {behind:,} rows behind, the watch had at most {memory / 2**20:.0f} MiB")
    return 1 if found["rows"] != sent or lost or found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
