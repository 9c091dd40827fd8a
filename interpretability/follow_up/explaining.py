"""Can the black box be explained instead? How well explanations fit it, agree with one another, and last over refits."""

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from interpret.glassbox import ExplainableBoostingRegressor
from scipy.stats import spearmanr
from sklearn.inspection import permutation_importance
from sklearn.metrics import r2_score

from interpretability.context import Context
from interpretability.scale import has_one_sum, sums
from interpretability.sides.finalists import FINALISTS, fitted_on, folds_of, score_of
from lab.learning.families import Family
from lab.protocol import Dataset, Evidence, Figure, Key, Rows, Table, Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "EXPLAIN",
    "TREES",
    "Explained",
    "agreement",
    "evidence",
    "explain_black_box",
    "explanation_of",
    "importances",
    "plan",
    "shap_values",
    "surrogate",
    "surrogate_parts",
]

_ROWS, _COLUMNS, _REFITS, _TOP = 300, 20, 3, 10
TREES = ("boosting", "forest", "extra-trees", "lightgbm", "xgboost")


@dataclass(frozen=True)
class Explained:
    """The explanations laid out; `notes` say what could not be done, a sentence each."""

    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


EXPLAIN = Key("explain", Explained)


def plan(context: Context) -> list[Trial[Any]]:
    """Explain once the finalists are known."""
    arguments = {"groups": context.both, **context.splits}
    return [context.follow_up(EXPLAIN, explain_black_box, arguments, needs=(FINALISTS,))] if context.is_full else []


def evidence(context: Context, rows: Rows) -> Evidence:
    """Show the explanations."""
    del context
    row = EXPLAIN.found(rows)
    return Evidence(figures=row.figures, tables=row.tables, caveats=row.notes) if row else Evidence()


def explain_black_box(
    dataset: Dataset,
    *,
    seed: int,
    groups: Mapping[str, Sequence[Family]],
    folds: int,
    repeats: int,
    scorer: str,
    fold_seed: int,
    inputs: Rows,
) -> Explained:
    """Explain the black box, and the readable model by the same means, on the first fold: a trial's function."""
    finalists = FINALISTS.needed(inputs)
    train, test = folds_of(dataset, folds=folds, repeats=repeats, seed=fold_seed)[0]
    test = test[:_ROWS]
    rng = np.random.default_rng(seed)
    made, stability = {}, {}
    for side in ("black", "glass"):
        family = next(f for f in groups[side] if f.name == finalists.name_of(side))
        parameters = finalists.parameters[family.name][0]
        model = fitted_on(family, dataset, train, parameters, seed)
        columns = _columns(model, dataset, train, scorer, seed)
        own = importances(model, dataset, test, columns, scorer, seed)
        again = []
        for _ in range(_REFITS):
            rows = rng.choice(train, len(train), replace=True)
            if len(np.unique(dataset.target[rows])) >= len(dataset.classes):
                refitted = fitted_on(family, dataset, rows, parameters, seed)
                again.append(importances(refitted, dataset, test, columns, scorer, seed))
        made[side] = (family, model, columns, own)
        stability[side] = float(np.mean([_rank_agreement(own, other) for other in again])) if again else float("nan")
    family, model, columns, permuted = made["black"]
    notes, attributions = [], {}
    said = sums(model, dataset.features)
    stand_in = surrogate(dataset, train, said, seed)
    fidelity = float(r2_score(said[test], stand_in.predict(dataset.features.iloc[test])))
    attributions["additive surrogate"] = surrogate_parts(stand_in, dataset, test, columns)
    if not has_one_sum(dataset):
        notes.append("SHAP values are computed for two classes or regression only")
    elif family.name not in TREES:
        notes.append(f"exact SHAP values exist for tree ensembles, and the best black box is a {family.label}")
    elif importlib.util.find_spec("shap") is None:
        notes.append("exact SHAP values need the library shap: pip install 'future-tech-lab[explain]'")
    else:
        found = shap_values(model, dataset.features.iloc[test], columns)
        if found is None:
            notes.append(f"SHAP cannot explain this {family.label}")
        else:
            attributions["SHAP"] = found
    methods = {"permutation importance": permuted}
    methods |= {name: np.abs(parts).mean(axis=0) for name, parts in attributions.items()}
    return explanation_of(
        dataset, family.label, made["glass"][0].label, columns, test, methods, attributions, fidelity, stability, notes
    )


