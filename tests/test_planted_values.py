"""No value of a single person leaves the laboratory: singular values are planted in a table and looked for in all outputs.

What a run needs to be taken up again (the folder `trials`) is not an output: it holds predictions row by row.
"""

import csv
import dataclasses
import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from samples import web
from samples.here import in_this_process
from samples.less_work import (
    few_trees,
    with_few_trees,
    with_models_served_once,
    with_short_timings,
    with_small_follow_up,
    with_small_machines,
    with_suspicions_once,
)  # fmt: skip
from samples.planted import NUMBERS, PLANTED, leaks_in, spellings, table_of, without_the_clock

import quantum.context
import quantum.models.families
from edge.stream import changes
from interpretability.models import classifiers, regressors
from interpretability.models.boosting import pooled
from interpretability.models.classifiers import EBM, EBM_PAIRS, SCORECARD, SPLINES, TREE
from interpretability.reading.read import read_model
from lab.cli import main
from lab.data.load import load
from lab.learning.comparison import Group
from lab.learning.families import FOREST, LOGISTIC
from lab.privacy import aggregates
from lab.privacy.cells import without_cells
from lab.protocol import Dataset, Trial
from lab.work.workers import run_here

SIZES = (40, 200, 600)
AS_LIBRARIES_WRITE = re.compile(r"[\d,_]+(\.\d+)?(e\+\d+)?|\d{4}-\d\d-\d\d")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The tables as CSV files, by rows and target."""
    folder, made = tmp_path_factory.mktemp("planted"), {}
    for n_rows in SIZES:
        for target in ("classes", "number"):
            columns = table_of(n_rows, target=target)
            made[n_rows, target] = folder / f"{target}{n_rows}.csv"
            with made[n_rows, target].open("w", newline="", encoding="utf-8") as stream:
                writer = csv.writer(stream)
                writer.writerow(columns)
                writer.writerows(zip(*columns.values(), strict=True))
    return made


def planted_in(target):
    return {name: value for name, value in PLANTED.items() if target == "number" or name != "a target"}


def words_of(row):
    """Everything of a row that is not an array, and the bytes of its arrays."""
    arrays = []

    def plain(value):
        if isinstance(value, np.ndarray):
            arrays.append(value.tobytes())
            return None
        if dataclasses.is_dataclass(value):
            return plain(dataclasses.asdict(value))
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list | tuple) else value

    return json.dumps(plain(row), ensure_ascii=False), arrays


# ---- the search itself


@pytest.mark.parametrize("name", PLANTED)
def test_the_search_sees_a_planted_value_in_every_spelling(name):
    value = PLANTED[name]
    for text in spellings(value).texts:
        assert leaks_in(f'<text aria-label="pay: {text}; x">', PLANTED) == [name], text
    for number in spellings(value).numbers:
        assert name in leaks_in(b"\x00\x01" + np.float64(number).tobytes() + b"\x7f", PLANTED)
    assert leaks_in(b"abc" + str(spellings(value).texts[0]).encode(), PLANTED) == [name]


@pytest.mark.parametrize("n_rows", SIZES)
def test_the_tables_hold_every_planted_value_once(n_rows, files):
    text = files[n_rows, "number"].read_text(encoding="utf-8")
    assert sorted(leaks_in(text, PLANTED)) == sorted(PLANTED)
    dataset = load(str(files[n_rows, "number"]), "outcome")
    assert dataset.features["steady"].median() == NUMBERS["the median"]


@pytest.mark.parametrize("what", ["outer_range", "middle"])
def test_the_search_sees_what_an_honest_range_or_median_would_give_away(what, files, monkeypatch):
    from interpretability.reading import additive

    honest = {
        "outer_range": lambda values, whole=False: (float(np.min(values)), float(np.max(values))),
        "middle": lambda values: float(np.median(values)),
    }
    monkeypatch.setattr(additive, what, honest[what])
    dataset = load(str(files[200, "classes"]), "outcome")
    row = read_model(dataset, seed=0, family=LOGISTIC, scorer="roc_auc", candidates=1)
    expected = {"outer_range": {"highest", "lowest"}, "middle": {"the median"}}[what]
    assert expected <= set(leaks_in(words_of(row)[0], PLANTED))


# (a text of a run, whether the day 17,969 in it gives a person away)
TIMES = "<thead><tr><th>model</th><th>{}</th><th>{}</th></tr></thead>\n<tbody>\n<tr><td>a</td><td>{}</td><td>{}</td></tr>\n</tbody>"
OF_THE_CLOCK = {
    "2026-11-26 10:54:17,969 INFO trial a: 0.17 s": False,
    "2026-11-26 10:54:58,701 INFO trial a: 17,969 s": True,
    "2026-11-26 10:54:58,701 WARNING trial a:\n    at 10:54:17,969": True,
    "2026-11-26 10:54:58,701 INFO 2026-11-26 10:54:17,969 INFO": True,
    "2026-11-26 10:54:58,701 INFO a\n2026-11-26 10:54:17,969 INFO b": False,
    "2026-11-26 10:54:17,969 Someone": True,
    "12026-11-26 10:54:17,969 INFO": True,
    f"SHA-256 {'ab17969c' * 8}, version": False,
    f"SHA-256 {'ab17969c' * 7}, version": True,
    f"SHA-256 {'ab17969c' * 9}, version": True,
    "on tcp://127.0.0.1:17969 of a person": False,
    "on tcp://127.0.0.1:1, 17969 of a person": True,
    "handled 17,969 rows per second": False,
    "handled 17,969 rows": True,
    TIMES.format("p99 (us)", "interval", "17,969", "1 to 17,969"): False,
    TIMES.format("rows per second", "p99 (ms)", "17,969", "17,969"): False,
    TIMES.format("p99 (us)", "rows", "17,969", "17,969"): True,
    TIMES.format("days", "interval", "1", "1 to 17,969"): True,
    TIMES.format("17,969", "p99 (us)", "1", "1"): True,
}  # fmt: skip


@pytest.mark.parametrize("text", OF_THE_CLOCK)
def test_the_search_depends_on_no_clock_and_still_sees_a_day_beside_it(text):
    assert leaks_in(text, PLANTED) == ["day in a gap"]
    assert leaks_in(without_the_clock(text), PLANTED) == ["day in a gap"] * OF_THE_CLOCK[text]


# ---- every readable model

OF_CLASSES = [LOGISTIC, SPLINES, TREE, EBM, EBM_PAIRS, SCORECARD, classifiers.RULE_SUM]
OF_NUMBERS = [
    regressors.LINEAR, regressors.SPLINES, regressors.TREE, regressors.EBM,
    regressors.EBM_PAIRS, regressors.RULE_SUM,
]  # fmt: skip
CASES = [("classes", family) for family in OF_CLASSES] + [("number", family) for family in OF_NUMBERS]


@pytest.mark.filterwarnings("ignore:Missing values detected")
@pytest.mark.parametrize("n_rows", SIZES)
@pytest.mark.parametrize(("target", "family"), CASES, ids=[f"{target}-{family.name}" for target, family in CASES])
def test_a_readable_model_shows_no_value_of_one_person(n_rows, target, family, files):
    if family.name == "figs":
        pytest.importorskip("imodels")
    dataset = load(str(files[n_rows, target]), "outcome")
    scorer = "roc_auc" if target == "classes" else "r2"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = read_model(dataset, seed=0, family=family, scorer=scorer, candidates=1)
    words, arrays = words_of(row)
    assert leaks_in(words, planted_in(target)) == []
    assert row.export.difference < 1e-6 * (1 if target == "classes" else float(np.std(dataset.target)))
    assert len(arrays) == 1
    assert leaks_in(arrays[0], planted_in(target)) == []


# ---- whole runs


FAST = {
    "quantum": "--qubits 2 --steps 10 --folds 2 --repeats 1 --candidates 1 --sweep 0 --largest 0 --hardware-rows 0 "
    "--devices torino",
    "edge": "--effort quick --folds 2 --candidates 1 --rounds 20 --models logistic,forest",
    "interpretability": "--folds 2 --repeats 1 --candidates 1",
}
READ = {40: (TREE, LOGISTIC), 600: (EBM_PAIRS, SPLINES, SCORECARD)}
READ_NUMBER = {40: (regressors.LINEAR, regressors.TREE), 600: (regressors.EBM,)}
LESS_WORK = [
    (quantum.models.families, "CLASSICAL", (LOGISTIC,)), (classifiers, "ladder", lambda n_classes: ()),
    (regressors, "ladder", tuple),
]  # fmt: skip
LABS = [("quantum", "classes"), ("edge", "classes"), ("interpretability", "classes"), ("interpretability", "number")]
RUNS = [
    pytest.param(name, target, n_rows, marks=[pytest.mark.slow] if n_rows == SIZES[0] or name == "quantum" else [])
    for name, target in LABS
    for n_rows in (SIZES[0], SIZES[-1])
]


@pytest.fixture(scope="module")
def suspected():
    """What was suspected of each of the tables, which several labs run on."""
    return {}


KEPT = ("quantum", "kernel", "unentangled", "surrogate", "logistic", "constant")


def with_fewer_sides(patch):
    """Have the quantum lab compare one model of each kind: the same library fits the others in the same way."""
    sides = quantum.context.groups

    def fewer(*sizes, **more):
        return tuple(
            dataclasses.replace(group, families=tuple(each for each in group.families if each.name in KEPT))
            for group in sides(*sizes, **more)
        )

    patch.setattr(quantum.context, "groups", fewer)


@pytest.fixture
def searched(tmp_path, monkeypatch, capfd, suspected):
    """Run a lab on a planted table with little work, and look for the planted values in all that it leaves behind."""
    in_this_process(monkeypatch)
    with_few_trees(monkeypatch)
    with_models_served_once(monkeypatch)
    with_short_timings(monkeypatch)
    with_small_follow_up(monkeypatch)
    with_small_machines(monkeypatch)
    with_suspicions_once(monkeypatch, suspected)
    for module, constant, less in LESS_WORK:
        monkeypatch.setattr(module, constant, less)

    def run(name, target, table, *more):
        words = ["run", name, str(table), "--target", "outcome", "--out", str(tmp_path), "--workers", "1"]
        assert main([*words, *FAST[name].split(), *more]) == 0
        said = capfd.readouterr()
        wanted = planted_in(target)
        assert leaks_in(without_the_clock(said.out + said.err), wanted) == []
        outputs = [path for path in tmp_path.rglob("*") if path.is_file() and "trials" not in path.parts]
        assert {"report.html", "record.json", "log.txt"} <= {path.name for path in outputs}
        for path in outputs:
            found = leaks_in(path.read_bytes(), wanted)
            if path.suffix != ".onnx":
                found += leaks_in(without_the_clock(path.read_text(encoding="utf-8")), wanted)
            assert found == [], f"{path.name} gives away: {found}"
        return next(json.loads(path.read_text(encoding="utf-8")) for path in outputs if path.name == "record.json")

    return run


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "target", "n_rows"), RUNS)
def test_a_run_leaves_no_value_of_one_person_behind(name, target, n_rows, files, searched, monkeypatch):
    readable = {"classes": READ, "number": READ_NUMBER}[target][n_rows]
    glass, closed = Group("glass", "readable model", tuple(map(classifiers.counted, readable))), (few_trees(FOREST),)
    if target == "number":
        closed = (few_trees(regressors.FOREST),)
    for module in (classifiers, regressors):
        monkeypatch.setattr(module, "glass", lambda *sizes: glass)
        monkeypatch.setattr(module, "black", lambda: Group("black", "black box", closed))
    shown = ["--json"] if n_rows == 40 else []
    if n_rows == 40:  # all of them are in the run on the larger table
        with_fewer_sides(monkeypatch)
    if name == "interpretability" and n_rows == 600:
        shown += ["--groups", "group"]
    searched(name, target, files[n_rows, target], *shown)


def in_order_of_time(table, folder):
    """Sort a table by its dates: in the second half other people stand than in the first."""
    head, *lines = table.read_text(encoding="utf-8").splitlines()
    place = head.split(",").index("since")
    made = folder / "in-time.csv"
    made.write_text(
        "\n".join([head, *sorted(lines, key=lambda line: next(csv.reader([line]))[place])]), encoding="utf-8"
    )
    return made


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(bool(web.REASON), reason=web.REASON)
def test_a_stream_a_browser_and_devices_leave_no_value_of_one_person_behind(files, searched, tmp_path_factory):
    distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
    table = in_order_of_time(files[600, "classes"], tmp_path_factory.mktemp("sorted"))
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,  # the device is in a thread of this process, and is reached as one elsewhere
        protocol="tcp://",
        resources={"device": 1},
        dashboard_address=None,
        worker_dashboard_address=None,
    ) as cluster:
        asked = ["--browser", "--web-runtime", str(web.FOLDER), "--devices", cluster.scheduler_address]
        others = "--models logistic --folds 2 --repeats 1 --no-variants --no-batches --no-serving --no-load --load-seconds 0.01"
        kept = searched("edge", "classes", table, "--stream", *asked, *others.split())  # the rest runs above
    tables = {table["title"]: table for table in kept["evidence"]["tables"]}
    assert kept["trials"]["failed"] == {}
    assert {"Where it runs", "In a browser"} <= set(tables)
    changed = [row for row in tables["What changed in the stream, and when?"]["rows"] if row[-1] is not None]
    assert changed, "no values before and after a change were shown at all"


def test_what_a_library_says_of_a_cell_is_not_repeated(files):
    dataset = load(str(files[200, "number"]), "outcome")

    def says_all(dataset, *, seed, value):
        written = [
            text for text in spellings(value).texts if isinstance(value, str) or AS_LIBRARIES_WRITE.fullmatch(text)
        ]
        warnings.warn(f"unknown: {written[0]!r}", UserWarning, stacklevel=1)
        raise ValueError(f"could not convert {'; '.join(written)}")

    for name, value in PLANTED.items():
        if name in ("remark", "beside missing ones"):
            continue  # their columns were left out: no trial sees them
        outcome = run_here(Trial("x", says_all, {"value": value}), dataset, {})
        assert "could not convert (a cell)" in outcome.reason
        assert leaks_in(f"{outcome.reason} {outcome.details}", PLANTED) == [], outcome.reason
        assert "(a cell)" in outcome.details


def test_numbers_of_nobody_stay_in_a_message(files):
    dataset = load(str(files[200, "number"]), "outcome")
    text = "Expected 2D array, got 200 rows and 12 columns in line 1234 (version 3.14.159) at 'north'"
    assert without_cells(text, dataset) == text


@pytest.mark.parametrize("n_rows", [4, 5])
def test_a_cell_is_hidden_where_fewer_than_5_rows_have_it(n_rows):
    """Of a number either sign may have been written, of a day its name, of a text itself; a number may have been rounded."""
    others = 20 - n_rows
    pay, day, town = -98765.25, np.datetime64("2021-03-04").astype(float), "Ulm am See"
    features = pd.DataFrame(
        {
            "pay": [pay] * n_rows + [np.nan] * 2 + [98777.5] * (others - 2),
            "day": [day + 0.5] * (n_rows - 1) + [day] + [day + 9] * others,
            "town": [town] * n_rows + ["Bonn"] * (others - 1) + [""],
        }
    )
    kinds = {"pay": "number", "day": "date", "town": "category"}
    dataset = Dataset("made", features, np.arange(20.0) % 7 + 43210, "y", (), kinds, "")
    written = "-98765.25 9.8765e4 98,765.2 98777.5 2021-03-04 2021-03-13 'Ulm am See' 'Bonn' 43210 43219"
    hidden = ["-98765.25", "9.8765e4", "98,765.2", "2021-03-04", "Ulm am See"] if n_rows < 5 else []
    expected = written
    for cell in (*hidden, "43210"):
        expected = expected.replace(cell, "(a cell)")
    assert without_cells(written, dataset) == expected


# ---- the rules behind it


@pytest.mark.parametrize("seed", range(30))
def test_cut_points_divide_a_column_into_parts_of_five_rows_and_are_no_cell(seed):
    rng = np.random.default_rng(seed)
    n_rows = int(rng.integers(1, 400))
    values = [
        rng.lognormal(8, 3, n_rows), rng.integers(0, 9, n_rows).astype(float), rng.normal(size=n_rows).round(1),
        np.where(rng.random(n_rows) < 0.9, 0.0, rng.normal(size=n_rows)),
    ][seed % 4]  # fmt: skip
    cuts = aggregates.cut_points(values)
    counts = [
        int(((values > low) & (values <= high)).sum())
        for low, high in zip([-np.inf, *cuts], [*cuts, np.inf], strict=True)
    ]
    assert len(cuts) == 0 or min(counts) >= 5
    assert not set(cuts) & set(values)
    if n_rows >= 60 and len(np.unique(values)) > 30 and seed % 4 != 3:
        assert len(cuts) >= n_rows // 20, "a column of many values is divided often"


@pytest.mark.parametrize("seed", range(20))
def test_points_at_quantiles_divide_a_column_alike_and_lie_where_they_were_asked_for(seed):
    rng = np.random.default_rng(seed)
    n_rows, n_cuts = int(rng.integers(80, 400)), int(rng.integers(1, 9))
    shares = np.arange(1, n_cuts + 1) / (n_cuts + 1)
    values = rng.lognormal(8, 3, n_rows) if seed % 2 else rng.normal(size=n_rows)
    cuts = aggregates.quantile_points(values, shares.tolist())
    below = np.array([(values < cut).sum() for cut in cuts])
    assert not set(cuts) & set(values)
    assert np.diff([0, *below, n_rows]).min() >= 5
    assert len(cuts) == n_cuts
    assert np.abs(below - shares * n_rows).max() <= 3, "two rows for a rounder number, and half a row"
    few = rng.integers(0, 9, n_rows).astype(float)
    counts = np.histogram(few, [-np.inf, *aggregates.quantile_points(few, shares.tolist()), np.inf])[0]
    assert counts.min() >= 5


@pytest.mark.parametrize("seed", range(20))
def test_one_persons_change_hardly_moves_what_is_shown(seed):
    """Whatever stands in one row, the ends and the middle stay where other rows are."""
    rng = np.random.default_rng(seed)
    values = rng.normal(50_000, 9_000, 80)
    moved = values.copy()
    moved[int(rng.integers(80))] = rng.choice([-1, 1]) * 10 ** rng.uniform(5, 12)
    low, high = aggregates.outer_range(moved)
    ordered = np.sort(values)
    assert ordered[0] - 0.2 * np.ptp(values) < low <= ordered[3]
    assert ordered[-4] <= high < ordered[-1] + 0.2 * np.ptp(values)
    assert ordered[35] < aggregates.middle(moved) < ordered[44]


def test_of_few_rows_nothing_is_said():
    for n_rows in range(10):
        values = 1234.5 + 100.25 * np.arange(n_rows)
        assert aggregates.outer_range(values) is None
        assert aggregates.cut_points(values).tolist() == []
        assert n_rows >= 5 or aggregates.middle(values) is None
    values = np.where(np.arange(60) < 3, 777.25, np.nan)
    assert (aggregates.middle(values), aggregates.outer_range(values)) == (None, None)


def leaves_of(model, features):
    """Rows in every leaf of every tree of a readable model, counted by walking each row down."""
    prepared = model[:-1].transform(features)
    inner = model.named_steps["model"]
    if hasattr(inner, "tree_"):
        return [np.unique(inner.apply(prepared), return_counts=True)[1]]
    counts = []
    for root in inner.trees_:
        reached: dict[int, int] = {}
        for row in prepared:
            node = root
            while node.left is not None:
                node = node.left if row[node.feature] <= node.threshold else node.right
            reached[id(node)] = reached.get(id(node), 0) + 1
        counts.append(np.array(list(reached.values())))
    return counts


@pytest.mark.parametrize("n_rows", SIZES)
@pytest.mark.parametrize(
    ("target", "family"),
    [
        ("classes", TREE), ("number", regressors.TREE), ("classes", classifiers.RULE_SUM),
        ("number", regressors.RULE_SUM),
    ],
    ids=["tree", "tree of a number", "figs", "figs of a number"],
)  # fmt: skip
def test_every_leaf_holds_at_least_five_rows(n_rows, target, family, files):
    if family.name == "figs":
        pytest.importorskip("imodels")
    dataset = load(str(files[n_rows, target]), "outcome")
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    counts = leaves_of(model, dataset.features)
    assert any(len(each) > 1 for each in counts)
    assert min(int(each.min()) for each in counts) >= 5


@pytest.mark.parametrize("family", [TREE, EBM, EBM_PAIRS], ids=lambda family: family.name)
def test_a_smaller_leaf_is_refused_and_never_searched(family):
    assert min(family.space["model__min_samples_leaf"]) >= 5
    features = pd.DataFrame({"a": np.arange(40.0)})
    model = family.build(features, 0).set_params(model__min_samples_leaf=4)
    with pytest.raises(ValueError, match="5 rows or more"):
        model.fit(features, np.arange(40) % 2)


@pytest.mark.filterwarnings("ignore:Missing values detected")
def test_every_bin_of_a_curve_holds_at_least_five_rows_and_a_few_missing_ones_add_nothing(files):
    dataset = load(str(files[200, "classes"]), "outcome")
    ebm = EBM.build(dataset.features, 0).fit(dataset.features, dataset.target).named_steps["model"]
    for place, name in enumerate(dataset.kinds):
        if dataset.kinds[name] == "category":
            assert min(dataset.features[name].value_counts()[text] for text in ebm.bins_[place][0]) >= 5
            continue
        values = dataset.features[name].dropna().to_numpy()
        edges = ebm.bins_[place][0]
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        assert counts.min() >= 5
    assert dataset.features["mostly"].isna().sum() == 3
    assert ebm.term_scores_[ebm.term_names_.index("mostly")][0] == 0


def test_a_cell_of_few_rows_takes_the_mean_around_it():
    rows = np.zeros((6, 6))
    rows[1:5, 1:5] = [[9, 1, 0, 9], [9, 9, 2, 9], [9, 9, 9, 9], [9, 9, 9, 9]]
    scores = np.arange(36.0).reshape(6, 6)
    found = pooled(scores, rows, [True, True])
    around = (slice(1, 3), slice(1, 4))  # by hand: one step to each side, inside the known places
    assert found[1, 2] == pytest.approx((rows[around] * scores[around]).sum() / rows[around].sum())
    assert (found[rows >= 5] == scores[rows >= 5]).all()
    assert found[0, 0] == 0, "nothing is missing in both: no row speaks for it"
    kinds = pooled(scores, rows, [False, False])
    assert kinds[1, 2] == 0, "categories have no neighbours"


def test_a_median_before_and_after_a_drift_is_no_cell():
    before, after = pd.Series([1.25, 2.5, NUMBERS["the median"], 6e6, 7e6]), pd.Series([NUMBERS["highest"]] * 3)
    found = changes.change(before, after)
    assert leaks_in(str(found), PLANTED) == []
    assert found.after is None


def test_a_column_that_few_rows_tell_apart_is_left_out_without_its_values(files):
    dataset = load(str(files[200, "classes"]), "outcome")
    assert not {"alone", "partly", "remark"} & set(dataset.kinds)
    notes = " ".join(dataset.notes)
    assert re.search(r"'alone' was left out: fewer than 5 rows differ from all the others", notes)
    assert leaks_in(notes, PLANTED) == []
