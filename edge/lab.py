"""The face of the edge laboratory: its question, the parts of its report, and its verdict."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from edge.budget.decision import decide
from edge.load.rates import foretold
from edge.naming import model_named
from edge.settings import Settings
from edge.stream.verdict import with_stream
from edge.verdict import verdict_on
from edge.what_it_knows import with_what_it_knows
from lab.first_screen import first_that_fits
from lab.protocol import Control, Dataset, Evidence, Question, Rows, Section, Verdict
from lab.wording import capital, count, listed

if TYPE_CHECKING:
    from edge.context import Context
    from lab.watching.protocol import Monitor

__all__ = ["LAB", "EdgeLab"]


class EdgeLab:
    """Candidates exported to ONNX, proven equal, and measured on this CPU at batch 1."""

    name = "edge"
    summary = "Can a model run inside a latency, memory and size budget, and what accuracy does that cost?"
    settings_type = Settings
    weighs = True
    demo_data = "machines"
    demo_settings: ClassVar[Mapping[str, Any]] = {
        "effort": "quick",
        "p99_ms": 5.0,
        "size_mb": 1.0,
        "models": ("logistic", "forest", "boosting", "ensemble"),
    }
    lacks: ClassVar[Mapping[str, str]] = {
        "until_settled": "its verdict also rests on budgets that are measured once, which repetitions of the folds do not settle; "
        "leave it out (--repeats 1 makes the run shorter)"
    }

    def prepare(self, notify: Callable[[str], None]) -> None:
        """Nothing has to be prepared."""

    def question(self, dataset_name: str, settings: Settings) -> Question:
        """Word the question."""
        memory = f", {settings.memory_mb:g} MB of memory" if settings.memory_mb else ""
        return Question(
            f"Can a model of {dataset_name} run at the edge within {settings.p99_ms:g} ms and {settings.size_mb:g} MB{memory}, "
            "and what accuracy does that cost?",
            "edge computing",
        )

    def context(self, dataset: Dataset, settings: Settings, *, seed: int) -> "Context":
        """Check the settings against the table, this machine and all that they name."""
        from edge.resolution import resolve

        return resolve(dataset, settings, seed=seed)

    def wants_plain_table(self, settings: Settings) -> bool:
        """Whether a model of the user's takes part, which knows the table as pandas reads it."""
        return settings.model is not None

    def inputs(self, settings: Settings) -> Sequence[Path]:
        """Name the files of the model that was given, and of the runtime that a browser loads."""
        from edge import inputs

        return inputs.files(settings)

    def sections(self) -> "Sequence[Section[Context]]":
        """List the parts of the report; the first one shows the budgets, which the others measure."""
        from edge.accuracy import at_random, at_size
        from edge.accuracy import section as accuracy
        from edge.browser import section as browser
        from edge.budget import section as budget
        from edge.building import section as building
        from edge.delivery import section as delivery
        from edge.footprint import section as footprint
        from edge.load import section as load
        from edge.places import section as places
        from edge.stream import section as stream
        from edge.throughput import section as throughput
        from edge.timing import section as timing
        from edge.variants import section as variants

        return (
            budget, accuracy, at_random, at_size, building, delivery, timing, variants, footprint, throughput, load, browser,
            places, stream,
        )  # fmt: skip

    def judge(self, evidence: Evidence, settings: Settings) -> Verdict:
        """Pass the most accurate candidate that meets every budget; fail where none can."""
        candidates: Sequence[str] = evidence.facts["candidates"]
        facts = evidence.facts
        decision = (
            decide(candidates, evidence.estimates, settings, factor=facts["factor"], facts=facts)
            if candidates
            else None
        )
        unmeasured = [evidence.facts["labels"][name] for name in evidence.facts["unmeasured"]]
        if decision is None or (unmeasured and decision.status != "pass"):
            who = listed([model_named(label) for label in unmeasured])
            unknown = Verdict(
                "undecided",
                "Undecided",
                first_that_fits(
                    f"{capital(who)} could not be measured, and no other candidate is shown to fit.",
                    f"{count(len(unmeasured), 'model')} could not be measured, and no other candidate is shown to fit.",
                ),
                ("a run in which every candidate can be measured",),
                next_steps=("Repeat the run; its log.txt says why the measurement failed.",),
            )
            return with_what_it_knows(with_stream(unknown, None, evidence, settings), evidence)
        who = model_named(facts["labels"][decision.name])
        found = with_stream(verdict_on(decision, evidence, settings), who, evidence, settings)
        return with_what_it_knows(found, evidence)

    def chosen_files(self, evidence: Evidence, rows: Rows) -> Mapping[str, bytes]:
        """Leave the model that the verdict is about beside the report, as an ONNX file; none where none was made."""
        from edge.delivery.trials import DELIVER

        chosen = evidence.facts["model_file"]
        return {} if chosen is None else {chosen["file"]: DELIVER.of(chosen["model"]).needed(rows).onnx.tobytes()}

    def announcements(self, settings: Settings) -> Sequence[str]:
        """Say before a run what takes long in it, and what it can decide: calls at a low rate."""
        places = 1 + bool(settings.cores or settings.threads != 1) + (settings.devices is not None)
        models = places * (1 if settings.model else len(settings.models))
        said = foretold(settings.rate, settings.load_seconds, settings.max_misses, models=models)
        return (said,) if said else ()

    def watcher(self, model: Path, *, reference: Dataset | None = None, **settings: Any) -> "Monitor":
        """Watch a model in service, see `edge.watch.opening.open_monitor`; the rows come from a source without an end."""
        from edge.watch.opening import open_monitor

        return open_monitor(model, reference, **settings)

    def controls(self) -> Sequence[Control]:
        """Stand-ins whose latency is known."""
        from edge.controls.latency import CONTROLS

        return CONTROLS


LAB = EdgeLab()
