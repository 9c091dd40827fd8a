"""What follows on the verdict learns from training rows alone, and is measured on the others."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from interpretability.follow_up import editing, explaining, privacy, stress
from interpretability.models.classifiers import ebm
from interpretability.sides import finalists
from interpretability.sides.finalists import Finalists
from lab.data.frames import from_arrays
from lab.learning.families import FOREST, LOGISTIC, Family
from lab.learning.folds import Fold, split
from lab.spoiling import folds_stay, spoiled

SPLIT = {"folds": 3, "repeats": 1, "scorer": "roc_auc", "fold_seed": 5}


def _few_trees(features, seed):
    return FOREST.build(features, seed).set_params(model__n_estimators=5)


def _quick_machine(features, seed):
    return ebm(features, seed).set_params(model__outer_bags=1, model__max_rounds=30)


SMALL = Family("forest", "random forest", _few_trees)
MACHINE = Family("ebm", "explainable boosting machine", _quick_machine)
FOUND = {name: ({},) * 3 for name in ("logistic", "forest", "ebm")}
CHOSEN = {"finalists": Finalists(glass="logistic", black="forest", simplest=None, parameters=FOUND)}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(120, 3))
    odds = 2 * features[:, 2] - features[:, 1]  # strongest last: the order of the columns is not that of their weights
    return from_arrays("made", pd.DataFrame(features, columns=list("abc")), rng.random(120) < 1 / (1 + np.exp(-odds)))


@pytest.fixture(scope="module")
def first(table):
    return split(table, Fold(3, 1, 5, 0))


class Fits:
    """Every model that a trial fits, by what it says of the table as it was; and the surrogates likewise."""

    def __init__(self, module, trial, table, dataset):
        self.said, self.rows, self.surrogates = [], [], []
        fitted_on, surrogate = finalists.fitted_on, explaining.surrogate

        def fit(family, dataset, rows, *rest, **more):
            model = fitted_on(family, dataset, rows, *rest, **more)
            self.said.append(model.predict_proba(table.features)[:, 1])
            self.rows.append(rows)
            return model

        def stand_in(dataset, rows, said, seed):
            model = surrogate(dataset, rows, said, seed)
            self.surrogates.append(model.predict(table.features))
            return model

        with folds_stay(table), pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "fitted_on", fit)
            if module is explaining:
                patch.setattr(module, "surrogate", stand_in)
            self.row = trial(dataset)


def stressed(dataset):
    return stress.stress_finalist(dataset, seed=1, side="black", families=(SMALL,), inputs=CHOSEN, **SPLIT)


def edited(dataset):
    return editing.edit_terms(dataset, seed=1, family=MACHINE, inputs=CHOSEN, **SPLIT)


def explained(dataset):  # without SHAP values, whose library takes seconds to load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explaining, "TREES", ())
        return explaining.explain_black_box(
            dataset, seed=1, groups={"glass": (LOGISTIC,), "black": (SMALL,)}, inputs=CHOSEN, **SPLIT
        )


@pytest.mark.parametrize(
    ("module", "trial", "in_first_fold"), [(stress, stressed, 3), (editing, edited, 1), (explaining, explained, 8)]
)
@pytest.mark.filterwarnings("ignore")
def test_the_first_fold_learns_the_same_where_its_test_rows_are_spoiled(table, first, module, trial, in_first_fold):
    train, test = first
    plain, other = (Fits(module, trial, table, dataset) for dataset in (table, spoiled(table, test, features=True)))
    assert set(np.concatenate(plain.rows[:in_first_fold])) <= set(train)
    for before, after in zip(plain.said[:in_first_fold], other.said[:in_first_fold], strict=True):
        np.testing.assert_array_equal(before, after)
    assert len(plain.surrogates) == (1 if module is explaining else 0)
    for before, after in zip(plain.surrogates, other.surrogates, strict=True):
        np.testing.assert_allclose(before, after)
    if module is stress:
        assert (plain.row.columns, plain.row.shifted) == (other.row.columns, other.row.shifted)
        assert plain.row.scores["as it is"][0] == pytest.approx(
            roc_auc_score(table.target[test], plain.said[0][test])
        ), "scored on the test rows"
    if module is editing:
        assert list(plain.row.scores) == list(other.row.scores), "the strongest curves are those of the training rows"


class Memory:
    """A surrogate that knows the rows that it has learned by heart, and nothing else."""

    def __init__(self, dataset, rows, said):
        self.known = {
            tuple(row): value for row, value in zip(dataset.features.iloc[rows].to_numpy(), said[rows], strict=True)
        }

    def predict(self, features):
        return np.array([self.known.get(tuple(row), 0.0) for row in features.to_numpy()])

    def eval_terms(self, features):
        return features.to_numpy()


@pytest.mark.filterwarnings("ignore")
def test_the_fidelity_of_an_explanation_is_measured_on_rows_that_it_has_not_learned(table, monkeypatch):
    monkeypatch.setattr(explaining, "surrogate", lambda dataset, rows, said, seed: Memory(dataset, rows, said))
    (shown,) = explained(table).tables
    fidelity = next(value for words, value in shown.rows if words.startswith("fidelity"))
    assert fidelity < 0.2, "on its own rows it would be 1"


MADE = []


class Private:
    """Stands for a private machine: keeps what it was made with and the rows that it was fitted on."""

    def __init__(self, **settings):
        self.settings = settings
        MADE.append(self)

    def fit(self, features, target):
        self.features, self.target, self.classes_ = features, target, np.unique(target)
        self.shift = target.mean()
        return self

    def predict_proba(self, features):
        chances = 1 / (1 + np.exp(-features["a"].to_numpy() - self.shift))
        return np.column_stack([1 - chances, chances])

    def decision_function(self, features):
        return features["a"].to_numpy() + self.shift

    def predict(self, features):
        return self.decision_function(features) > 0

    def __sklearn_tags__(self):
        return LOGISTIC.build(self.features, 0).__sklearn_tags__()


def test_a_private_model_gets_a_tenth_of_one_over_its_training_rows_as_delta_and_only_those_rows(table, monkeypatch):
    monkeypatch.setattr(privacy, "DPExplainableBoostingClassifier", Private)
    MADE.clear()
    row = privacy.score_private(table, seed=40, epsilon=2.0, **SPLIT)
    assert [model.settings["random_state"] for model in MADE] == [40, 41, 42]
    for place, model in enumerate(MADE):
        train, test = split(table, Fold(3, 1, 5, place))
        assert model.settings["delta"] == pytest.approx(1 / (10 * len(train)))
        assert model.settings["epsilon"] == 2.0
        assert list(model.features.index) == list(train)
        np.testing.assert_array_equal(model.target, table.target[train])
        expected = roc_auc_score(table.target[test], table.features["a"].iloc[test])
        assert row.scores[place] == pytest.approx(expected), "scored on the test rows"
        ends = model.settings["privacy_bounds"][1]
        assert ends == (table.features["b"].min(), table.features["b"].max())


def test_the_attack_compares_training_rows_with_test_rows(table, first):
    """A model that is sure of its training rows alone gives them away; one that is sure of the test rows, the opposite."""
    train, test = first

    class Sure:
        def __init__(self, rows):
            self.rows = set(map(tuple, table.features.iloc[rows].to_numpy()))

        def predict_proba(self, features):
            known = np.array([tuple(row) in self.rows for row in features.to_numpy()])
            truth = table.target[features.index]
            chances = np.where(known, truth, 0.5)
            return np.column_stack([1 - chances, chances])

    rng = np.random.default_rng(0)
    assert stress._membership(Sure(train), table, train, test, rng) == 1.0
    assert stress._membership(Sure(test), table, train, test, rng) == 0.0
