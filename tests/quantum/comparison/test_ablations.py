"""What the best quantum model, the circuit and the kernel lose without a part is told, as far as the parts were tried."""

import dataclasses
import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from samples.quantum_rows import DATA, SETTINGS, made_rows, summarise

from lab.protocol import Estimate, Evidence
from quantum.comparison import ablations, section
from quantum.comparison.ablations import WITHOUT_GATES, Unentangled
from quantum.lab import LAB
from quantum.models.kernel_classifier import QuantumKernelClassifier
from quantum.said import caution_about

SHOWN, UNSHOWN = Estimate(9.0, 7.0, 11.0, "points"), Estimate(0.1, -0.5, 0.7, "points")
NEVER = Unentangled(0, 6)


def compared(*names):
    families = {name: name for name in names}
    return SimpleNamespace(best={"quantum": "best"}, families=families, difference=lambda full, less: (full, less))


@pytest.mark.parametrize(
    ("names", "without", "expected"),
    [
        (("quantum", "kernel", "unentangled", "kernel-unentangled", "frozen", "surrogate", "svm"), "products",
         {"entanglement": ("best", "products"), "surrogate": ("best", "surrogate"),
          "circuit_entanglement": ("quantum", "unentangled"), "training": ("quantum", "frozen"),
          "kernel_entanglement": ("kernel", "kernel-unentangled")}),
        (("quantum", "frozen"), None, {"training": ("quantum", "frozen")}),
        (("unentangled", "frozen", "kernel-unentangled"), None, {}),
        (("quantum", "surrogate"), "products",
         {"entanglement": ("best", "products"), "surrogate": ("best", "surrogate")}),
    ],
)  # fmt: skip
def test_the_whole_is_compared_with_what_was_tried(names, without, expected):
    assert ablations.differences(compared(*names), without) == expected


def test_every_quantum_family_with_gates_has_a_twin_without_them_and_nothing_else_is_different():
    quantum, _, others = LAB.context(DATA, SETTINGS, seed=0).groups
    known = {family.name: family for family in others.families}
    for family in quantum.families:
        settings = family.build(DATA.features, 3).get_params()
        if settings.get("model__entangler") is None:
            continue
        twin = known[WITHOUT_GATES[family.name]]
        theirs = twin.build(DATA.features, 3).get_params()
        assert theirs["model__entangler"] is None
        differ = {name for name in settings if repr(settings[name]) != repr(theirs[name])}
        assert {name for name in differ if name.startswith("model__")} == {"model__entangler"}
        assert family.space.keys() - twin.space.keys() <= {"model__pattern"}  # which pairs are entangled


@pytest.mark.parametrize("missing", ["kernel-unentangled", "unentangled", "single-qubit"])
def test_where_a_family_without_entanglement_has_no_scores_the_best_of_them_is_not_taken(missing):
    rows = {key: row for key, row in made_rows().items() if not key.startswith(f"{missing}-fold")}
    found = summarise(SETTINGS, rows).estimates
    assert "entanglement" not in found
    assert "surrogate" in found
    assert ("kernel_entanglement" in found) == (missing != "kernel-unentangled")


def test_a_side_without_gates_between_qubits_loses_nothing_with_them():
    context = LAB.context(DATA, SETTINGS, seed=0)
    quantum = context.groups[0]
    alone = dataclasses.replace(
        quantum, families=tuple(each for each in quantum.families if each.name == "single-qubit")
    )
    assert ablations.without_gates((alone, *context.groups[1:]), DATA) is None
    none = dataclasses.replace(context.groups[2], families=())
    assert ablations.without_gates((*context.groups[:2], none), DATA) is None, "what is not tried cannot be chosen"


