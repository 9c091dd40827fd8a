"""Variants are what their names say, and their loss is told from the same rows."""

import numpy as np
import onnx
import pytest

from edge.budget.decision import worst
from edge.exporting.device import device_rows, fit_for_device, to_files
from edge.exporting.parity import compare, leanest_equal
from edge.settings import Settings
from edge.variants.evidence import Variant, cheapest, front, level_table, variants
from edge.variants.making import describe, variants_of, with_float16_weights
from edge.variants.trials import VariantRow, VariantTimesRow
from lab.data.load import load
from lab.learning.families import BOOSTING, FOREST, LOGISTIC, MLP
from lab.protocol import Estimate


@pytest.fixture(scope="module")
def loans():
    return load("loans")


def made(family, dataset, **settings):
    rows = np.arange(0, dataset.n_rows, 2)
    model = fit_for_device(family.build(dataset.features, 0).set_params(**settings), dataset, rows)
    table = device_rows(dataset)
    table = table.iloc[rows] if hasattr(table, "iloc") else table[rows]
    chosen = leanest_equal(model, to_files(model, dataset), dataset, table, seed=0)
    return model, chosen, variants_of(model, chosen, dataset, table, dataset.target[rows])


@pytest.mark.parametrize(
    ("family", "settings"), [(FOREST, {"model__n_estimators": 20}), (BOOSTING, {"model__max_iter": 20})], ids=["f", "b"]
)
def test_half_the_trees_are_the_first_half(family, settings, loans):
    model, _, found = made(family, loans, **settings)
    (name,) = settings
    half = fit_for_device(
        family.build(loans.features, 0).set_params(**{name: 10}), loans, np.arange(0, loans.n_rows, 2)
    )
    parity = compare(half, found["half the trees"], loans, device_rows(loans))
    assert (parity.flips, parity.largest < 1e-14) == (0, True)
    assert len(model[-1].estimators_ if family is FOREST else model[-1]._predictors) == 20, "the original was changed"


def test_the_runtimes_own_format_gives_the_very_same_answers(loans):
    model, chosen, found = made(FOREST, loans, model__n_estimators=5)
    table, target = device_rows(loans), loans.target
    own, plain = (describe(model, content, loans, table, target) for content in (found["ort format"], chosen.content))
    assert (own.largest, own.flips) == (plain.largest, plain.flips)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("family", [LOGISTIC, MLP], ids=lambda family: family.name)
def test_int8_holds_whole_numbers_and_loses_little(family, loans):
    settings = {"model__max_iter": 40} if family is MLP else {}
    model, _, found = made(family, loans, **settings)
    for name in ("int8 dynamic", "int8 static"):
        kinds = {tensor.data_type for tensor in onnx.load_from_string(found[name]).graph.initializer}
        assert onnx.TensorProto.INT8 in kinds, name
        described = describe(model, found[name], loans, device_rows(loans), loans.target)
        loss = described.original_right.mean() - described.right.mean()
        assert abs(loss) < 0.02, name
    static = describe(model, found["int8 static"], loans, device_rows(loans), loans.target)
    assert static.neighbours < 1e-6


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_float16_halves_the_matrices_and_nothing_else(loans):
    model, _, found = made(MLP, loans, model__max_iter=40)
    tensors = {
        t.name: onnx.numpy_helper.to_array(t) for t in onnx.load_from_string(found["float16 weights"]).graph.initializer
    }
    narrow = {values.shape for values in tensors.values() if values.dtype == np.float16}
    n_numbers, n_categories = 5, 10  # that loans has; two classes
    assert narrow == {(n_numbers, 100), (n_categories, 100), (100, 2)}
    scaler_and_sums = {values.shape for values in tensors.values() if values.dtype == np.float32}
    assert scaler_and_sums == {(1, n_numbers), (100,), (2,)}
    described = describe(model, found["float16 weights"], loans, device_rows(loans), loans.target)
    # each weight is off by at most 2^-11 of itself: far less than a label is worth
    assert 0 < described.largest < 0.01
    assert described.neighbours < 1e-6


def test_numbers_beyond_float16_stay_in_float32():
    wide = np.array([[1.0, 70_000.0]], dtype=np.float32)
    value = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, w]) for name, w in (("x", 1), ("y", 2))
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        value[:1],
        value[1:],
        [onnx.numpy_helper.from_array(wide, "w")],
    )
    plain = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9
    ).SerializeToString()
    (kept,) = onnx.load_from_string(with_float16_weights(plain)).graph.initializer
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(kept), wide)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_narrower_network_is_the_one_that_the_same_rows_would_have_trained(loans):
    model, _, found = made(MLP, loans, model__hidden_layer_sizes=(16, 8), model__max_iter=20)
    rows = np.arange(0, loans.n_rows, 2)
    for name, widths in (("half the width", (8, 4)), ("a quarter of the width", (4, 2))):
        unfitted = MLP.build(loans.features, 0).set_params(model__hidden_layer_sizes=widths, model__max_iter=20)
        parity = compare(fit_for_device(unfitted, loans, rows), found[name], loans, device_rows(loans))
        assert (parity.flips, parity.largest < 1e-4) == (0, True)
    assert model[-1].hidden_layer_sizes == (16, 8), "the original was changed"


