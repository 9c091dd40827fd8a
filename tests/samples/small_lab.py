"""A lab of two trials for tests of the run: it counts its trials' calls on disk and can be told to fail at the end."""

from dataclasses import dataclass
from pathlib import Path

from lab.errors import TrialsFailedError
from lab.protocol import Control, Dataset, Estimate, Evidence, Figure, Key, Question, Verdict
from lab.report import charts
from lab.settings import option


@dataclass(frozen=True)
class Settings:
    threshold: float = option(0.5, "share that counts", minimum=0, maximum=1)
    marks: str = option("", "folder in which every call leaves a mark")
    broken: bool = option(False, "let one trial fail")


@dataclass(frozen=True)
class Counted:
    share: float
    seed: int


COUNT = Key("count", Counted)


@dataclass(frozen=True)
class Context:
    dataset: Dataset
    settings: Settings
    seed: int


def count(dataset, *, seed, marks, code, broken=False):
    """Share of a class; leaves a mark."""
    (Path(marks) / f"{code}-{len(list(Path(marks).iterdir()))}").touch()
    if broken:
        raise ArithmeticError("the sum does not add up")
    return Counted(float((dataset.target == code).mean()), seed)


class Counting:
    """The one section of the lab: it counts both classes."""

    def __init__(self, unfinished):
        self.unfinished = unfinished

    def plan(self, context):
        settings = context.settings
        return [
            COUNT.of(str(code)).trial(
                count,
                {"marks": settings.marks, "code": code, "broken": settings.broken and code == 1},
                seed=context.seed + code,
            )
            for code in (0, 1)
        ]

    def evidence(self, context, rows):
        first = COUNT.of("0").found(rows)
        if self.unfinished or first is None:
            raise TrialsFailedError("not yet")
        share = first.share
        figure = Figure("Share", "Look.", charts.bars([("first class", share)], axis="share"))
        seeds = [row.seed for row in COUNT.all_found(rows).values()]
        return Evidence(
            {"share": Estimate(share, share, share, "share")}, {"seeds": seeds}, (figure,), (), ("a caveat",)
        )


def asked(lab, *, seed):
    """Answer of a control."""
    return "yes"


class SmallLab:
    name = "small"
    summary = "Is the first class common?"
    settings_type = Settings
    demo_data = "wine"
    demo_settings = {}  # noqa: RUF012
    unfinished = False

    def prepare(self, notify):
        pass

    def question(self, dataset_name, settings):
        return Question(f"Is the first class of {dataset_name} common?", "counting")

    def context(self, dataset, settings, *, seed):
        return Context(dataset, settings, seed)

    def sections(self):
        return [Counting(self.unfinished)]

    def judge(self, evidence, settings):
        answer = "yes" if evidence.estimates["share"].value > settings.threshold else "no"
        return Verdict(answer, answer.title(), "It is counted.")

    def controls(self):
        return [Control("a", "yes is true", ("no",), asked)]