def test_averages_without_gates_are_those_of_the_same_families_without_them_and_fitted_once():
    context = LAB.context(DATA, SETTINGS, seed=0)
    plan = section.plan(context)
    assert len({trial.key for trial in plan}) == len(plan)
    members = {trial.key: set(trial.arguments["members"]) for trial in plan if "blend" in trial.arguments}
    quantum = {"quantum", "kernel", "product-kernel", "single-qubit", "dressed"}
    inputs = {f"{name}-3-inputs" for name in ("logistic", "svm", "boosting", "mlp")}
    expected = {
        "quantum": quantum,
        "classical": {"logistic", "svm", "boosting", "mlp"} | inputs,
        "unentangled": {WITHOUT_GATES.get(name, name) for name in quantum},
    }
    assert members == {
        f"{side}-{rule}-fold{fold:02d}": names
        for side, names in expected.items()
        for rule in ("average", "greedy")
        for fold in range(6)
    }
    single = dataclasses.replace(context.groups[0], blends=())
    assert ablations.without_gates((single, *context.groups[1:]), DATA).blends == ()


def decisions_apart(kernel, n_layers, n_qubits):
    rng = np.random.default_rng(n_layers)
    X, y = rng.normal(size=(60, 3)), np.arange(60) % 2
    found = [
        QuantumKernelClassifier(n_qubits, n_layers, kernel=kernel, entangler=entangler, random_state=2).fit(X, y)
        for entangler in ("CZ", None)
    ]
    return np.abs(found[0].decision_function(X) - found[1].decision_function(X)).max()


@pytest.mark.parametrize(
    ("kernel", "n_layers", "n_qubits"), list(itertools.product(("projected", "fidelity"), (1, 2), (1, 3)))
)
def test_a_model_is_said_to_have_no_entanglement_where_its_decisions_are_those_without_gates(
    kernel, n_layers, n_qubits
):
    """The oracle fits the machine with its gates between qubits and without them."""
    quantum = LAB.context(DATA, SETTINGS, seed=0).groups[0]
    found = ablations.unentangled_folds(
        quantum, chosen_of(quantum, ("kernel", {"kernel": kernel, "n_layers": n_layers, "n_qubits": n_qubits})), DATA
    )
    assert found == Unentangled(int(decisions_apart(kernel, n_layers, n_qubits) < 1e-9), 1)


def chosen_of(quantum, *chosen, beside=None):
    """A comparison with what was chosen fold by fold, and what others found in all folds; a fold without scores stands first."""
    labels = {member.name: member.label for member in quantum.members}
    rows = [SimpleNamespace(parameters=parameters) for _, parameters in chosen]
    each = {name: [None] * (len(rows) + 1) for name, _ in chosen}
    for place, (name, _) in enumerate(chosen):
        each[name][place + 1] = rows[place]
    for name, parameters in (beside or {}).items():
        each[name] = [None, *[SimpleNamespace(parameters=parameters)] * len(rows)]
    best = SimpleNamespace(rows=(None, *rows), chosen=tuple(labels[name] for name, _ in chosen))
    families = {name: SimpleNamespace(rows=found) for name, found in each.items()}
    return SimpleNamespace(best={"quantum": best}, families=families)


@pytest.mark.parametrize(
    ("weighed", "kernel", "is_product"),
    [
        (("single-qubit", "product-kernel"), {}, True),
        (("single-qubit", "quantum"), {}, False),
        (("single-qubit", "kernel"), {"kernel": "projected", "n_layers": 1}, False),
        (("single-qubit", "kernel"), {"kernel": "fidelity", "n_layers": 1}, True),
        (("kernel",), {"kernel": "fidelity", "n_layers": 2}, False),
    ],
)
def test_an_average_has_no_entanglement_where_none_of_its_members_with_weight_has(weighed, kernel, is_product):
    quantum = LAB.context(DATA, SETTINGS, seed=0).groups[0]
    beside = {"quantum": {}, "kernel": kernel, "single-qubit": {}, "product-kernel": {}}
    chosen = ("quantum-greedy", {"weights": dict.fromkeys(weighed, 1 / len(weighed))})
    found = ablations.unentangled_folds(quantum, chosen_of(quantum, chosen, beside=beside), DATA)
    assert found == Unentangled(int(is_product), 1)
    del (known := chosen_of(quantum, chosen, beside=beside)).families[weighed[0]]  # it failed in nearly all folds
    assert ablations.unentangled_folds(quantum, known, DATA) == Unentangled(0, 1)


