"""Each form of a lowered model does what its name says, and what has no lowering is named in one sentence."""

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, NuSVC

from edge.exporting.lowering import NotLoweredError, lower
from edge.exporting.lowering.model import SCALED

RNG = np.random.default_rng(3)
N_ROWS = 240
NUMBERS = (RNG.normal(size=(N_ROWS, 3)) * [1.0, 0.2, 30.0] + [0.0, 4.0, -10.0]).astype(np.float32).astype(np.float64)
TEXTS = np.column_stack([RNG.choice(["a", "b", "c", ""], N_ROWS), RNG.choice(["x", "y", "1:b"], N_ROWS)]).astype(object)
FORMS = ["folded float32", "centred float32", "float64"]
KERNEL_FORMS = ["folded float32", "centred float32", "summed in float64", "float64"]
DOUBLE, SINGLE = "tensor(double)", "tensor(float)"


def target(n_classes):
    scaled = (NUMBERS - NUMBERS.mean(axis=0)) / NUMBERS.std(axis=0)
    score = scaled @ [1.0, -0.7, 0.4] + 0.8 * (TEXTS[:, 0] == "a") + np.random.default_rng(7).normal(size=N_ROWS)
    return np.searchsorted(np.quantile(score, np.linspace(0, 1, n_classes + 1)[1:-1]), score)


def run(lowered, numbers=None, texts=None):
    session = onnxruntime.InferenceSession(lowered.graph.SerializeToString())
    types = {each.name: each.type for each in session.get_inputs()}
    fed = (
        {} if numbers is None else {"numbers": numbers.astype(np.float64 if types["numbers"] == DOUBLE else np.float32)}
    )
    return session.run(None, fed if texts is None else fed | {"texts": texts})[0]


def types_of(lowered):
    session = onnxruntime.InferenceSession(lowered.graph.SerializeToString())
    return session.get_inputs()[0].type, session.get_outputs()[0].type


def operators(lowered):
    return [node.op_type for node in lowered.graph.graph.node]


PRODUCTS = {
    "logistic": (LogisticRegression(), FORMS),
    "network": (MLPClassifier((6, 4), max_iter=40, random_state=0), FORMS),
    "neighbours": (KNeighborsClassifier(5), FORMS),
    "machine": (CalibratedClassifierCV(SVC(C=2.0), ensemble=False, cv=2), KERNEL_FORMS),
    "nu machine": (CalibratedClassifierCV(NuSVC(nu=0.5), ensemble=False, cv=2), KERNEL_FORMS),
}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_forms_come_from_the_leanest_to_the_most_exact_and_all_answer_alike(name, n_classes):
    last, forms = PRODUCTS[name]
    model = make_pipeline(StandardScaler(), last).fit(NUMBERS, target(n_classes))
    found = lower(model, n_numbers=3, n_texts=0, missing=False)
    assert [each.form for each in found] == forms
    expected = model.predict_proba(NUMBERS)
    for each in found:
        assert types_of(each) == ((SINGLE, SINGLE) if each.form == "folded float32" else (DOUBLE, DOUBLE))
        off = np.abs(run(each, NUMBERS) - expected).max(axis=1)
        assert np.quantile(off, 0.98) < (1e-11 if each.form == "float64" else 2e-5)
        assert ("Sub" in operators(each)) >= (each.form in ("centred float32", "summed in float64"))
        assert each.promise.startswith({"float64": "float64 arithmetic throughout"}.get(
            each.form, "float32 arithmetic, scaling folded" if each.form == "folded float32" else "numbers centred in float64"
        ))  # fmt: skip
        assert each.promise.endswith("; shown by comparison")


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("form", range(3))
def test_a_graph_fills_only_where_a_number_may_be_missing(form, missing):
    holes = np.where(RNG.random(NUMBERS.shape) < 0.2, np.nan, NUMBERS)
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(holes, target(2))
    found = lower(model, n_numbers=3, n_texts=0, missing=missing)[form]
    assert ("IsNaN" in operators(found)) == missing
    np.testing.assert_allclose(run(found, NUMBERS), model.predict_proba(NUMBERS), rtol=0, atol=2e-6)
    if missing:
        np.testing.assert_allclose(run(found, holes), model.predict_proba(holes), rtol=0, atol=2e-6)


ENCODER = OneHotEncoder(handle_unknown="ignore", sparse_output=False)


