"""Who stands for each side after the folds are scored? The families taken most often, with what their searches found.

What follows on the verdict (reading, explaining, stress) refits these, with the settings that were found in each fold: the
search is paid once. They are single models that answer quickly: where a blend, or a model that answers slowly, is the best black
box, the family taken most often among the others stands in for it, and the report says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpretability.context import Context
from interpretability.sides.price import chosen_family, price_list, quick_to_answer, simplest_within, steps_of
from lab.learning.comparison import Group, compare
from lab.learning.families import Family
from lab.learning.fitting import fit_together
from lab.learning.folds import all_folds, split
from lab.learning.outer import fold_key
from lab.learning.scoring import Metric, scored_by
from lab.learning.settled import Looks
from lab.protocol import Dataset, Evidence, Key, Rows, Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FINALISTS", "Finalists", "choose_finalists", "evidence", "fitted_on", "folds_of", "plan", "score_of"]


@dataclass(frozen=True)
class Finalists:
    """Who stands for each side.

    Attributes
    ----------
    glass, black : str
        Names of families.
    simplest : str or None
        The simplest family or step within the margin.
    parameters : mapping of str to tuple
        For every family the settings found in each fold of the first repetition; None where it failed.
    """

    glass: str
    black: str
    simplest: str | None
    parameters: Mapping[str, tuple[Mapping[str, Any] | None, ...]]

    def name_of(self, side: str) -> str:
        """Name of the family that stands for "glass" or "black"."""
        return {"glass": self.glass, "black": self.black}[side]


FINALISTS = Key("finalists", Finalists)


def plan(context: Context) -> list[Trial[Any]]:
    """Choose once the folds are scored; nothing follows where only the verdict is wanted."""
    if not context.is_full:
        return []
    groups = (context.glass, context.black, *steps_of(context))
    scored = (
        fold_key(member, index)
        for index in range(context.settings.folds * context.settings.repeats)
        for group in groups
        for member in group.members
    )
    needs: tuple[Key[Any], ...] = (*scored, *context.looks.keys)
    arguments = {
        "groups": groups,
        "metric": context.metric,
        "margin": context.settings.margin,
        "folds": context.settings.folds,
        "looks": context.looks,
    }
    return [FINALISTS.trial(choose_finalists, arguments, seed=context.seed, needs=needs, cost=0.5)]


def evidence(context: Context, rows: Rows) -> Evidence:
    """Say nothing: others do, of the finalists."""
    del context, rows
    return Evidence()


def choose_finalists(
    dataset: Dataset,
    *,
    seed: int,
    groups: Sequence[Group],
    folds: int,
    looks: Looks,
    metric: Metric,
    margin: float,
    inputs: Rows,
) -> Finalists:
    """Choose the finalists from the rows of the folds: a trial's function."""
    del seed  # nothing is drawn
    how: dict[str, Any] = {"folds": folds, "repeats": looks.used(inputs), "metric": metric}
    found = compare(dataset, groups, inputs, **how)
    quick = tuple(quick_to_answer(group) for group in groups)
    of_the_quick = found if quick == tuple(groups) else compare(dataset, quick, inputs, **how)
    names = {group.name: {family.name: family.label for family in group.families} for group in groups}
    blends = {blend.name for group in groups for blend in group.blends}
    readable = [*names["glass"], *names.get("steps", {})]
    simple = simplest_within(price_list(found, found.best["black"], readable), margin * metric.factor)
    return Finalists(
        glass=chosen_family(found, "glass", names["glass"]),
        black=chosen_family(of_the_quick, "black", names["black"]),
        simplest=simple.name if simple else None,
        parameters={
            name: tuple(None if row is None else row.parameters for row in scores.rows[:folds])
            for name, scores in found.families.items()
            if name not in blends
        },
    )


def folds_of(dataset: Dataset, *, folds: int, repeats: int, seed: int) -> "list[tuple[NDArray, NDArray]]":
    """Row numbers of the folds of the first repetition of a run: shapes (n_train,) and (n_test,) for each."""
    return [split(dataset, fold) for fold in all_folds(folds, repeats, seed)[:folds]]


def fitted_on(
    family: Family,
    dataset: Dataset,
    rows: "NDArray",
    parameters: Mapping[str, Any] | None,
    seed: int,
    target: Any = None,
) -> Any:
    """Fit a family on some rows, shape (n_train,), with the settings that a search found there."""
    features = dataset.features.iloc[rows]
    model = family.build(features, seed)
    model.set_params(**{_full_name(name): _plain(value) for name, value in (parameters or {}).items()})
    known = dataset.target[rows] if target is None else target
    return fit_together(model, features, known, dataset.belonging.of(rows), seed=seed)


def score_of(model: Any, scorer: str, dataset: Dataset, rows: "NDArray", features: Any = None) -> float:
    """Score by the run's metric on some rows, shape (n_test,), or on others `features` in their place."""
    seen = dataset.features.iloc[rows] if features is None else features
    return scored_by(scorer, model, seen, dataset.target[rows], dataset.belonging.weights_of(rows))


def _full_name(name: str) -> str:
    return name if name.startswith("prepare__") else f"model__{name}"


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
