"""A model is measured in a browser: the server gives nothing away, the browser ends, and the answers are compared."""

import contextlib
import http.client
import json
import os
import stat
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper
from samples.web import CHROMIUM, REASON, RUNTIME

from edge.browser import evidence as browser_evidence
from edge.browser import section
from edge.browser.measure import Timing, measure_in_browser
from edge.browser.runtime_files import WebRuntime, find_chromium, find_runtime
from edge.browser.trials import Browsed, BrowserModelRow, BrowserRow, in_browser
from edge.building.trials import BUILD, build
from edge.context import Context
from edge.exporting.device import identity_model
from edge.places import evidence as place_evidence
from edge.places import section as place_section
from edge.places.device_rows import Placed
from edge.places.trials import PlacesRow
from edge.settings import Settings
from edge.timing.trials import TimedRow
from lab.data.load import load
from lab.data.sampling import sample_rows
from lab.errors import SettingsError
from lab.host import loopback
from lab.host.loopback import Loopback, Served
from lab.learning.comparison import Group
from lab.learning.families import FOREST, MLP
from lab.learning.folds import Fold
from lab.learning.outer import FoldRow, fold_key
from lab.learning.scoring import primary_metric
from lab.report.pictures import svg

SHORT = Timing(rounds=20, round_ms=2.0, fewest=20, most=30)
in_a_browser = pytest.mark.skipif(bool(REASON), reason=REASON)


@pytest.fixture
def server():
    with Loopback(
        {"page": Served("text/html", b"<p>"), "model": Served("application/octet-stream", bytes(1_000))}
    ) as made:
        yield made


def ask(server, path, *, method="GET", host=None, headers=(), body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{server.port}")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_the_server_gives_its_files_isolated_and_counts_them(server):
    for _ in range(2):
        status, headers, content = ask(server, f"/{server.token}/model")
        assert (status, content) == (200, bytes(1_000))
    assert server.sent == {"model": 2_000}
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/page",
        "/wrong/page",
        "/{token}",
        "/{token}/",
        "/{token}/other",
        "/{token}/page/",
        "/{token}/../{token}/page",
        "/{token}/../../../../etc/passwd",
        "/{token}/..%2f..%2fetc%2fpasswd",
        "/{token}//etc/passwd",
        "/{token}/page%00",
    ],
)
def test_no_other_path_leads_anywhere(server, path):
    status, headers, content = ask(server, path.format(token=server.token))
    assert (status, content) == (404, b"")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert server.sent == {}


def test_the_server_listens_on_this_machine_only_and_under_its_own_name(server):
    assert server._server.server_address[0] == "127.0.0.1"
    assert ask(server, f"/{server.token}/page", host=f"evil.example:{server.port}")[0] == 404
    with Loopback({}) as other:
        assert other.token != server.token
        assert len(other.token) >= 32


def test_the_server_takes_one_result_of_a_bounded_size(server):
    where = f"/{server.token}/result"
    assert ask(server, where, method="POST")[0] == 411
    assert ask(server, where, method="POST", headers=[("Content-Length", str(10**9))])[0] == 413
    assert ask(server, where, method="POST", headers=[("Content-Length", "-1")])[0] == 411
    assert ask(server, f"/{server.token}/page", method="POST", headers=[("Content-Length", "2")], body=b"{}")[0] == 404
    assert ask(server, where, method="PUT", headers=[("Content-Length", "2")], body=b"{}")[0] == 501
    assert not server.answered.is_set()
    assert ask(server, where, method="POST", headers=[("Content-Length", "2")], body=b"{}")[0] == 204
    assert ask(server, where, method="POST", headers=[("Content-Length", "2")], body=b"[]")[0] == 409
    assert server.result == b"{}"


def installed(folder, version="1.2.3"):
    dist = folder / "node_modules" / "onnxruntime-web" / "dist"
    dist.mkdir(parents=True)
    for name in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"):
        (dist / name).write_text("//")
    (dist.parent / "package.json").write_text(json.dumps({"version": version}))
    return dist