def test_folds_without_entanglement_are_counted_for_each_family_that_was_chosen():
    quantum = LAB.context(DATA, SETTINGS, seed=0).groups[0]
    chosen = [("quantum", {}), ("kernel", {}), ("single-qubit", {"n_layers": 3}), ("kernel", {"n_layers": 1}),
              ("kernel", {"n_layers": 1, "kernel": "fidelity"}), ("kernel", {"kernel": "fidelity"}),
              ("quantum", {"n_layers": 1})]  # fmt: skip
    assert ablations.unentangled_folds(quantum, chosen_of(quantum, *chosen), DATA) == Unentangled(2, 7)


@pytest.mark.parametrize(
    ("carried", "unentangled", "words"),
    [
        ({"training": SHOWN}, NEVER, "Removed from the variational circuit, training costs 9.0 points."),
        ({"entanglement": SHOWN, "surrogate": UNSHOWN, "training": SHOWN,
          "circuit_entanglement": Estimate(2.0, 1.0, 3.0, "points"), "kernel_entanglement": UNSHOWN}, NEVER,
         "Removed from the best quantum model, entanglement costs 9.0 points; not shown to matter: the quantum state. "
         "Removed from the variational circuit, training costs 9.0 points, entanglement costs 2.0 points. "
         "No part removed from the quantum kernel is shown to matter: entanglement."),
        ({"training": Estimate(1.0, 0.0, 2.0, "points")}, NEVER,
         "No part removed from the variational circuit is shown to matter: training."),
        ({"entanglement": SHOWN}, Unentangled(1, 1),
         "Removed from the best quantum model, entanglement costs 9.0 points. It has no entanglement at all in 1 of 1 fold."),
        ({"training": SHOWN}, Unentangled(3, 6),
         "The best quantum model has no entanglement at all in 3 of 6 folds. "
         "Removed from the variational circuit, training costs 9.0 points."),
    ],
)  # fmt: skip
def test_the_sentence_names_what_costs_and_what_is_not_shown_to_matter(carried, unentangled, words):
    assert ablations.sentence(carried, unentangled) == words


@pytest.mark.parametrize(
    ("carried", "folds", "words"),
    [
        ({"entanglement": SHOWN, "surrogate": SHOWN}, (0, 6), ""),
        ({"entanglement": SHOWN, "circuit_entanglement": UNSHOWN, "kernel_entanglement": UNSHOWN}, (0, 6), ""),
        ({"entanglement": UNSHOWN, "circuit_entanglement": SHOWN}, (0, 6),
         "The entanglement of the best quantum model is not shown to matter, so no quantum computer may be needed."),
        ({"entanglement": SHOWN, "surrogate": SHOWN}, (2, 6),
         "The best quantum model has no entanglement at all in 2 of 6 folds, so no quantum computer may be needed."),
        ({"entanglement": SHOWN, "surrogate": UNSHOWN}, (6, 6),
         "The best quantum model has no entanglement at all in 6 of 6 folds and a classical model with the circuit's frequencies is "
         "not shown to be worse, so no quantum computer is needed."),
    ],
)  # fmt: skip
def test_the_caution_is_about_the_model_that_carries_the_verdict(carried, folds, words):
    facts = {"unentangled_folds": folds[0], "scored_folds": folds[1]}
    assert caution_about(Evidence(carried, facts)) == words
    assert ("entanglement" in caution_about(Evidence(carried, {}))) == (carried["entanglement"].low <= 0)


@pytest.mark.parametrize(("unit", "axis"), [("points", "loss of M without it (points)"), ("", "loss of M without it")])
def test_the_axis_has_the_unit_where_there_is_one(unit, axis):
    carried = {"training": Estimate(2.0, 1.0, 3.0, unit), "entanglement": Estimate(1.0, 0.0, 2.0, unit)}
    (figure,) = ablations.figures(carried, NEVER, "M")
    assert axis in str(figure.spec)
    assert f"{axis} (" not in str(figure.spec)
    assert {"datum": 0.0} in [layer["encoding"].get("x") for layer in figure.spec["layer"]], "no loss is a line"
    assert {value["group"] for value in figure.spec["data"]["values"]} == {"best quantum model", "variational circuit"}
    assert ablations.figures({}, NEVER, "M") == ()
