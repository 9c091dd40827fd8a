"""A lowered graph takes the same path through every tree as the original, and gives its probabilities."""

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from edge.exporting.lowering import NotLoweredError, lower
from edge.exporting.lowering.model import SCALED
from lab.learning.calibration import LEAST_SLOPE, RisingCalibration
from lab.learning.preparation import FillEmpty

EXACT = 1e-14  # sums of at most a few hundred doubles of at most 1, and one exponential function


def answers(model, numbers, texts=None, *, form=-1, missing=True, precision="exact"):
    n_texts = 0 if texts is None else texts.shape[1]
    found = lower(model, n_numbers=numbers.shape[1], n_texts=n_texts, missing=missing, precision=precision)[form]
    session = onnxruntime.InferenceSession(found.graph.SerializeToString())
    wants = {one.name: one.type for one in session.get_inputs()}
    fed = {}
    if "numbers" in wants:
        fed["numbers"] = numbers.astype(np.float64 if wants["numbers"] == "tensor(double)" else np.float32)
    if n_texts:
        fed["texts"] = texts
    return session.run(None, fed)[0]


def around(rng, values, thresholds):
    """Put a third of the values exactly on thresholds, and a third one double beside them."""
    out = values.copy()
    for column, splits in enumerate(thresholds):
        if len(splits):
            at = rng.choice(splits, size=len(out))
            side = np.nextafter(at, rng.choice([-np.inf, np.inf], size=len(out)))
            kind = rng.integers(3, size=len(out))
            out[:, column] = np.where(kind == 0, out[:, column], np.where(kind == 1, at, side))
    return out


def table(seed, *, n_classes, offset, missing=False, n_rows=400, n_columns=5):
    rng = np.random.default_rng(seed)
    scale = np.array([1.0, 1e-3, 1e3, 1.0, 1e-2])[:n_columns]
    numbers = rng.normal(size=(n_rows, n_columns)) * scale + offset
    numbers[:, 0] = np.round(numbers[:, 0], 1)  # ties
    score = rng.normal(size=(n_columns, n_classes))
    scaled = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    target = (scaled @ score + rng.normal(size=(n_rows, n_classes))).argmax(axis=1)
    if missing:
        numbers[rng.random(numbers.shape) < 0.1] = np.nan
    return rng, numbers, target


ENSEMBLES = {
    "pure leaves": RandomForestClassifier(8, random_state=0),
    "mixed leaves": RandomForestClassifier(8, min_samples_leaf=7, random_state=0),
    "shallow, so that all leaves are mixed": RandomForestClassifier(8, max_depth=3, random_state=0),
    "one leaf": RandomForestClassifier(3, max_depth=1, min_samples_leaf=199, random_state=0),
    "extra trees": ExtraTreesClassifier(8, min_samples_leaf=3, random_state=0),
    "shallow extra trees": ExtraTreesClassifier(8, max_depth=4, max_features=None, random_state=0),
    "one tree": DecisionTreeClassifier(random_state=0),
    "gradient boosting": GradientBoostingClassifier(n_estimators=8, random_state=0),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=8, random_state=0),
}


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("name", ENSEMBLES)
@pytest.mark.parametrize("scaler", [None, StandardScaler(), MinMaxScaler((-3, 2)), RobustScaler()], ids=str)
def test_an_ensemble_agrees_on_every_double_near_its_splits(name, scaler, n_classes, offset):
    rng, numbers, target = table(1, n_classes=n_classes, offset=offset)
    steps = [scaler] if scaler is not None else []
    model = make_pipeline(*steps, ENSEMBLES[name]).fit(numbers, target)
    columns = [np.unique(numbers[:, column]) for column in range(numbers.shape[1])]
    middles = [np.concatenate([(c[1:] + c[:-1]) / 2, c]) for c in columns]  # where trees put their splits
    rows = around(rng, numbers * rng.choice([1, 1, 3], size=numbers.shape), middles)
    expected, found = model.predict_proba(rows), answers(model, rows)
    np.testing.assert_allclose(found, expected, rtol=0, atol=EXACT)
    clear = np.abs(np.sort(expected, axis=1)[:, -1] - np.sort(expected, axis=1)[:, -2]) > EXACT  # else it is a draw
    assert (found.argmax(axis=1) == expected.argmax(axis=1))[clear].all()


