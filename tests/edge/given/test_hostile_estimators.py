"""A skops file whose arrays point outside themselves is refused before compiled code follows them, wherever they sit."""

import sys

import numpy as np
import pytest
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomTreesEmbedding,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.tree._tree import Tree

from edge import session
from edge.given import asked as asking
from edge.given import estimators, guard, intake
from edge.given.family import family_of
from edge.given.intake import read_estimator
from lab.data.load import load
from lab.errors import SettingsError

TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
WINE = load("wine")
X, Y = WINE.features.to_numpy(), WINE.target
CODES = (X.mean(axis=0) < X).astype(float)


def rebuilt(tree, *, n_features=None, **nodes):
    """Make a compiled tree again, with other numbers of columns or other nodes."""
    _, (width, n_classes, n_outputs), state = tree.__reduce__()
    changed = state["nodes"].copy()
    for name, (place, value) in nodes.items():
        changed[name][place] = value
    made = Tree(n_features or width, n_classes, n_outputs)
    made.__setstate__(state | {"nodes": changed})
    return made


def far(tree):
    tree.tree_ = rebuilt(tree.tree_, left_child=(0, 10**6))


def wide(tree):
    """Ask for a column that no row has, and say everywhere but in the outer estimator that there are so many."""
    tree.tree_ = rebuilt(tree.tree_, n_features=10**6, feature=(0, 10**6 - 1))


def every_tree(model, change):
    for member in np.ravel(np.asarray(model.estimators_, dtype=object)):
        change(member)


def fitted(model, change, table=X):
    model.fit(table, Y)
    change(model)
    return model


def within(name, change=far):
    """Change what stands deep inside: a path of attributes and places."""

    def go(model):
        for step in name.split("."):
            model = model[int(step)] if step.lstrip("-").isdigit() else getattr(model, step)
        change(model)

    return go


def put(name, value):
    return lambda model: vars(model).__setitem__(name, value)


def set_in(name, place, value):
    def change(model):
        array = getattr(model, name).copy()
        array[place] = value
        setattr(model, name, array)

    return change


def grown(name, *by):
    """Give an array more rows, or columns, than its neighbours know."""
    return lambda model: setattr(model, name, np.ascontiguousarray(np.pad(getattr(model, name), by)))


def empty_tree(model):
    old = model.tree_
    model.tree_ = Tree(old.n_features, np.array([3]), 1)


def nodes_of(column, place, value):
    def change(predictor):
        predictor.nodes[column][place] = value

    return change


def ungrouped(encoder):
    maps = encoder._default_to_infrequent_mappings
    maps[next(place for place, mapped in enumerate(maps) if mapped is not None)][0] = 10**6


def one_behind(encoder):
    """Map a category to as many as there are: no column is dropped that it could stand for."""
    maps = encoder._default_to_infrequent_mappings
    place = max(place for place, mapped in enumerate(maps) if mapped is not None)
    maps[place][-1] = len(maps[place])


def one_pair(machine):
    machine._probA, machine._probB = np.zeros(1), np.zeros(1)


def one_weight(machine):
    machine._dual_coef_ = np.ascontiguousarray(machine._dual_coef_[:, :1])