def test_the_package_is_found_where_node_finds_it_and_where_the_user_says(tmp_path, monkeypatch):
    dist = installed(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_runtime(None).version == "1.2.3"
    for given in (tmp_path, dist.parent, dist):
        assert find_runtime(str(given)).wasm == (dist / "ort-wasm-simd-threaded.wasm").resolve()


def test_a_package_that_is_missing_or_incomplete_is_one_sentence_with_the_command(tmp_path):
    with pytest.raises(SettingsError, match=r"no onnxruntime-web in .*npm install --ignore-scripts onnxruntime-web@1"):
        find_runtime(str(tmp_path))
    (installed(tmp_path) / "ort.wasm.min.mjs").unlink()
    with pytest.raises(SettingsError, match="name it with --web-runtime"):
        find_runtime(str(tmp_path))


def test_without_a_browser_the_way_out_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        SettingsError, match="none of chromium, chromium-browser, google-chrome is on the path; install it"
    ):
        find_chromium()


def test_a_run_without_the_package_stops_before_it_starts(lab, tmp_path, monkeypatch):
    stand_in = tmp_path / "bin" / "chromium"
    stand_in.parent.mkdir()
    program(stand_in, "exit 1")
    monkeypatch.setenv("PATH", f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}")
    for words, says in (
        (("--browser", "--web-runtime", "nowhere"), "no onnxruntime-web in nowhere; run  npm install"),
        (("--web-runtime", "nowhere"), "web_runtime is given, but only browser uses it"),
    ):
        called = lab("run", "edge", "wine", *words)
        assert called.code == 2, called.err
        assert says in called.err
        assert len(called.err.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def program(file, *lines):
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            ("echo first >&2", "echo no display >&2", "exit 3"),
            r"exited before it answered \(exit code 3\); it said: no display",
        ),
        (("cat <&3",), r"did not answer within 0\.3 s"),
    ],
)
def test_a_browser_that_ends_or_is_silent_is_given_up_and_gone(lines, says, tmp_path):
    pid = tmp_path / "pid"
    stand_in = program(tmp_path / "chromium", f"echo $$ > {pid}", *lines)
    runtime = WebRuntime(*[tmp_path / "empty"] * 3, version="1")
    (tmp_path / "empty").touch()
    rows = {"numbers": np.zeros((3, 2), np.float32)}
    with pytest.raises(RuntimeError, match=says):
        measure_in_browser(
            identity_model(2), rows, timed=3, timing=SHORT, chromium=stand_in, runtime=runtime, patience_s=0.3
        )
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


TOKEN = "a-path-that-nobody-else-may-know"


def test_a_browser_is_told_the_path_by_a_file_that_this_user_alone_can_read(tmp_path, monkeypatch):
    monkeypatch.setattr(loopback.secrets, "token_urlsafe", lambda size: TOKEN)
    seen = tmp_path / "seen"
    seen.mkdir()
    stand_in = program(
        tmp_path / "chromium",
        f'for last; do :; done; page="${{last#file://}}"; cp "$page" {seen}/page',
        f'printf "%s\\n" "$0" "$@" > {seen}/arguments; env > {seen}/environment',
        f'stat -c %a "$page" "$(dirname "$page")" > {seen}/modes',
    )
    runtime = WebRuntime(*[tmp_path / "empty"] * 3, version="1")
    (tmp_path / "empty").touch()
    with pytest.raises(RuntimeError, match="exited before it answered"):
        measure_in_browser(
            identity_model(2), {"numbers": np.zeros((3, 2), np.float32)}, timed=3, timing=SHORT, chromium=stand_in, runtime=runtime
        )  # fmt: skip
    assert TOKEN in (seen / "page").read_text()
    assert TOKEN not in (seen / "arguments").read_text()
    assert TOKEN not in (seen / "environment").read_text()
    assert (seen / "modes").read_text().split() == ["600", "700"]


def test_a_path_is_not_handed_over_in_a_folder_that_others_can_enter(server, tmp_path):
    tmp_path.chmod(0o755)
    with pytest.raises(RuntimeError, match="is open to other users"):
        server.hand_over("page", tmp_path)
    assert not list(tmp_path.iterdir())


def shown_to_all():
    """What every user of the machine (and, of environments, root) can read of the processes."""
    for process in Path("/proc").iterdir():
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                yield (process / name).read_bytes()