@pytest.mark.parametrize("offset", [10.0, 1e6])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "name",
    ["pure leaves", "mixed leaves", "shallow, so that all leaves are mixed", "extra trees", "histogram boosting"],
)
@pytest.mark.parametrize("fill", [True, False])
def test_missing_numbers_go_where_the_original_sends_them(name, fill, n_classes, offset):
    rng, numbers, target = table(2, n_classes=n_classes, offset=offset, missing=True)
    steps = [SimpleImputer(strategy="median"), StandardScaler()] if fill else []
    model = make_pipeline(*steps, ENSEMBLES[name]).fit(numbers, target)
    rows = np.where(rng.random(numbers.shape) < 0.3, np.nan, numbers)
    rows[0] = np.nan
    np.testing.assert_allclose(answers(model, rows), model.predict_proba(rows), rtol=0, atol=EXACT)


def input_type(model, n_numbers):
    (found,) = lower(model, n_numbers=n_numbers, n_texts=0, missing=False)
    session = onnxruntime.InferenceSession(found.graph.SerializeToString())
    return session.get_inputs()[0].type, session.get_outputs()[0].type


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("name", ["pure leaves", "mixed leaves", "one tree"])
def test_a_forest_on_raw_numbers_is_as_exact_in_float32(name, n_classes):
    rng, numbers, target = table(8, n_classes=n_classes, offset=3e4)
    model = ENSEMBLES[name].fit(numbers, target)
    narrow = not (name == "mixed leaves" and n_classes == 2)  # their shares are no whole numbers
    assert input_type(model, 5) == ("tensor(float)" if narrow else "tensor(double)", "tensor(double)")
    members = getattr(model, "estimators_", [model])
    splits = [[] for _ in range(5)]
    for tree in (member.tree_ for member in members):
        for feature, threshold in zip(tree.feature, tree.threshold, strict=True):
            if feature >= 0:
                below = np.float32(threshold)
                above = np.nextafter(below, np.float32(np.inf))
                splits[feature] += [threshold, float(below), (float(below) + float(above)) / 2]  # where the cast turns
    rows = around(rng, np.tile(numbers, (5, 1)), splits)
    np.testing.assert_allclose(answers(model, rows), model.predict_proba(rows), rtol=0, atol=EXACT)


@pytest.mark.parametrize("last", [RandomForestClassifier(2), LogisticRegression(), KNeighborsClassifier()], ids=str)
def test_a_graph_is_called_as_its_model_and_says_what_it_takes_and_gives(last):
    _, numbers, target = table(8, n_classes=4, offset=0.0, n_rows=60)
    model = make_pipeline(StandardScaler(), last).fit(numbers, target)
    for lowered in lower(model, n_numbers=5, n_texts=0, missing=False):
        graph = lowered.graph.graph
        assert (graph.name, lowered.graph.producer_name) == (type(last).__name__, "future-tech-lab")
        dims = [each.type.tensor_type.shape.dim for each in (*graph.input, *graph.output)]
        assert [[dim.dim_value for dim in of] for of in dims] == [[0, 5], [0, 4]], "any number of rows"
        assert [each.name for each in graph.input] == ["numbers"]


def test_a_forest_on_scaled_numbers_needs_float64():
    _, numbers, target = table(8, n_classes=2, offset=0.0)
    model = make_pipeline(StandardScaler(), ENSEMBLES["pure leaves"]).fit(numbers, target)
    assert input_type(model, 5) == ("tensor(double)", "tensor(double)")