FOREST = RandomForestClassifier(2, max_depth=3, random_state=0)
BOOSTED = GradientBoostingClassifier(n_estimators=2, random_state=0)
HISTOGRAM = HistGradientBoostingClassifier(max_iter=2)
MACHINE = CalibratedClassifierCV(SVC(), ensemble=False, cv=3)
IN_MACHINE = "calibrated_classifiers_.0.estimator"
NEAR = KNeighborsClassifier(3, algorithm="brute")
ENCODED = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
BEYOND = {"bit_generator": "MT19937", "state": {"key": np.zeros(624, np.uint32), "pos": 10**6}}
TAMPERED = {
    "a tree": (TREE, far),
    "a tree of more columns": (TREE, wide),
    "a tree that knows no columns": (TREE, lambda model: vars(model).pop("n_features_in_")),
    "a tree of true for its columns": (TREE, put("n_features_in_", True)),
    "a tree of more columns than its estimator says": (TREE, lambda m: [wide(m), put("n_features_in_", 10**5)(m)]),
    "a tree that leads back": (TREE, lambda m: setattr(m, "tree_", rebuilt(m.tree_, right_child=(1, 0)))),
    "a tree before itself": (TREE, lambda m: setattr(m, "tree_", rebuilt(m.tree_, left_child=(0, -2)))),
    "a leaf with a child": (TREE, lambda m: setattr(m, "tree_", rebuilt(m.tree_, right_child=(-1, 10**6)))),
    "a tree of no nodes": (TREE, empty_tree),
    "a tree whose column is before the first": (TREE, lambda m: setattr(m, "tree_", rebuilt(m.tree_, feature=(0, -9)))),
    "a forest": (FOREST, lambda m: every_tree(m, far)),
    "a forest of more columns": (FOREST, lambda m: every_tree(m, wide)),
    "extra trees": (ExtraTreesClassifier(2), lambda m: every_tree(m, far)),
    "bagging": (BaggingClassifier(TREE, 2), within("estimators_.1")),
    "bagging of parts": (BaggingClassifier(TREE, 2, max_features=5), within("estimators_.1", wide)),
    "bagging of bare trees": (BaggingClassifier(TREE, 2), lambda m: setattr(m, "estimators_", [t.tree_ for t in m.estimators_])),
    "voting": (VotingClassifier([("l", LogisticRegression()), ("t", TREE)], voting="soft"), within("estimators_.1")),
    "stacking": (StackingClassifier([("t", TREE)], LogisticRegression(), cv=2), within("estimators_.0")),
    "the last of a stack": (StackingClassifier([("l", LogisticRegression())], TREE, cv=2), within("final_estimator_")),
    "AdaBoost": (AdaBoostClassifier(TREE, n_estimators=2), within("estimators_.0")),
    "one against the rest": (OneVsRestClassifier(TREE), within("estimators_.2")),
    "calibrated": (CalibratedClassifierCV(TREE, cv=2), within("calibrated_classifiers_.1.estimator")),
    "a pipeline": (make_pipeline(StandardScaler(), TREE), within("steps.1.1")),
    "a pipeline in a pipeline": (
        make_pipeline(make_pipeline(StandardScaler(), FOREST)), within("steps.0.1.steps.1.1.estimators_.0")
    ),
    "a selection": (make_pipeline(RFE(TREE), LogisticRegression()), within("steps.0.1.estimator_")),
    "a selection by a forest": (
        make_pipeline(SelectFromModel(FOREST), LogisticRegression()), within("steps.0.1.estimator_.estimators_.0")
    ),
    "an embedding": (make_pipeline(RandomTreesEmbedding(2), LogisticRegression()), within("steps.0.1.estimators_.0")),
    "an embedding's encoder": (
        make_pipeline(RandomTreesEmbedding(2), LogisticRegression()),
        within("steps.0.1.one_hot_encoder_", put("_n_features_outs", [1, 1])),
    ),
    "a column transformer": (
        make_pipeline(ColumnTransformer([("e", OneHotEncoder(), [0, 1])]), LogisticRegression()),
        within("steps.0.1.transformers_.0.1", put("_n_features_outs", [1, 1])),
    ),
    "boosting": (BOOSTED, within("estimators_.1.2")),
    "boosting of more columns": (BOOSTED, within("estimators_.0.0", wide)),
    "boosting whose trees know more columns": (
        BOOSTED, within("estimators_.0.0", lambda t: [wide(t), put("n_features_in_", 10**6)(t)])
    ),
    "boosting whose leaves hold more": (BOOSTED, lambda m: m.estimators_.__setitem__((0, 0), DecisionTreeClassifier().fit(X, Y))),
    "boosting with a stage too wide": (BOOSTED, lambda m: setattr(m, "estimators_", np.tile(m.estimators_, (1, 50)))),
    "boosting from a start too narrow": (BOOSTED, lambda m: setattr(m, "init_", DummyClassifier(strategy="prior").fit(X, Y > 0))),
    "boosting from another model": (GradientBoostingClassifier(n_estimators=2, init=LogisticRegression()), lambda m: None),
    "a histogram's child": (HISTOGRAM, within("_predictors.0.1", nodes_of("left", 0, 2**31))),
    "a histogram's way back": (HISTOGRAM, within("_predictors.1.0", nodes_of("right", 1, 0))),
    "a histogram's column": (HISTOGRAM, within("_predictors.0.0", nodes_of("feature_idx", 0, 10**6))),
    "a histogram's category": (HISTOGRAM, within("_predictors.0.0", nodes_of("is_categorical", 0, 1))),
    "a histogram that is being fitted": (HISTOGRAM, put("_in_fit", True)),
    "a histogram of no nodes": (HISTOGRAM, within("_predictors.0.0", lambda p: setattr(p, "nodes", p.nodes[:0]))),
    "vectors of more columns": (MACHINE, within(IN_MACHINE, grown("support_vectors_", (0, 0), (0, 9)))),
    "more vectors than weights": (MACHINE, within(IN_MACHINE, set_in("_n_support", 0, 10**6))),
    "a negative count of vectors": (MACHINE, within(IN_MACHINE, set_in("_n_support", 0, -5))),
    "fewer intercepts than pairs": (MACHINE, within(IN_MACHINE, lambda m: setattr(m, "_intercept_", m._intercept_[:1]))),
    "fewer weights than vectors": (MACHINE, within(IN_MACHINE, one_weight)),
    "fewer probabilities than pairs": (MACHINE, within(IN_MACHINE, one_pair)),
    "vectors of another kind of machine": (MACHINE, within(IN_MACHINE, put("_impl", "nu_svr"))),
    "vectors told apart by a kernel of its own": (MACHINE, within(IN_MACHINE, put("kernel", np.add))),
    "neighbours of more columns": (NEAR, grown("_fit_X", (0, 0), (0, 7))),
    "neighbours of an unknown class": (NEAR, set_in("_y", 5, 10**6)),
    "neighbours of a negative class": (NEAR, set_in("_y", 5, -1)),
    "labels fewer than neighbours": (NEAR, lambda m: setattr(m, "_y", m._y[:4])),
    "more neighbours than rows": (NEAR, put("n_neighbors", 10**6)),
    "neighbours in a tree": (KNeighborsClassifier(3, algorithm="kd_tree"), put("_fit_method", "brute")),
    "neighbours in a ball": (KNeighborsClassifier(3, algorithm="ball_tree"), put("_fit_method", "brute")),
    "neighbours in a radius": (RadiusNeighborsClassifier(1e6, algorithm="brute"), lambda m: None),
    "categories that are not counted": (ENCODED, within("steps.0.1", put("_n_features_outs", [1] * 13))),
    "categories out of order": (ENCODED, within("steps.0.1", lambda m: setattr(m, "categories_", [k[::-1] for k in m.categories_]))),
    "a category dropped that is not there": (
        make_pipeline(OneHotEncoder(drop="first"), LogisticRegression()),
        within("steps.0.1", put("_drop_idx_after_grouping", np.full(13, 10**6, dtype=object))),
    ),
    "rare categories in no group": (
        make_pipeline(OneHotEncoder(min_frequency=90, handle_unknown="infrequent_if_exist"), LogisticRegression()),
        within("steps.0.1", ungrouped),
    ),
    "a category one column behind the last": (
        make_pipeline(OneHotEncoder(min_frequency=90, handle_unknown="infrequent_if_exist"), LogisticRegression()),
        within("steps.0.1", one_behind),
    ),
    "the encoder of bins": (
        make_pipeline(KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), LogisticRegression()),
        within("steps.0.1._encoder", put("_n_features_outs", [1] * 13)),
    ),
    "a method that is replaced": (TREE, put("_validate_X_predict", np.add)),
    "a method of its tags that is replaced": (FOREST, put("__sklearn_tags__", np.add)),
    "random numbers": (LogisticRegression(random_state=np.random.RandomState(0)), lambda m: m.random_state.set_state(BEYOND)),
    "a tree that is held and not asked": (LogisticRegression(), put("kept", DecisionTreeRegressor().fit(X, Y).tree_)),
}  # fmt: skip
CODED = ("categor", "an embedding's encoder", "column transformer")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", TAMPERED)
def test_an_estimator_that_points_outside_itself_is_refused_wherever_that_is(case, tmp_path):
    model, change = TAMPERED[case]
    made = fitted(
        skops.io.loads(skops.io.dumps(model), trusted=[]), change, CODES if any(w in case for w in CODED) else X
    )
    skops.io.dump(made, tmp_path / "m.skops")
    with pytest.raises(SettingsError, match=r"^m\.skops holds ") as raised:
        read_estimator(str(tmp_path / "m.skops"))
    assert "\n" not in str(raised.value)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "model",
    [
        TREE, FOREST, BaggingClassifier(FOREST, 2, max_features=5), AdaBoostClassifier(TREE, n_estimators=2), BOOSTED, HISTOGRAM,
        GradientBoostingClassifier(n_estimators=2, init="zero"),
        VotingClassifier([("l", LogisticRegression()), ("t", TREE)], voting="soft"),
        StackingClassifier([("t", TREE)], LogisticRegression(), cv=2),
        CalibratedClassifierCV(TREE, cv=2), CalibratedClassifierCV(TREE, method="isotonic", cv=2), MACHINE, NEAR,
        make_pipeline(OneHotEncoder(min_frequency=90, handle_unknown="infrequent_if_exist"), LogisticRegression()),
        make_pipeline(OneHotEncoder(drop="if_binary", handle_unknown="ignore"), TREE),
        make_pipeline(RandomTreesEmbedding(2), LogisticRegression(random_state=np.random.RandomState(0))),
        make_pipeline(SelectFromModel(FOREST), LogisticRegression()),
    ],
    ids=lambda model: repr(model)[:40],
)  # fmt: skip
def test_an_honest_estimator_is_read_and_answers_as_before(model, tmp_path):
    made = fitted(model, lambda model: None, CODES)
    skops.io.dump(made, tmp_path / "m.skops")
    read = read_estimator(str(tmp_path / "m.skops"))
    np.testing.assert_array_equal(read.predict_proba(CODES), made.predict_proba(CODES))


