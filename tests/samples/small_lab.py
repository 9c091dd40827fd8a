"""A lab of two trials for tests of the run: it counts its trials' calls on disk and can be told to fail at the end."""

from dataclasses import dataclass
from pathlib import Path

from lab.errors import TrialsFailedError
from lab.protocol import Control, Estimate, Evidence, Figure, Question, Trial, Verdict
from lab.report import charts
from lab.settings import option


@dataclass(frozen=True)
class Settings:
    threshold: float = option(0.5, "share that counts", minimum=0, maximum=1)
    marks: str = option("", "folder in which every call leaves a mark")
    broken: bool = option(False, "let one trial fail")


def count(dataset, *, seed, marks, code, broken=False):
    """Share of a class; leaves a mark."""
    (Path(marks) / f"{code}-{len(list(Path(marks).iterdir()))}").touch()
    if broken:
        raise ArithmeticError("the sum does not add up")
    return {"share": float((dataset.target == code).mean()), "seed": seed}


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

    def plan(self, dataset, settings, *, seed):
        return [
            Trial(f"count-{code}", count, {"marks": settings.marks, "code": code, "broken": settings.broken and code == 1},
                  seed=seed + code)
            for code in (0, 1)
        ]  # fmt: skip

    def summarise(self, dataset, settings, rows):
        if self.unfinished:
            raise TrialsFailedError("not yet")
        share = rows["count-0"]["share"]
        figure = Figure("Share", "Look.", charts.bars([("first class", share)], axis="share"))
        seeds = [row["seed"] for row in rows.values()]
        return Evidence(
            {"share": Estimate(share, share, share, "share")}, {"seeds": seeds}, (figure,), (), ("a caveat",)
        )

    def judge(self, evidence, settings):
        answer = "yes" if evidence.estimates["share"].value > settings.threshold else "no"
        return Verdict(answer, answer.title(), "It is counted.")

    def controls(self):
        return [Control("a", "yes is true", ("no",), count)]