def mixed(seed, n_rows=500):
    rng, numbers, target = table(seed, n_classes=3, offset=5.0, missing=True, n_rows=n_rows, n_columns=2)
    letters = np.array(["", "a", "b:1", "1:b", "é", "a a", "z"], dtype=object)
    many = np.array([f"level {number}" for number in range(90)], dtype=object)
    texts = np.column_stack([letters[(target * 2 + rng.integers(3, size=n_rows)) % 7], rng.choice(many, n_rows)])
    texts[target == 1, 1] = many[rng.integers(20, 40, size=(target == 1).sum())]
    frame = pd.DataFrame({"x": numbers[:, 0], "y": numbers[:, 1], "s": texts[:, 0], "t": texts[:, 1]})
    shown = texts.copy()
    shown[rng.random(shown.shape) < 0.15] = "never seen"
    return frame, target, numbers, shown, frame.assign(s=shown[:, 0], t=shown[:, 1])


def prepared(encoder, *, scale):
    steps = [SimpleImputer(strategy="median"), *([StandardScaler()] if scale else [])]
    return ColumnTransformer([("n", make_pipeline(*steps), ["x", "y"]), ("t", encoder, ["s", "t"])])


@pytest.mark.parametrize(
    "model",
    [
        ENSEMBLES["mixed leaves"],
        ENSEMBLES["gradient boosting"],
        HistGradientBoostingClassifier(max_iter=10),
        LogisticRegression(),
        MLPClassifier((12, 7), max_iter=30, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=6, sparse_output=False, drop="first"),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-7),
    ],
    ids=["onehot", "rare", "ordinal"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_texts_become_sets_or_rows_of_a_table(model, encoder):
    frame, target, numbers, shown, rows = mixed(3)
    fitted = make_pipeline(prepared(encoder, scale=True), model).fit(frame, target)
    np.testing.assert_allclose(answers(fitted, numbers, shown), fitted.predict_proba(rows), rtol=0, atol=1e-12)


def test_an_encoder_may_give_sparse_rows():
    frame, target, numbers, shown, rows = mixed(3)
    fitted = make_pipeline(prepared(OneHotEncoder(handle_unknown="ignore"), scale=True), LogisticRegression()).fit(
        frame, target
    )
    np.testing.assert_allclose(answers(fitted, numbers, shown), fitted.predict_proba(rows), rtol=0, atol=1e-12)


def test_categories_of_histogram_boosting_are_split_by_sets():
    frame, target, numbers, shown, rows = mixed(4, n_rows=2_000)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=200)
    columns = ColumnTransformer([("t", encoder, ["s", "t"]), ("n", "passthrough", ["x", "y"])])
    model = make_pipeline(columns, HistGradientBoostingClassifier(max_iter=20, categorical_features=[0, 1]))
    model.fit(frame, target)
    assert any(p.nodes["is_categorical"].any() for stage in model[-1]._predictors for p in stage)
    np.testing.assert_allclose(answers(model, numbers, shown), model.predict_proba(rows), rtol=0, atol=EXACT)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("activation", [None, "relu", "tanh", "logistic", "identity"])
def test_matrices_agree_with_scaling_and_filling_folded_in(activation, n_classes):
    _, numbers, target = table(5, n_classes=n_classes, offset=1e4, missing=True)
    last = LogisticRegression() if activation is None else MLPClassifier((9, 5), activation=activation, max_iter=20)
    model = make_pipeline(SimpleImputer(), StandardScaler(), last).fit(numbers, target)
    expected = model.predict_proba(numbers)
    np.testing.assert_allclose(
        answers(model, numbers), expected, rtol=0, atol=1e-7
    )  # 7 of 16 digits go with offsets of 1e4 on 1e-3
    np.testing.assert_allclose(answers(model, numbers, form=1), expected, rtol=0, atol=1e-5)
    assert np.abs(answers(model, numbers, form=0) - expected).max() > 1e-4, "float32 cannot be right here"


