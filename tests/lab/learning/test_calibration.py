"""Probabilities rank rows as the machine's own scores do, on tables with next to no signal too, and stay calibrated."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from scipy.stats import rankdata
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.svm import SVC

from lab.learning.calibration import LEAST_SLOPE, RisingCalibration, rising_sigmoid, rising_softmax
from lab.learning.families import SVM
from quantum.models.kernel_classifier import QuantumKernelClassifier

WEAK_TABLES = 150


def weak(seed, n_rows=40, n_classes=2):
    """One column of four tells a little of the class."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n_rows + 60, 4)), rng.permutation(np.arange(n_rows + 60) % n_classes)
    X[:, 0] += 0.3 * y
    return X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:]


def machine_of(model):
    """The scores beneath the calibration, by the machine alone."""
    if isinstance(model, QuantumKernelClassifier):
        return lambda X: (
            model._kernel(model._embedded(X), model.support_vectors_) @ model.dual_weights_.T + (model.intercepts_)
        )
    return lambda X: model.calibrated_classifiers_[0].estimator.decision_function(X)


def models():
    classical = SVM.build(np.zeros((40, 0)), 0).named_steps["model"]
    return {"classical": classical, "quantum": QuantumKernelClassifier(n_qubits=2, random_state=0)}


@pytest.mark.slow
@pytest.mark.parametrize("side", ["classical", "quantum"])
def test_probabilities_of_two_classes_rank_rows_as_the_machine_does_on_every_weak_table(side):
    """Two of three weak tables in five would be turned round by a sigmoid that may fall."""
    turned = 0
    for seed in range(WEAK_TABLES):
        X, y, fresh, _ = weak(seed)
        model = models()[side].fit(X, y)
        scores = machine_of(model)(fresh).reshape(-1).round(12)
        chances = model.predict_proba(fresh)[:, 1]
        order = np.argsort(scores)
        assert (np.diff(chances[order])[np.diff(scores[order]) > 0] > 0).all(), seed
        np.testing.assert_array_equal(rankdata(chances.round(15)), rankdata(scores), err_msg=str(seed))
        logits = np.log(chances / (1 - chances))
        turned += np.ptp(logits) <= 1.001 * LEAST_SLOPE * np.ptp(scores)
    assert turned > WEAK_TABLES / 10, "the tables are not weak enough to test anything"


def test_with_several_classes_every_sigmoid_of_the_classical_machine_rises():
    for seed in range(30):
        X, y, fresh, _ = weak(seed, n_rows=60, n_classes=3)
        model = models()["classical"].fit(X, y)
        sigmoids = model.calibrated_classifiers_[0].calibrators
        slopes, biases = (-np.array([getattr(each, name) for each in sigmoids]) for name in ("a_", "b_"))
        assert (slopes >= LEAST_SLOPE).all()
        own = expit(slopes * machine_of(model)(fresh) + biases)
        np.testing.assert_allclose(model.predict_proba(fresh), own / own.sum(axis=1, keepdims=True), rtol=1e-9)


def test_with_several_classes_a_class_gets_likelier_as_its_own_score_rises():
    fell = 0
    for seed in range(30):
        X, y, fresh, _ = weak(seed, n_rows=60, n_classes=3)
        model = models()["quantum"].fit(X, y)
        scores = machine_of(model)(fresh)
        before = softmax(scores @ model.slopes_.T + model.biases_, axis=1)
        np.testing.assert_allclose(model.predict_proba(fresh), before, rtol=1e-9)
        for label in range(3):
            raised = scores + 0.5 * np.eye(3)[label]
            after = softmax(raised @ model.slopes_.T + model.biases_, axis=1)
            assert (after[:, label] > before[:, label]).all(), (seed, label)
        free = LogisticRegression().fit(model._held_out(model._kernel(*2 * [model._embedded(X)]), y), y).coef_
        fell += (free > free.diagonal()).any()
    assert fell > 5, "the tables are not weak enough to test anything"


def test_of_several_classes_a_curve_that_rises_by_itself_is_logistic_regressions():
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 4
    scores = np.eye(4)[labels] + 0.7 * rng.normal(size=(300, 4)) + [0.5, 0.0, 0.0, -0.5]
    free = LogisticRegression(tol=1e-9, max_iter=5_000).fit(scores, labels)
    assert (free.coef_ < free.coef_.diagonal()).sum() == 12, "it does not rise by itself"
    slopes, biases = rising_softmax(scores, labels)
    np.testing.assert_allclose(softmax(scores @ slopes.T + biases, axis=1), free.predict_proba(scores), atol=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_sigmoid_that_rises_by_itself_is_scikit_learns_and_a_level_one_says_the_share_of_its_class(n_classes):
    seen = set()
    for seed in range(40):
        X, y, _, _ = weak(seed, n_rows=60, n_classes=n_classes)
        plain = CalibratedClassifierCV(SVC(), ensemble=False, cv=3).fit(X, y)
        ours = RisingCalibration(SVC(), ensemble=False, cv=3).fit(X, y)
        labels = [1] if n_classes == 2 else range(n_classes)
        pairs = zip(labels, plain.calibrated_classifiers_[0].calibrators, ours.calibrated_classifiers_[0].calibrators,
                    strict=True)  # fmt: skip
        for label, one, other in pairs:
            if one.a_ < -LEAST_SLOPE:
                assert (other.a_, other.b_) == (one.a_, one.b_)
            else:
                assert other.a_ == -LEAST_SLOPE
                assert expit(-other.b_) == pytest.approx(
                    np.mean(y == label), abs=0.02
                )  # Platt's targets are not 0 and 1
            seen.add(bool(one.a_ < -LEAST_SLOPE))
    assert seen == {True, False}


def test_of_all_sigmoids_that_do_not_fall_it_is_the_likeliest():
    """The oracle tries a grid of slopes, each with its own best bias found on a grid."""
    rng = np.random.default_rng(3)
    for sign in (1.0, -1.0):
        positive = rng.random(200) < 0.3
        scores = sign * (2.0 * positive + rng.normal(size=200))
        slope, bias = rising_sigmoid(scores, positive)

        def cost(slope, bias, scores=scores, positive=positive):
            p = expit(slope * scores + bias)
            return -np.log(np.where(positive, p, 1 - p)).sum() + slope**2 / 2  # scikit-learn's penalty

        tried = [cost(s, b) for s in np.linspace(LEAST_SLOPE, 4, 150) for b in np.linspace(-4, 4, 201)]
        assert cost(slope, bias) <= min(tried) + 1e-3
        assert (slope == LEAST_SLOPE) == (sign < 0)


def test_probabilities_are_no_worse_than_those_of_a_sigmoid_that_may_fall():
    """On new rows, by the Brier score; on weak tables they are better."""
    plain, ours = [], []
    for seed in range(60):
        X, y, fresh, truth = weak(seed)
        for model, found in ((CalibratedClassifierCV, plain), (RisingCalibration, ours)):
            chances = model(SVC(), ensemble=False, cv=3).fit(X, y).predict_proba(fresh)[:, 1]
            found.append(brier_score_loss(truth, chances))
    assert np.mean(ours) < np.mean(plain)


def test_another_method_is_refused():
    with pytest.raises(ValueError, match="method is 'isotonic'"):
        RisingCalibration(SVC(), method="isotonic").fit([[0.0], [1.0]] * 5, [0, 1] * 5)