@pytest.mark.parametrize("form", range(3))
@pytest.mark.parametrize(
    "last",
    [
        LogisticRegression(),
        MLPClassifier((5,), activation="tanh", max_iter=30, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_table_of_texts_alone_needs_no_numbers(last, form):
    model = make_pipeline(ENCODER, last).fit(TEXTS, target(3))
    shown = TEXTS.copy()
    shown[::5, 0], shown[::7, 1] = "never", "a"
    found = lower(model, n_numbers=0, n_texts=2, missing=True)[form]
    np.testing.assert_allclose(
        run(found, texts=shown), model.predict_proba(shown), rtol=0, atol=1e-12 if form == 2 else 1e-6
    )
    assert [each.name for each in found.graph.graph.input] == ["texts"]


def test_scaling_in_front_leaves_the_scaled_numbers_to_the_first_matrix_beside_texts_and_gaps():
    holes = np.where(RNG.random(NUMBERS.shape) < 0.2, np.nan, NUMBERS)
    made = (
        pd.DataFrame(holes, columns=list("xyz")).assign(s=TEXTS[:, 0], t=TEXTS[:, 1]).astype({"s": object, "t": object})
    )
    parts = [("n", make_pipeline(SimpleImputer(), MinMaxScaler((-1, 3))), list("xyz")), ("t", ENCODER, ["s", "t"])]
    model = make_pipeline(ColumnTransformer(parts), LogisticRegression()).fit(made, target(3))
    (found,) = lower(model, n_numbers=3, n_texts=2, missing=True, precision=SCALED)
    assert (found.form, found.promise) == (
        "scaled float32",
        "float32 arithmetic, scaling in front; shown by comparison",
    )
    np.testing.assert_allclose(run(found, holes, TEXTS), model.predict_proba(made), rtol=0, atol=1e-6)
    matrices = [onnx.numpy_helper.to_array(each) for each in found.graph.graph.initializer]
    (first,) = [each for each in matrices if each.shape == (3, 3)]
    np.testing.assert_allclose(first, model[-1].coef_.T[:3], rtol=1e-6)


def test_a_number_may_be_used_twice_if_it_is_filled_in_one_way():
    holes = np.where(RNG.random(NUMBERS.shape) < 0.2, np.nan, NUMBERS)
    twice = [("a", SimpleImputer(), [0, 1]), ("b", make_pipeline(SimpleImputer(), StandardScaler()), [1, 2])]
    model = make_pipeline(ColumnTransformer(twice), LogisticRegression()).fit(holes, target(2))
    found = lower(model, n_numbers=3, n_texts=0, missing=True)[-1]
    np.testing.assert_allclose(run(found, holes), model.predict_proba(holes), rtol=0, atol=1e-9)
    twice[1] = ("b", SimpleImputer(strategy="median"), [1, 2])
    model = make_pipeline(ColumnTransformer(twice), LogisticRegression()).fit(holes, target(2))
    with pytest.raises(NotLoweredError, match="one number that is filled in two ways"):
        lower(model, n_numbers=3, n_texts=0, missing=True)
    found = lower(model, n_numbers=3, n_texts=0, missing=False)[-1]
    np.testing.assert_allclose(run(found, NUMBERS), model.predict_proba(NUMBERS), rtol=0, atol=1e-9)


@pytest.mark.parametrize("last", [LogisticRegression(), RandomForestClassifier(4, random_state=0)], ids=str)
def test_columns_may_have_been_seen_in_another_order(last):
    made = np.column_stack([TEXTS[:, 1], NUMBERS[:, 2], TEXTS[:, 0], NUMBERS[:, 0], NUMBERS[:, 1]]).astype(object)
    parts = [("t", ENCODER, [0, 2]), ("n", StandardScaler(), [1, 3, 4])]
    model = make_pipeline(ColumnTransformer(parts), last).fit(made, target(3))
    found = lower(model, n_numbers=3, n_texts=2, missing=False, order=[4, 2, 3, 0, 1])[-1]
    np.testing.assert_allclose(run(found, NUMBERS, TEXTS), model.predict_proba(made), rtol=0, atol=1e-11)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("how", [{}, {"init": "zero"}, {"learning_rate": 0.5, "subsample": 0.7}], ids=str)
def test_gradient_boosting_starts_from_its_prior_or_from_nothing(how, n_classes):
    model = GradientBoostingClassifier(n_estimators=6, random_state=0, **how).fit(NUMBERS, target(n_classes))
    (found,) = lower(model, n_numbers=3, n_texts=0, missing=False)
    np.testing.assert_allclose(run(found, NUMBERS), model.predict_proba(NUMBERS), rtol=0, atol=1e-14)
    assert (found.form, types_of(found)) == ("exact", (DOUBLE, DOUBLE))
    assert found.promise.startswith("the same path through every tree for every double that a row can hold")
    (narrow,) = lower(model, n_numbers=3, n_texts=0, missing=False, precision="float32")
    assert (narrow.form, types_of(narrow)) == ("float32", (SINGLE, SINGLE))
    assert narrow.promise == "the same path through every tree for rows that are float32 numbers"
    np.testing.assert_allclose(run(narrow, NUMBERS), model.predict_proba(NUMBERS), rtol=0, atol=1e-6)


def test_categories_of_histogram_boosting_come_first_wherever_they_stand():
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    made = (
        pd.DataFrame(NUMBERS, columns=list("xyz"))
        .assign(s=TEXTS[:, 0], t=TEXTS[:, 1])
        .astype({"s": object, "t": object})
    )
    columns = ColumnTransformer(
        [("n", "passthrough", ["x"]), ("t", codes, ["s", "t"]), ("m", "passthrough", ["z", "y"])]
    )
    last = HistGradientBoostingClassifier(max_iter=12, categorical_features=[1, 2], min_samples_leaf=5)
    model = make_pipeline(columns, last).fit(made, target(2))
    assert any(each.nodes["is_categorical"].any() for stage in last._predictors for each in stage)
    shown = TEXTS.copy()
    shown[::4, 0] = "never"
    (found,) = lower(model, n_numbers=3, n_texts=2, missing=True)
    rows = made.assign(s=pd.Series(shown[:, 0], dtype=object))
    np.testing.assert_allclose(run(found, NUMBERS, shown), model.predict_proba(rows), rtol=0, atol=1e-14)


def _sparse_rows(last):
    from scipy.sparse import csr_matrix

    return last.fit(csr_matrix(NUMBERS), target(2))


CALIBRATED = {"ensemble": False, "cv": 2}


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: GaussianProcessClassifier().fit(NUMBERS[:20], target(2)[:20]), "there is no lowering of GaussianProcessClassifier"),
        (lambda: MLPClassifier((3,), max_iter=5).fit(NUMBERS, np.eye(3, dtype=int)[target(3)]),
         "an MLPClassifier with several labels a row"),
        (lambda: GradientBoostingClassifier(loss="exponential", n_estimators=2).fit(NUMBERS, target(2)),
         "gradient boosting with another loss than log_loss, or a model in front"),
        (lambda: GradientBoostingClassifier(init=LogisticRegression(), n_estimators=2).fit(NUMBERS, target(2)),
         "gradient boosting with another loss than log_loss, or a model in front"),
        (lambda: HistGradientBoostingClassifier(categorical_features=[1], max_iter=2).fit(np.round(np.abs(NUMBERS)), target(2)),
         "histogram gradient boosting on categories that are numbers in the table"),
        (lambda: KNeighborsClassifier().fit(NUMBERS, np.eye(3, dtype=int)[target(3)]),
         "there is no lowering of KNeighborsClassifier with weights or another distance"),
        (lambda: CalibratedClassifierCV(SVC(decision_function_shape="ovo"), **CALIBRATED).fit(NUMBERS, target(3)),
         "there is no lowering of a support vector machine that scores pairs of classes (ovo)"),
        (lambda: CalibratedClassifierCV(SVC(kernel=lambda a, b: a @ b.T), **CALIBRATED).fit(NUMBERS, target(2)),
         "there is no lowering of a support vector machine with a kernel of its own or sparse rows"),
        (lambda: _sparse_rows(CalibratedClassifierCV(SVC(), **CALIBRATED)),
         "there is no lowering of a support vector machine with a kernel of its own or sparse rows"),
        (lambda: CalibratedClassifierCV(SVC(), cv=2).fit(NUMBERS, target(2)),
         "there is no lowering of CalibratedClassifierCV with ensemble=True, a model for each fold"),
        (lambda: CalibratedClassifierCV(SVC(), method="isotonic", **CALIBRATED).fit(NUMBERS, target(2)),
         "there is no lowering of CalibratedClassifierCV with another method than sigmoid"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore:Stochastic Optimizer")
def test_what_has_no_lowering_is_named_in_one_sentence(model, said):
    with pytest.raises(NotLoweredError) as error:
        lower(model(), n_numbers=3, n_texts=0, missing=True)
    assert error.value.part == said


def test_pairs_of_two_classes_are_no_pairs():
    model = CalibratedClassifierCV(SVC(decision_function_shape="ovo"), **CALIBRATED).fit(NUMBERS, target(2))
    found = lower(model, n_numbers=3, n_texts=0, missing=False)[-1]
    np.testing.assert_allclose(run(found, NUMBERS), model.predict_proba(NUMBERS), rtol=0, atol=1e-11)
