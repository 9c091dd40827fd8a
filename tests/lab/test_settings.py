"""One declaration is read alike from the command line and from TOML, and out-of-range values are refused."""

from dataclasses import dataclass, fields

import pytest

from lab.errors import SettingsError
from lab.options import Parser, add_settings, parse, settings_from
from lab.settings import ComparisonSettings, make, option, read_toml


@dataclass(frozen=True)
class Settings:
    folds: int = option(5, "outer folds", minimum=2, maximum=20)
    rate: float = option(0.5, "a rate", above=0, maximum=1)
    limit: float | None = option(None, "a limit", minimum=0)
    kind: str = option("a", "a kind", choices=("a", "b"))
    names: tuple[str, ...] = option(("x", "y"), "names of 100 %", choices=("x", "y", "z"))
    deep: bool = option(False, "go deep")


def from_words(*words):
    parser = Parser(prog="t")
    add_settings(parser, Settings)
    return settings_from(parse(parser, words), Settings)


def test_command_line_and_toml_give_the_same_settings(tmp_path):
    (tmp_path / "s.toml").write_text('folds = 3\nrate = 1\nlimit = 2.5\nkind = "b"\nnames = ["z", "x"]\ndeep = true\n')
    words = ["--folds", "3", "--rate", "1", "--limit", "2.5", "--kind", "b", "--names", "z,x", "--deep"]
    expected = Settings(3, 1.0, 2.5, "b", ("z", "x"), True)
    assert from_words(*words) == expected
    assert make(Settings, read_toml(tmp_path / "s.toml")) == expected
    assert isinstance(from_words("--rate", "1").rate, float)


def test_the_command_line_wins_over_the_file_and_the_file_over_the_defaults(tmp_path):
    (tmp_path / "s.toml").write_text("folds = 3\nrate = 0.25\n")
    parser = Parser(prog="t")
    parser.add_argument("--config", type=lambda text: tmp_path / text)
    add_settings(parser, Settings)
    found = settings_from(parse(parser, ["--config", "s.toml", "--folds", "7"]), Settings)
    assert (found.folds, found.rate, found.kind) == (7, 0.25, "a")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fold": 3}, "unknown setting 'fold'; did you mean 'folds'?"),
        ({"folds": 21}, "folds is 21; it must be from 2 to 20"),
        ({"folds": 2.5}, "folds is 2.5; it must be a whole number"),
        ({"folds": True}, "folds is True; it must be a whole number"),
        ({"folds": "x"}, "folds is 'x'; it must be a whole number"),
        ({"rate": 0}, "rate is 0; it must be above 0 and at most 1"),
        ({"rate": "inf"}, "rate is inf; it must be above 0 and at most 1"),
        ({"limit": -1}, "limit is -1; it must be at least 0"),
        ({"kind": "c"}, "kind is 'c'; possible: a, b"),
        ({"kind": 3}, "kind is 3; it must be a text"),
        ({"names": ["x", "q"]}, "names is 'q'; possible: x, y, z"),
        ({"deep": "perhaps"}, "deep is 'perhaps'; it must be true or false"),
    ],
)
def test_a_wrong_value_is_refused_with_its_range(values, message):
    with pytest.raises(SettingsError) as error:
        make(Settings, values)
    assert str(error.value) == message


def test_none_can_be_said_on_the_command_line():
    assert from_words("--limit", "none").limit is None


def test_a_broken_file_is_named_with_its_line(tmp_path):
    (tmp_path / "s.toml").write_text("folds = \n")
    with pytest.raises(SettingsError, match=r"s\.toml is not TOML: .*line 1"):
        read_toml(tmp_path / "s.toml")


def test_every_setting_stands_in_the_help_with_its_default():
    parser = Parser(prog="t")
    add_settings(parser, Settings)
    shown = parser.format_help()
    for field in fields(Settings):
        assert f"--{field.name}" in shown
    assert "names of 100 % (x, y, z) (default: x,y)" in " ".join(shown.split())


@pytest.mark.parametrize("effort", [["quick"], {"quick": 1}, 3, True, None])
def test_an_effort_that_is_no_text_is_refused_as_any_other_setting(effort):
    with pytest.raises(SettingsError, match=r"^effort is .*; it must be a text$"):
        make(ComparisonSettings, {"effort": effort})
