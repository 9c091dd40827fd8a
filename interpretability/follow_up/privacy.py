"""What does privacy cost? The differentially private boosting machine's score against epsilon."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from interpret.privacy import DPExplainableBoostingClassifier, DPExplainableBoostingRegressor

from interpretability.context import Context
from interpretability.follow_up.stress import STRESS
from interpretability.scale import has_one_sum
from interpretability.sides.finalists import folds_of, score_of
from lab import stats
from lab.errors import SettingsError
from lab.learning.planning import seed_of
from lab.learning.scoring import Metric
from lab.protocol import Dataset, Estimate, Evidence, Figure, Key, Rows, Trial
from lab.report import charts
from lab.wording import count

__all__ = ["PRIVATE", "Private", "check_epsilons", "evidence", "plan", "privacy_figure", "score_private"]

_DELTA_ROWS = 10


@dataclass(frozen=True)
class Private:
    """Scores of a private model, by fold."""

    scores: tuple[float, ...]


PRIVATE = Key("private", Private)


def plan(context: Context) -> list[Trial[Any]]:
    """Score one private model for each epsilon.

    Raises
    ------
    SettingsError
        If the private model cannot answer.
    """
    check_epsilons(context.settings.privacy, context.dataset)
    if not context.is_full:
        return []
    keys = [(PRIVATE.of(place), epsilon) for place, epsilon in enumerate(context.settings.privacy)]
    return [
        key.trial(
            score_private,
            {"epsilon": epsilon, "parts": context.settings.parts, **context.splits},
            seed=seed_of(key.name, context.seed),
            cost=2.0,
        )
        for key, epsilon in keys
    ]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Draw what privacy costs."""
    found = {epsilon: PRIVATE.of(place).found(rows) for place, epsilon in enumerate(context.settings.privacy)}
    done = {epsilon: row for epsilon, row in found.items() if row is not None}
    folds = context.settings.folds
    plain = [row.score for row in context.compared(rows).best["glass"].rows[:folds] if row is not None]
    if not done or len(plain) < 2:
        return Evidence()
    stressed = STRESS.of("glass").found(rows)
    attack = None
    if stressed is not None:
        attack = stats.mean_score(stressed.attack, test_fraction=1 / folds, unit="ROC AUC")
    drawn = privacy_figure(done, plain, attack, context.metric, folds, parts=context.settings.parts)
    return Evidence(figures=(drawn,))


def check_epsilons(epsilons: Sequence[float], dataset: Dataset) -> None:
    """Raise SettingsError where the private model cannot answer."""
    if len(set(epsilons)) != len(epsilons):
        raise SettingsError(f"privacy names {_first_double(epsilons):g} twice; name each epsilon once")
    if epsilons and not has_one_sum(dataset):
        raise SettingsError(
            f"privacy needs two classes or a numeric target, and the target {dataset.target_name!r} has "
            f"{len(dataset.classes)} classes; omit --privacy"
        )


def score_private(
    dataset: Dataset,
    *,
    seed: int,
    epsilon: float,
    folds: int,
    repeats: int,
    scorer: str,
    fold_seed: int,
    parts: int | None = None,
) -> Private:
    """Score a boosting machine trained with differential privacy on the folds of the first repetition: a trial's function.

    Delta is one tenth of one over the training rows; the ranges of the numbers, the target's too, are taken as public knowledge.
    Of more curves than `parts` the strongest are kept, by importances that the private model itself gives: what is computed from
    its answer alone costs no privacy (Dwork and Roth 2014, proposition 2.1).

    References
    ----------
    Dwork and Roth (2014), The algorithmic foundations of differential privacy, Foundations and Trends in Theoretical Computer
    Science 9; Nori et al. (2021), ICML, Accuracy, interpretability, and differential privacy via explainable boosting.
    """
    scores = []
    for place, (train, test) in enumerate(folds_of(dataset, folds=folds, repeats=repeats, seed=fold_seed)):
        model = _private(dataset, epsilon, len(train), seed + place)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the library sees the rows is known
            model.fit(_filled(dataset, train), dataset.target[train])
            if parts is not None:
                _keep_strongest(model, parts)
            scores.append(score_of(model, scorer, dataset, test, _filled(dataset, test)))
    return Private(tuple(scores))


def _keep_strongest(model: Any, most: int) -> None:
    """Take out of a fitted private machine all curves but so many, the weakest first."""
    order = np.argsort(-np.asarray(model.term_importances()), kind="stable")
    model.remove_terms(sorted(order[most:].tolist()))


def privacy_figure(
    private: Mapping[float, Private],
    plain: Sequence[float],
    attack: Estimate | None,
    metric: Metric,
    folds: int,
    *,
    parts: int | None = None,
) -> Figure:
    """Draw the score against epsilon; `plain` are the scores of the readable finalist on the same folds."""
    rows = []
    for epsilon in sorted(private):
        found = stats.mean_score(
            metric.factor * np.array(private[epsilon].scores), test_fraction=1 / folds, unit=metric.unit
        )
        rows.append((f"epsilon {epsilon:g}", "differentially private", found))
    own = stats.mean_score(metric.factor * np.array(plain), test_fraction=1 / folds, unit=metric.unit)
    rows.append(("without privacy", "readable model", own))
    said = ""
    if attack is not None:
        said = (
            f" Without privacy, a membership inference attack tells training rows from others with a ROC AUC of {attack.value:.2f} "
            f"(95 % interval {attack.low:.2f} to {attack.high:.2f}; 0.5 is a guess)."
        )
    limit = "" if parts is None else f" All models have at most {count(parts, 'part')}."
    caption = (
        "The smaller epsilon, the less any single row can change the model: below 1 protection is strong, above 10 almost nothing "
        f"is guaranteed; the ranges of the columns are assumed to be public. Bars are 95 % intervals.{limit}{said}"
    )
    unit = f" ({metric.unit}, of 100)" if metric.unit else ""
    groups = ["differentially private", "readable model"]
    return Figure(
        "What does privacy cost?", caption, charts.interval_plot(rows, axis=metric.label + unit, groups=groups)
    )


def _private(dataset: Dataset, epsilon: float, n_rows: int, seed: int) -> Any:
    kinds = ["nominal" if dataset.kinds[name] == "category" else "continuous" for name in dataset.kinds]
    bounds = {
        place: (float(dataset.features[name].min()), float(dataset.features[name].max()))
        for place, name in enumerate(dataset.kinds)
        if dataset.kinds[name] != "category"
    }
    settings: dict[str, Any] = {
        "feature_types": kinds,
        "epsilon": epsilon,
        "delta": 1 / (_DELTA_ROWS * n_rows),
        "privacy_bounds": bounds,
        "n_jobs": 1,
        "random_state": seed,
    }
    if dataset.task == "classes":
        return DPExplainableBoostingClassifier(**settings)
    ends = {"privacy_target_min": float(dataset.target.min()), "privacy_target_max": float(dataset.target.max())}
    return DPExplainableBoostingRegressor(**settings, **ends)


def _filled(dataset: Dataset, rows: Any) -> Any:
    """Put the middle of the public range where a number is missing: a median would tell of the rows."""
    features = dataset.features.iloc[rows].copy()
    for name in features:
        if dataset.kinds[name] != "category":
            whole = dataset.features[name]
            features[name] = features[name].fillna((whole.min() + whole.max()) / 2)
    return features


def _first_double(values: Sequence[float]) -> float:
    return next(value for value in values if list(values).count(value) > 1)