@pytest.mark.parametrize("last", [LogisticRegression(), DecisionTreeClassifier(max_depth=4)], ids=str)
@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler((-3, 2))], ids=str)
def test_a_column_that_was_empty_in_training_is_the_same_number_for_every_row(scaler, last):
    rng, numbers, target = table(14, n_classes=3, offset=1.0)
    numbers[:, 2] = np.nan
    model = make_pipeline(FillEmpty(), scaler, last).fit(numbers, target)
    rows = numbers.copy()
    rows[:, 2] = rng.normal(size=400)
    np.testing.assert_allclose(answers(model, rows), model.predict_proba(rows), rtol=0, atol=1e-10)


def test_scaling_may_stand_in_front_of_the_first_matrix():
    _, numbers, target = table(15, n_classes=3, offset=0.0)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(numbers, target)
    found = answers(model, numbers, precision=SCALED)
    np.testing.assert_allclose(found, model.predict_proba(numbers), rtol=0, atol=1e-5)
    (lowered,) = lower(model, n_numbers=5, n_texts=0, missing=False, precision=SCALED)
    parts = {each.name: onnx.numpy_helper.to_array(each) for each in lowered.graph.graph.initializer}
    (first,) = [parts[name] for name in parts if parts[name].shape == (5, 3)]
    np.testing.assert_allclose(first, model[-1].coef_.T, rtol=1e-6)  # the weights of scaled numbers


def test_float32_trees_agree_on_every_row_of_float32_numbers():
    rng, numbers, target = table(6, n_classes=2, offset=100.0)
    model = make_pipeline(StandardScaler(), ENSEMBLES["mixed leaves"]).fit(numbers, target)
    rows = around(rng, numbers, [np.unique(column) for column in numbers.T]).astype(np.float32)
    found = answers(model, rows, precision="float32")
    np.testing.assert_allclose(found, model.predict_proba(rows.astype(np.float64)), rtol=0, atol=1e-6)


def machine(kernel, **options):
    return CalibratedClassifierCV(SVC(kernel=kernel, **options), ensemble=False, cv=2)