@pytest.mark.parametrize(("family", "settings"), [(FOREST, {"model__n_estimators": 5}), (LOGISTIC, {})], ids=["f", "l"])
def test_only_what_a_family_allows_is_made(family, settings, loans):
    _, _, found = made(family, loans, **settings)
    assert ("half the trees" in found, "float16 weights" in found) == (family is FOREST, family is LOGISTIC)
    assert not any("width" in name for name in found)


def test_a_row_of_dynamic_int8_depends_on_its_neighbours():
    digits = load("digits")
    model, _, found = made(LOGISTIC, digits)
    described = describe(model, found["int8 dynamic"], digits, device_rows(digits), digits.target)
    assert described.neighbours > 1e-3
    assert describe(model, found["int8 static"], digits, device_rows(digits), digits.target).neighbours < 1e-6


def variant(accuracy, size, status="pass", median=0.1, memory=60.0):
    nothing = Estimate(0, 0, 0, "")
    return Variant("", "", accuracy, nothing, size, nothing, median, 0, 0.0, status, memory)


def test_the_front_keeps_what_nothing_beats_on_both_sides():
    rng = np.random.default_rng(0)
    every = [variant(a, s) for a, s in zip(rng.integers(80, 99, 30), rng.integers(1, 20, 30), strict=True)]
    kept = {(v.accuracy, v.size_mb) for v in front(every)}
    for v in every:
        beaten = any(
            w.accuracy >= v.accuracy and w.size_mb <= v.size_mb and (w.accuracy, w.size_mb) != (v.accuracy, v.size_mb)
            for w in every
        )
        assert ((v.accuracy, v.size_mb) in kept) == (not beaten)


def test_a_faster_or_lighter_variant_is_on_the_front_though_it_is_larger():
    small, fast, light = variant(95, 1), variant(95, 2, median=0.05), variant(95, 2, median=0.1, memory=40.0)
    assert front([small, fast, light]) == [small, fast]
    assert front([small, fast, light], memory=True) == [small, fast, light]
    barely = variant(95, 2, median=0.097)  # within the 5 % by which two measurements of the same file differ
    assert front([small, barely]) == [small]


def test_the_cheapest_meets_every_budget_for_certain():
    assert cheapest([variant(90, 1, "undecided"), variant(95, 3), variant(94, 2)]).size_mb == 2
    assert cheapest([variant(90, 1, "fail")]) is None


def test_loss_is_told_against_the_best_original_on_the_same_rows():
    rng = np.random.default_rng(1)
    right = (rng.random(400) < 0.9).astype(np.int8)
    worse = right.copy()
    worse[np.flatnonzero(right)[:20]] = 0
    times = rng.integers(90_000, 110_000, size=(20, 200))

    def row(kept):
        return VariantRow(right, 1_000, kept, right, largest=0.0, flips=0, neighbours=0.0, peak_mib=100.0)

    varied = {"logistic": {"as exported": row(right), "int8 static": row(worse)}}
    found = varied, {"logistic": "logistic"}, {"logistic as exported": times, "logistic int8 static": times}
    same, less = variants(*found, Settings(max_drop=0.01))
    assert (same.loss.value, same.loss.low, same.loss.high) == pytest.approx((0, -0.75, 0.75))  # 3 of 400 rows
    assert less.loss.value == pytest.approx(5.0)
    assert (same.status, less.status) == ("pass", "fail")
    assert worst([same.status, less.status]) == "fail"
    assert same.memory_mb == pytest.approx(104.8576)  # 100 times 2^20 bytes
    (same, _) = variants(*found, Settings(max_drop=0.01, memory_mb=104.0))
    assert same.status == "fail"


def test_levels_are_listed_from_none_to_all():
    times = np.full((20, 200), 5_000)
    levels = {f"logistic {level}": times for level in ("all", "basic", "disabled", "extended")}
    table = level_table({"logistic": "logistic regression"}, VariantTimesRow({}, levels))
    assert [row[1] for row in table.rows] == ["disabled", "basic", "extended", "all"]
    assert table.rows[0][2] == pytest.approx(5.0)
    assert level_table({"logistic": "logistic regression"}, VariantTimesRow({}, {})) is None
