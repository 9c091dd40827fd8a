"""Kinds of estimators that need more than their arrays: labels alone, trees of neighbours, flags of missing values, sparse bins."""

import numpy as np
import pytest
from samples.given_pipelines import NUMBERS, TEXTS, taken_in, trained, written
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from skops import io

from edge.exporting import device
from edge.given.estimators import from_content
from edge.given.family import export_given, said_of
from edge.session import OUTPUT, session
from lab.errors import SettingsError

pytestmark = [pytest.mark.usefixtures("guard_forked"), pytest.mark.filterwarnings("ignore")]

ONE_HOT = OneHotEncoder(handle_unknown="ignore")
FLAGGED = SimpleImputer(add_indicator=True)
UNION = FeatureUnion([("f", SimpleImputer()), ("m", MissingIndicator(features="all"))])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return written(tmp_path_factory.mktemp("table") / "table.csv")


def front(numbers, texts=ONE_HOT):
    return ColumnTransformer([("n", numbers, NUMBERS), ("t", texts, TEXTS)], sparse_threshold=0)


FILLED = front(make_pipeline(SimpleImputer(), StandardScaler()))
TAKEN = {
    "neighbours as by default": (FILLED, KNeighborsClassifier(), "label"),
    "neighbours in balls, by distance": (FILLED, KNeighborsClassifier(algorithm="ball_tree"), "three"),
    "flags, linear": (front(make_pipeline(FLAGGED, StandardScaler())), LogisticRegression(), "label"),
    "flags, forest": (front(FLAGGED), RandomForestClassifier(5, random_state=0), "three"),
    "flags, boosting with texts": (front(FLAGGED, OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)),
        GradientBoostingClassifier(n_estimators=5, random_state=0), "label"),
    "flags beside the filled ones": (front(UNION), LogisticRegression(max_iter=500), "three"),
    "sparse bins": (
        make_pipeline(FILLED, KBinsDiscretizer(3, encode="onehot", quantile_method="averaged_inverted_cdf")),
        LogisticRegression(), "label",
    ),
}  # fmt: skip
LABELS = {
    "a linear machine": (FILLED, LinearSVC(), "label"),
    "a linear machine of three": (FILLED, LinearSVC(), "three"),
    "ridge": (FILLED, RidgeClassifier(), "label"),
    "perceptron": (FILLED, Perceptron(random_state=0), "three"),
    "hinge": (FILLED, SGDClassifier(random_state=0), "code"),
}


def asked(path, kind, tmp_path):
    """The pipeline on the whole table, what is scored, what is served, and the family with its table."""
    pipeline, frame = trained(path, *kind)
    dataset, family = taken_in(path, pipeline, kind[2], tmp_path)
    model = family.build(dataset.features, 0).fit(dataset.features, dataset.target)
    ready = session(export_given(model, dataset)[-1].content)
    served = ready.run([OUTPUT], device.feeds(dataset, device.device_rows(dataset), ready))[0]
    return pipeline, frame[NUMBERS + TEXTS], model.predict_proba(dataset.features), served, (family, dataset)


@pytest.mark.parametrize("kind", TAKEN)
def test_what_is_scored_and_served_are_the_answers_of_the_library_itself(kind, path, tmp_path):
    pipeline, rows, found, served, (family, dataset) = asked(path, TAKEN[kind], tmp_path)
    expected = pipeline.predict_proba(rows)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(served, expected, rtol=0, atol=1e-5)
    assert not any("labels only" in note for note in said_of(family, dataset))


@pytest.mark.parametrize("kind", LABELS)
def test_a_classifier_without_probabilities_is_judged_by_its_labels(kind, path, tmp_path):
    pipeline, rows, found, served, (family, dataset) = asked(path, LABELS[kind], tmp_path)
    expected = (pipeline.predict(rows)[:, None] == pipeline.classes_[None]).astype(float)
    assert (found == expected).all()
    assert (served == expected).all()
    assert any("gives labels only: it is judged by them" in note for note in said_of(family, dataset))


def test_labels_that_nothing_can_export_are_refused_with_the_reason(path, tmp_path):
    pipeline, _ = trained(path, FILLED, SVC(), "label")
    with pytest.raises(SettingsError, match=r"^m\.skops cannot be exported for a device: there is no lowering of SVC"):
        taken_in(path, pipeline, "label", tmp_path)


def test_a_tree_of_neighbours_is_made_of_the_rows_beside_it_and_never_read():
    rows = np.random.default_rng(0).integers(0, 4, size=(300, 3)).astype(float)  # full of ties
    target = np.arange(300) % 3
    for how in ("kd_tree", "ball_tree"):
        model = KNeighborsClassifier(4, algorithm=how, leaf_size=7, metric="minkowski", p=3).fit(rows, target)
        asked_there = np.random.default_rng(1).integers(0, 4, size=(200, 3)).astype(float)
        read = from_content(io.dumps(model), "m.skops")
        assert (read.predict_proba(asked_there) == model.predict_proba(asked_there)).all()
        other = KNeighborsClassifier(4, algorithm=how).fit(rows[::-1] + 9.0, target)
        model._tree = other._tree  # a tree of other rows: nobody looks at it
        spoilt = from_content(io.dumps(model), "m.skops")
        assert (spoilt.predict_proba(asked_there) == read.predict_proba(asked_there)).all()


@pytest.mark.parametrize(
    ("name", "value"), [("leaf_size", 0), ("leaf_size", -5), ("effective_metric_params_", {"p": 0.5})]
)
def test_a_tree_of_neighbours_that_cannot_be_made_is_refused(name, value):
    model = KNeighborsClassifier(2, algorithm="kd_tree", p=3).fit(np.arange(20.0).reshape(10, 2), np.arange(10) % 2)
    vars(model)[name] = value
    with pytest.raises(SettingsError, match=r"^m\.skops holds neighbours"):
        from_content(io.dumps(model), "m.skops")