@pytest.mark.parametrize("offset", [0.0, 1e5])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly", "sigmoid"])
def test_support_vectors_agree_with_calibrated_scores(kernel, n_classes, offset):
    rng, numbers, target = table(9, n_classes=n_classes, offset=offset, missing=True)
    model = make_pipeline(SimpleImputer(), StandardScaler(), machine(kernel, C=3.0, coef0=0.5)).fit(numbers, target)
    rows = (numbers - offset) * rng.choice([1, 1, 2], size=numbers.shape) + offset
    expected = model.predict_proba(rows)
    far = 1e-11 if offset == 0 else 1e-6  # folded scaling loses 8 of 16 digits to offsets of 1e5 on 1e-3
    np.testing.assert_allclose(answers(model, rows), expected, rtol=0, atol=far)
    centred = answers(model, rows, form=2)
    # a pair of classes that is won by a hair counts as won or lost, so that float32 may not be near in each row
    assert np.quantile(np.abs(centred - expected).max(axis=1), 0.98) < 2e-5


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_level_sigmoid_is_exported_as_it_is(n_classes):
    rng = np.random.default_rng(1)
    numbers, target = rng.normal(size=(60, 3)), np.arange(60) % n_classes  # nothing to learn
    model = make_pipeline(StandardScaler(), RisingCalibration(SVC(), ensemble=False, cv=3)).fit(numbers, target)
    assert -LEAST_SLOPE in [each.a_ for each in model[-1].calibrated_classifiers_[0].calibrators]
    expected = model.predict_proba(numbers)
    np.testing.assert_allclose(answers(model, numbers), expected, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(np.argsort(answers(model, numbers)[:, 1]), np.argsort(expected[:, 1]))


def test_kernels_summed_in_float64_are_nearer_than_in_float32():
    rng, numbers, target = table(10, n_classes=2, offset=0.0, n_rows=1_500)
    target = np.where(rng.random(len(target)) < 0.3, 1 - target, target)  # many support vectors at the bound
    model = make_pipeline(StandardScaler(), machine("rbf", C=100.0)).fit(numbers, target)
    expected = model.predict_proba(numbers)
    narrow, summed = (np.abs(answers(model, numbers, form=form) - expected).max() for form in (1, 2))
    assert summed < narrow / 4


def test_a_scaler_inside_the_calibration_is_followed():
    _, numbers, target = table(11, n_classes=3, offset=50.0)
    inner = make_pipeline(StandardScaler(), SVC())
    model = CalibratedClassifierCV(inner, ensemble=False, cv=2).fit(numbers, target)
    np.testing.assert_allclose(answers(model, numbers), model.predict_proba(numbers), rtol=0, atol=1e-9)


@pytest.mark.parametrize("form", [0, 1, 2])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_neighbours_vote_as_in_the_original(n_classes, form):
    rng, numbers, target = table(12, n_classes=n_classes, offset=1.0, missing=True)
    model = make_pipeline(SimpleImputer(), StandardScaler(), KNeighborsClassifier(7)).fit(numbers, target)
    rows = numbers + 0.3 * rng.normal(size=numbers.shape) * np.nanstd(numbers, axis=0)
    found, expected = answers(model, rows, form=form), model.predict_proba(rows)
    assert np.mean(np.abs(found - expected).max(axis=1) > 1e-6) <= (0.0 if form == 2 else 0.01)  # near ties in float32


@pytest.mark.parametrize("last", [machine("rbf"), KNeighborsClassifier(4)], ids=["support vectors", "neighbours"])
def test_texts_reach_kernels_and_neighbours(last):
    frame, target, numbers, shown, rows = mixed(13)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    fitted = make_pipeline(prepared(encoder, scale=True), last).fit(frame, target)
    seen, known = fitted[:-1].transform(rows), fitted[:-1].transform(frame)
    far = np.sort(np.linalg.norm(seen[:, None] - known, axis=2), axis=1)
    clear = far[:, 4] - far[:, 3] > 1e-9  # else the fourth neighbour is one of two
    assert clear.mean() > 0.95
    found, expected = answers(fitted, numbers, shown), fitted.predict_proba(rows)
    np.testing.assert_allclose(found[clear], expected[clear], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (make_pipeline(GaussianNB()), "GaussianNB"),
        (KNeighborsClassifier(weights="distance"), "weights"),
        (KNeighborsClassifier(metric="manhattan"), "distance"),
        (CalibratedClassifierCV(SVC(), method="isotonic", ensemble=False, cv=2), "sigmoid"),
        (CalibratedClassifierCV(SVC(), ensemble=True, cv=2), "ensemble=True"),
        (CalibratedClassifierCV(LogisticRegression(), ensemble=False, cv=2), "around LogisticRegression"),
        (make_pipeline(PolynomialFeatures(), DecisionTreeClassifier()), "PolynomialFeatures"),
        (make_pipeline(MinMaxScaler(clip=True), LogisticRegression()), "clip"),
        (make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier()), "in front of a number"),
    ],
)
def test_what_is_not_known_is_named(model, words):
    _, numbers, target = table(7, n_classes=2, offset=0.0, n_rows=50)
    with pytest.raises(NotLoweredError, match=words):
        answers(model.fit(np.abs(numbers), target), numbers)


@pytest.mark.parametrize(
    "last",
    [
        LogisticRegression(),
        MLPClassifier(max_iter=20),
        KNeighborsClassifier(),
        CalibratedClassifierCV(SVC(), ensemble=False, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_number_that_the_model_does_not_use_may_be_missing(last):
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(200, 2)).astype(np.float32).astype(np.float64)
    target = (numbers[:, 0] + rng.normal(size=200) > 0).astype(int)
    numbers[::5, 1] = np.nan
    model = make_pipeline(ColumnTransformer([("n", SimpleImputer(), [0])]), last).fit(numbers, target)
    np.testing.assert_allclose(answers(model, numbers), model.predict_proba(numbers), rtol=0, atol=1e-6)
