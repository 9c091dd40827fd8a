"""Who stands for each side after the folds are scored? The families taken most often, with what their searches found.

What follows on the verdict (reading, explaining, stress) refits these, with the settings that were found in each fold: the
search is paid once.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sklearn.metrics import get_scorer

from interpretability.follow_up.price import chosen_family, price_list, simplest_within
from lab.learning.comparison import Group, compare
from lab.learning.families import Family
from lab.learning.folds import all_folds, split
from lab.learning.scoring import Metric
from lab.protocol import Dataset, Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["choose_finalists", "fitted_on", "folds_of", "score_of"]


def choose_finalists(
    dataset: Dataset,
    *,
    seed: int,
    groups: Sequence[Group],
    steps: Sequence[Family],
    folds: int,
    repeats: int,
    metric: Metric,
    margin: float,
    inputs: Mapping[str, Row],
) -> Row:
    """Choose the finalists from the rows of the folds: a trial's function.

    Returns
    -------
    dict
        `glass`, `black`: names of families; `simplest`: the simplest family or step within the margin, or None;
        `parameters`: for every family the settings found in each fold of the first repetition (None where it failed);
        `fold_seed`: what shuffles the folds.
    """
    everyone = (*groups, *([Group("steps", "step", tuple(steps), is_side=False)] if steps else ()))
    found = compare(dataset, everyone, inputs, folds=folds, repeats=repeats, metric=metric)
    names = {group.name: {family.name: family.label for family in group.families} for group in everyone}
    readable = [*names["glass"], *names.get("steps", {})]
    simple = simplest_within(price_list(found, found.best["black"], readable), margin * metric.factor)
    return {
        "glass": chosen_family(found, "glass", names["glass"]),
        "black": chosen_family(found, "black", names["black"]),
        "simplest": simple.name if simple else None,
        "parameters": {
            name: [row and row["parameters"] for row in scores.rows[:folds]] for name, scores in found.families.items()
        },
        "fold_seed": seed,
    }


def folds_of(dataset: Dataset, *, folds: int, repeats: int, seed: int) -> "list[tuple[NDArray, NDArray]]":
    """Row numbers (train, test) of the folds of the first repetition of a run."""
    return [split(dataset, fold) for fold in all_folds(folds, repeats, seed)[:folds]]


def fitted_on(
    family: Family,
    dataset: Dataset,
    rows: "NDArray",
    parameters: Mapping[str, Any] | None,
    seed: int,
    target: Any = None,
) -> Any:
    """Fit a family on some rows with the settings that a search found there."""
    features = dataset.features.iloc[rows]
    model = family.build(features, seed)
    model.set_params(**{_full_name(name): _plain(value) for name, value in (parameters or {}).items()})
    return model.fit(features, dataset.target[rows] if target is None else target)


def score_of(model: Any, scorer: str, features: Any, target: "NDArray") -> float:
    """Score by the run's metric."""
    return float(get_scorer(scorer)(model, features, target))


def _full_name(name: str) -> str:
    return name if name.startswith("prepare__") else f"model__{name}"


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