@in_a_browser
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at processes as Linux shows them")
def test_no_process_shows_the_path_while_a_browser_measures(monkeypatch):
    monkeypatch.setattr(loopback.secrets, "token_urlsafe", lambda size: TOKEN)
    shown, browsers, done = [], set(), threading.Event()

    def look():
        while not done.wait(0.02):
            for text in shown_to_all():
                shown.append(TOKEN.encode() in text)
                if b"--user-data-dir" in text:
                    browsers.add(text)

    watch = threading.Thread(target=look)
    watch.start()
    try:
        rows = {"numbers": np.zeros((5, 3), np.float32)}
        measure_in_browser(identity_model(3), rows, timed=5, timing=SHORT, chromium=CHROMIUM, runtime=RUNTIME)
    finally:
        done.set()
        watch.join()
    assert browsers, "it was not looked at while the browser ran"
    assert not any(shown)


def found(times_ms, **changes):
    times = (np.asarray(times_ms) * 1e6).astype(np.int64)
    row = {
        "times": times, "loads_s": (0.5, 0.2, 0.3, 0.25, 0.35, 0.4, 0.45), "runtime_s": 0.8, "runtime_bytes": 14_000_000,
        "model_bytes": 2_000_000, "agent": "HeadlessChrome/156", "version": "1.30.0", "clock_step_ms": 0.005, "rows": 50,
        "largest": 0.0, "flips": 0,
    }  # fmt: skip
    return BrowserModelRow(**(row | changes))


def test_an_interval_of_calls_is_a_step_of_the_clock_wider_at_both_ends():
    times = np.random.default_rng(0).integers(2, 200, size=(20, 50)) * 0.005
    known = browser_evidence.percentile(found(times), 0.5)
    ordered = np.sort(times.ravel())
    assert known.value == pytest.approx(ordered[499])
    assert known.low <= ordered[468] - 0.005 + 1e-9  # 468 and 531 are the binomial bounds of the median of 1,000
    assert known.high >= ordered[530] + 0.005 - 1e-9
    assert browser_evidence.percentile(found(times[:, :10]), 0.99) is None, "200 calls are too few for p99"


def test_what_a_browser_took_stands_beside_the_machine_and_the_other_places():
    times = np.full((20, 50), 0.05)
    lost = Browsed(lost="the browser did not answer within 180 s")
    mlp = Browsed(found(2 * times, flips=3, largest=0.02))
    row = BrowserRow({"identity": Browsed(found(times)), "mlp": mlp, "forest": lost}, "1.30.0")
    labels = {"mlp": "neural network", "forest": "random forest"}
    here = {"mlp": np.full((20, 50), 20_000), "identity": np.full((20, 50), 5_000)}
    table = browser_evidence.browser_table(row, labels, here)
    line = dict(zip(table.columns, table.rows[1], strict=True))
    assert (line["model"], line["p50 (ms)"], line["interval"]) == (
        "neural network",
        pytest.approx(0.1),
        "0.095 to 0.105",
    )
    assert line["ratio of p50"] == pytest.approx(5.0)
    assert (line["load (s)"], line["interval  "]) == (0.35, "0.2 to 0.5")
    assert table.rows[2][-1] == lost.lost
    assert "14.0 MB" in table.caption
    figure = browser_evidence.figure(row, labels, here, 1.0)
    assert "budget of 1 ms" in figure.caption
    assert svg(figure, figure.spec).startswith("<svg")
    assert browser_evidence.figure(BrowserRow({"forest": lost}, "1"), labels, here, 1.0) is None
    said = browser_evidence.caveats(row, labels)
    assert "differ by up to 0.02 and 3 of 50 labels" in said[0]
    assert "without a network" in said[1]
    places = place_evidence.lines_in_browser(row)
    listed = place_evidence.place_table(places, labels, 1.0)
    assert [cells[4] for cells in listed.rows] == ["neural network", "random forest"]
    assert listed.rows[0][0] == place_evidence.BROWSER_PLACE
    assert "the results of random forest were lost" in place_evidence.lost(places, labels)[0]


def context_of(settings):
    metric = primary_metric("accuracy", load("wine"))
    return Context(load("wine"), settings, 0, metric, Group("all", "model", (MLP,)), (MLP,))