def explanation_of(
    dataset: Dataset,
    black: str,
    glass: str,
    columns: Sequence[str],
    rows: "NDArray",
    methods: Mapping[str, "NDArray"],
    attributions: Mapping[str, "NDArray"],
    fidelity: float,
    stability: Mapping[str, float],
    notes: Sequence[str],
) -> Explained:
    """Lay the comparison of the explanations out as figures and tables.

    `methods` holds the importances by every way of explaining, shape (n_columns,), `attributions` what each feature adds to
    single rows for those ways that say it, shape (n_rows, n_columns); `rows` are the numbers of these rows.
    """
    from lab.report import charts

    names = list(methods)
    order = np.argsort(-sum(_shares(methods[name]) for name in names), kind="stable")[:_TOP]
    drawn = {name: _shares(values) for name, values in methods.items()}
    grouped = [(columns[place], name, float(drawn[name][place])) for place in order for name in names]
    figure = Figure(
        f"What does the {black} rely on?",
        "Share of each feature in the total importance, by explanation method. Where the bars of a feature differ, the explanation "
        "depends on the method.",
        charts.grouped_bars(grouped, axis="share of the importance", groups=names),
    )
    pairs = [
        (a, b, *agreement(methods, attributions, dataset.features.iloc[rows][list(columns)], a, b))
        for place, a in enumerate(names)
        for b in names[place + 1 :]
    ]
    said = "log-odds" if dataset.classes else "predictions"
    rows_of_table = [
        (
            f"fidelity: share of the variance of its {said} that the additive surrogate reproduces ({black})",
            fidelity,
        ),
        *((f"rank agreement of {a} and {b}", rank) for a, b, rank, _ in pairs),
        *(
            (f"same direction in {a} and {b}, for the strongest features", same)
            for a, b, _, same in pairs
            if same is not None
        ),
        (f"stability over refits: rank agreement of the importances of the {black}", stability["black"]),
        (f"stability over refits: rank agreement of the importances of the {glass}", stability["glass"]),
    ]
    shown = tuple((text, round(value, 3) if value == value else None) for text, value in rows_of_table)
    table = Table(
        "Can the black box be explained instead?",
        "1 is perfect in every row. An explanation of a black box is a second model: its worth depends on how well it fits "
        "(fidelity), and on whether another method (agreement) or sample (stability) gives the same. The readable model explains "
        "itself: its fidelity is 1.",
        ("measure", "value"),
        shown,
    )
    return Explained((figure,), (table,), tuple(notes))


def importances(
    model: Any, dataset: Dataset, rows: "NDArray", columns: Sequence[str], scorer: str, seed: int
) -> "NDArray[np.float64]":
    """Permutation importance, shape (n_columns,): how far the score on some rows falls when one column is shuffled, at least 0."""
    features, target, counts = dataset.features.iloc[rows], dataset.target[rows], dataset.belonging.weights_of(rows)
    if len(columns) == len(dataset.features.columns):
        found = permutation_importance(
            model, features, target, scoring=scorer, n_repeats=2, random_state=seed, sample_weight=counts
        )
        return np.clip(found.importances_mean, 0, None)
    rng = np.random.default_rng(seed)
    before = score_of(model, scorer, dataset, rows)
    falls = []
    for name in columns:
        shuffled = features.assign(**{name: features[name].to_numpy()[rng.permutation(len(features))]})
        falls.append(before - score_of(model, scorer, dataset, rows, shuffled))
    return np.clip(falls, 0, None)


def surrogate(dataset: Dataset, rows: "NDArray", said: "NDArray", seed: int) -> Any:
    """Fit an additive model on some rows to what the black box says of all, shape (n_rows_of_table,), not to the truth."""
    kinds = ["nominal" if dataset.kinds[name] == "category" else "continuous" for name in dataset.kinds]
    model = ExplainableBoostingRegressor(
        feature_types=kinds, interactions=0, outer_bags=2, max_bins=32, max_rounds=500, n_jobs=1, random_state=seed
    )
    return model.fit(dataset.features.iloc[rows], said[rows])