@pytest.mark.usefixtures("guard_forked")
def test_the_process_that_runs_the_lab_loads_no_file_of_somebodys(tmp_path, monkeypatch):
    skops.io.dump(fitted(FOREST, lambda model: None), tmp_path / "m.skops")

    def never(*arguments, **options):
        raise AssertionError("loaded here")

    for module, name in (
        (estimators, "from_content"),
        (intake, "from_content"),
        (session, "session"),
    ):
        monkeypatch.setattr(module, name, never)
    assert family_of(str(tmp_path / "m.skops"), WINE).name == "given"


@pytest.mark.parametrize(
    ("limits", "program", "words"),
    [
        (asking.Limits(seconds=0.3), None, r"^m\.skops did not answer rows within 0\.3 s"),
        (asking.LIMITS, "kill -SEGV $$", r"^m\.skops crashes scikit-learn .* exit code -11"),
    ],
)
def test_an_estimator_that_does_not_end_or_brings_its_process_down_is_refused(
    limits, program, words, tmp_path, monkeypatch
):
    if program:
        stand_in = tmp_path / "python"
        stand_in.write_text(f"#!/bin/sh\n{program}\n")
        stand_in.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(stand_in))
    order = tuple(("numbers", place) for place in range(X.shape[1]))
    asked = asking.Asked({"numbers": X}, order, tuple(WINE.features.columns))
    content = skops.io.dumps(fitted(FOREST, lambda model: None))
    with pytest.raises(SettingsError, match=words):
        guard.ask_under_limits(content, asked, name="m.skops", kind="skops", limits=limits)


def test_a_hostile_estimator_is_refused_from_the_command_line(lab, tmp_path):
    skops.io.dump(
        fitted(BaggingClassifier(TREE, 2, max_features=5), within("estimators_.1", wide)), tmp_path / "m.skops"
    )
    called = lab("run", "edge", "wine", "--model", "m.skops")
    assert called.code == 2, called.err
    assert "holds a tree" in called.err
    assert len(called.err.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()