def test_the_browser_is_asked_for_alone_and_reaches_the_evidence(monkeypatch):
    settings = Settings(models=("mlp",), browser=True, web_runtime="somewhere")
    there = {"somewhere": SimpleNamespace(module=Path("/the/folder/ort.mjs"))}
    monkeypatch.setattr("edge.browser.section.find_runtime", lambda folder: there[folder])
    context = context_of(settings)
    (trial,) = section.plan(context)
    assert (trial.key, trial.function, trial.exclusive, trial.needs) == ("browser", in_browser, True, ("build-mlp",))
    assert trial.arguments["web_runtime"] == "/the/folder", "trials run in another folder"
    assert section.plan(context_of(Settings(models=("mlp",)))) == []
    times = np.full((20, 50), 0.05)
    rows = {
        "browser": BrowserRow({"mlp": Browsed(found(times))}, "1.30.0"),
        "time": TimedRow({"mlp onnx": np.full((20, 50), 20_000)}),
    }
    shown = section.evidence(context, rows)
    assert [table.title for table in shown.tables] == ["In a browser"]
    assert [figure.title for figure in shown.figures] == ["Latency in a browser"]
    line = dict(zip(shown.tables[0].columns, shown.tables[0].rows[0], strict=True))
    assert line["p50 without (ms)"] == pytest.approx(0.02)
    assert "without a network" in shown.caveats[0]
    assert place_section.evidence(context, rows).tables == (), "a browser alone has a table of its own"
    places = PlacesRow({"device a": {"mlp": Placed(lost="gone")}})
    (both,) = place_section.evidence(context, rows | {"places": places}).tables
    assert [row[0] for row in both.rows] == ["device a", place_evidence.BROWSER_PLACE]


@in_a_browser
def test_a_model_in_a_browser_gives_back_every_bit_on_a_fine_clock():
    rows = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    rows[4, 1] = np.nan
    measured = measure_in_browser(
        identity_model(3), {"numbers": rows}, timed=20, timing=SHORT, chromium=CHROMIUM, runtime=RUNTIME
    )
    np.testing.assert_array_equal(measured.answers, rows)
    assert measured.clock_step_ms <= 0.01
    assert measured.times.shape[0] == 20
    assert measured.times.size >= 400
    assert (measured.times >= 0).all()
    assert measured.model_bytes == len(identity_model(3))
    sizes = [file.stat().st_size for file in (RUNTIME.module, RUNTIME.glue, RUNTIME.wasm)]
    assert measured.runtime_bytes == sum(sizes)
    assert measured.version == RUNTIME.version


@in_a_browser
def test_a_model_that_the_browser_cannot_load_is_lost_with_the_reason():
    rows = {"numbers": np.zeros((3, 2), np.float32)}
    with pytest.raises(RuntimeError, match=r"does not run in the browser: .+"):
        measure_in_browser(b"no model", rows, timed=3, timing=SHORT, chromium=CHROMIUM, runtime=RUNTIME)


@in_a_browser
def test_texts_reach_a_model_in_a_browser():
    encoder = helper.make_node(
        "LabelEncoder", ["texts"], ["codes"], domain="ai.onnx.ml",
        keys_strings=["red", "gr\u00fcn", ""], values_floats=[1.0, 2.0, 3.0], default_float=9.0,
    )  # fmt: skip
    graph = helper.make_graph(
        [encoder, helper.make_node("Identity", ["codes"], ["probabilities"])], "g",
        [helper.make_tensor_value_info("texts", TensorProto.STRING, [None, 2])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 4)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    rows = {"texts": np.array([["red", "gr\u00fcn"], ["", "</script>"]], dtype=object)}
    measured = measure_in_browser(model, rows, timed=2, timing=SHORT, chromium=CHROMIUM, runtime=RUNTIME)
    assert measured.answers.tolist() == [[1.0, 2.0], [3.0, 9.0]]


@in_a_browser
def test_a_forest_answers_in_a_browser_as_it_does_here():
    dataset = sample_rows(load("wine"), 120, 0)
    fold = Fold(3, 1, 0, 0)
    key = fold_key(FOREST, 0)
    scored = {key.name: FoldRow(1.0, np.zeros(0), {}, test_rows=np.zeros(0), parameters={})}
    built = build(dataset, seed=0, family=FOREST, fold=fold, inputs=scored)
    where = {"web_runtime": str(RUNTIME.module.parent), "rounds": 20}
    row = in_browser(dataset, seed=0, names=("forest",), fold=fold, inputs={BUILD.of("forest").name: built}, **where)
    forest = row.models["forest"].found
    assert (forest.largest, forest.flips, forest.rows) == (0.0, 0, 120)
    assert list(row.models) == ["identity", "forest"]
    assert isinstance(browser_evidence.browser_table(row, {"forest": "random forest"}, {}).rows[1][1], float)
    assert not any(isinstance(value, pd.DataFrame) for value in vars(forest).values())