def shap_values(pipeline: Any, features: pd.DataFrame, columns: Sequence[str]) -> "NDArray[np.float64] | None":
    """Exact SHAP values of an ensemble of trees, summed over the columns that one feature became.

    The shape is (n_rows, n_columns); None where the library does not know the ensemble.

    References
    ----------
    Lundberg et al. (2020), Nature Machine Intelligence 2, 56-67, TreeSHAP.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its drawing library
        import shap

    prepare, model = pipeline.named_steps["prepare"], pipeline.named_steps["model"]
    try:
        explained = shap.TreeExplainer(model).shap_values(prepare.transform(features), check_additivity=False)
    except (NotImplementedError, ValueError, TypeError):  # a kind of tree that shap does not know: a caveat says so
        return None
    values = np.asarray(explained[1] if isinstance(explained, list) else explained)
    if values.ndim == 3:
        values = values[:, :, 1]
    found = np.zeros((len(features), len(columns)))
    for place, owner in enumerate(_owners(prepare, values.shape[1])):
        if owner in columns:
            found[:, list(columns).index(owner)] += values[:, place]
    return found


def _owners(prepare: Any, n_columns: int) -> list[str]:
    """Name the feature that each prepared column was made of."""
    known = [str(name) for _, _, names in prepare.transformers_ for name in names]
    if len(known) == n_columns:  # one for one, in the order of the steps
        return known
    plain = [str(name).partition("__")[2] for name in prepare.get_feature_names_out()]
    return [
        name if name in known else max((c for c in known if name.startswith(f"{c} is ")), key=len, default="")
        for name in plain
    ]


def agreement(
    methods: Mapping[str, "NDArray"], attributions: Mapping[str, "NDArray"], features: pd.DataFrame, a: str, b: str
) -> tuple[float, float | None]:
    """Rank correlation of two ways of explaining, and how many of the strongest numbers they give the same direction.

    The direction of a feature is the sign of the rank correlation between its values and what it adds, row by row; only
    ways that explain single rows have one (None otherwise). `methods` holds arrays of shape (n_columns,), `attributions` of
    shape (n_rows, n_columns).
    """
    rank = _rank_agreement(methods[a], methods[b])
    if a not in attributions or b not in attributions:
        return rank, None
    strong = np.argsort(-(_shares(methods[a]) + _shares(methods[b])), kind="stable")[:_TOP]
    signs = []
    for place in strong:
        values = features.iloc[:, place]
        if values.dtype == object or values.nunique() < 2:
            continue
        signs.append(_direction(values, attributions[a][:, place]) == _direction(values, attributions[b][:, place]))
    return rank, float(np.mean(signs)) if signs else None


def _direction(values: pd.Series, adds: "NDArray") -> float:
    there = values.notna().to_numpy()
    if len(np.unique(adds[there])) < 2 or values[there].nunique() < 2:
        return 0.0
    return float(np.sign(spearmanr(values[there], adds[there]).statistic))


def _rank_agreement(a: "NDArray", b: "NDArray") -> float:
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return float("nan")
    return float(spearmanr(a, b).statistic)


def _shares(values: "NDArray") -> "NDArray[np.float64]":
    total = float(np.sum(values))
    return values / total if total > 0 else np.zeros(len(values))


def surrogate_parts(model: Any, dataset: Dataset, rows: "NDArray", columns: Sequence[str]) -> "NDArray[np.float64]":
    """What the surrogate adds up in each row for some columns, shape (n_rows, n_columns)."""
    parts = model.eval_terms(dataset.features.iloc[rows])
    return np.asarray(parts)[:, [list(dataset.kinds).index(name) for name in columns]]


def _columns(model: Any, dataset: Dataset, rows: "NDArray", scorer: str, seed: int) -> list[str]:
    """Look at all columns, or at the twenty that a first look finds strongest."""
    names = [str(name) for name in dataset.kinds]
    if len(names) <= _COLUMNS:
        return names
    some = rows[:200]
    if len(np.unique(dataset.target[some])) < len(dataset.classes):
        return names[:_COLUMNS]
    first = permutation_importance(
        model,
        dataset.features.iloc[some],
        dataset.target[some],
        scoring=scorer,
        n_repeats=1,
        random_state=seed,
        sample_weight=dataset.belonging.weights_of(some),
    )
    strongest = np.sort(np.argsort(-first.importances_mean, kind="stable")[:_COLUMNS])
    return [names[place] for place in strongest]
