"""Numbers and dates as people write them anywhere: whatever is written is read back, in the spelling of the whole column."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lab.reading.dates import dates_spelled
from lab.reading.missing import sentinels
from lab.reading.numbers import spelled_numbers

LOCALES = [(".", ","), (".", " "), (".", "'"), (".", ""), (",", "."), (",", " "), (",", "\u202f"), (",", "")]
MONEY = ["", "$", "€", "EUR", "CHF", "zł", "US$"]


def written(number, places, decimal, grouped, money, behind, minus):
    """Write a number by hand: digits in threes from the right, then the decimals."""
    whole, _, part = f"{abs(number):.{places}f}".partition(".")
    threes = []
    while whole:
        threes.insert(0, whole[-3:])
        whole = whole[:-3]
    text = grouped.join(threes) + (decimal + part if part else "")
    if money:
        text = f"{text} {money}" if behind else f"{money}{text}"
    if number >= 0:
        return text
    return {"-": f"-{text}", "()": f"({text})", "behind": f"{text}-", "−": f"−{text}"}[minus]


def read(texts, usual=None):
    return spelled_numbers(texts, np.ones(len(texts), dtype=np.int64), usual=usual)


@given(
    some.lists(some.floats(-9e6, 9e6), min_size=3, max_size=20),
    some.sampled_from([1, 2, 4]),
    some.sampled_from(LOCALES),
    some.sampled_from(MONEY),
    some.booleans(),
    some.sampled_from(["-", "()", "behind", "−"]),
)
def test_numbers_with_decimals_are_read_in_every_spelling(numbers, places, signs, money, behind, minus):
    numbers = [round(number, places) for number in [*numbers, 1234.5]]
    texts = [written(number, places, *signs, money, behind, minus) for number in numbers]
    assert read(texts).values.tolist() == numbers


@given(
    some.lists(some.integers(0, 999), min_size=3, max_size=9),
    some.lists(some.integers(1_000, 9_999_999), min_size=3),
    some.sampled_from(".,"),
)
def test_whole_numbers_with_parted_thousands_are_no_decimals_where_small_ones_stand_beside_them(small, large, sign):
    numbers = [*small, *large]
    assert read([written(n, 0, "", sign, "", False, "-") for n in numbers]).values.tolist() == numbers


@pytest.mark.parametrize(
    ("texts", "usual", "values"),
    [
        (["1.367", "2.345"], None, [1.367, 2.345]),
        (["1.367", "2.345"], ",", [1367, 2345]),
        (["1,367", "2,345"], ".", [1367, 2345]),
        (["1,367", "2,345"], ",", [1.367, 2.345]),
        (["0.367", "2.345", "889"], ",", [0.367, 2.345, 889]),
        (["12 %", "7%", "100"], None, [12, 7, 100]),
        (["3 kg", "4kg", "5"], None, [3, 4, 5]),
        (["20.-", "1'300.-"], None, [20, 1300]),
        (["1e-5", "2.5E+3", "+7"], None, [1e-5, 2500, 7]),
        (["'00040", "'00004"], None, [40, 4]),
        ([".5", "-.25", "3."], None, [0.5, -0.25, 3]),
    ],
)
def test_what_a_sign_means_is_told_by_the_column_and_then_by_the_file(texts, usual, values):
    assert read(texts, usual).values.tolist() == pytest.approx(values, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "red",
        "12a34",
        "1.2.2024",
        "192.168.1.1",
        "10:30",
        "2024-01-02",
        "1,23,456",
        "12 34",
        "(5",
        "--5",
        "-(5)",
        "A12",
        "1e",
    ],
)
def test_what_is_no_number_is_none(text):
    found = read([text, "1.5", "2.25", "17"])
    assert np.isnan(found.values[0])
    assert found.values[1:].tolist() == [1.5, 2.25, 17]


FORMS = {
    "%d/%m/%Y": "day", "%m/%d/%Y": "month", "%d.%m.%Y": "day", "%d.%m.%y": "day", "%d-%m-%Y": "day", "%Y-%m-%d": "", "%Y/%m/%d": "",
    "%Y%m%d": "", "%b %d, %Y": "", "%d %B %Y": "", "%d-%b-%y": "", "%d/%m/%Y %H:%M": "day", "%Y-%m-%dT%H:%M:%S": "",
    "%m/%d/%Y %I:%M %p": "month",
}  # fmt: skip


@given(
    some.lists(some.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2068, 12, 31)), min_size=2, max_size=30),
    some.sampled_from(sorted(FORMS)),
)
def test_dates_are_read_in_every_order_that_the_column_proves(moments, form):
    proof = dt.datetime(2021, 5, 28, 13, 45)  # no month has this number
    texts = [moment.strftime(form) for moment in [*moments, proof]]
    expected = [dt.datetime.strptime(text, form) for text in texts]
    found = dates_spelled(texts, fewest=1.0)
    assert found is not None
    assert found.values.astype("datetime64[us]").tolist() == expected
    assert not found.is_ambiguous


def test_dates_that_may_be_read_either_way_say_so():
    found = dates_spelled(["03/04/2023", "05/06/2023"], fewest=0.95)
    assert found.is_ambiguous
    assert found.values.tolist()[0] == dt.datetime(2023, 4, 3)
    assert not dates_spelled(["03.04.2023", "05.06.2023"], fewest=0.95).is_ambiguous, "with points the day comes first"


def test_moments_with_a_zone_are_those_of_one_clock():
    found = dates_spelled(["2023-02-14T10:00:00+02:00", "2023-02-14T08:00:00Z"], fewest=1.0)
    assert found.values[0] == found.values[1]


@pytest.mark.parametrize("form", ["{0}Q{1}", "{0}-Q{1}", "{0} q{1}", "Q{1} {0}", "Q{1}/{0}"])
def test_a_quarter_is_its_first_day(form):
    found = dates_spelled([form.format(1974, 1), form.format(1974, 4), form.format(1987, 3)], fewest=1.0)
    assert found.values.tolist() == [dt.datetime(1974, 1, 1), dt.datetime(1974, 10, 1), dt.datetime(1987, 7, 1)]
    assert dates_spelled([form.format(1974, 5), form.format(1987, 3)], fewest=1.0) is None


@pytest.mark.parametrize(("day", "month"), [("1. März 2024", 3), ("24. Dezember 2023", 12), ("3. Mai 2022", 5)])
def test_german_months_are_months(day, month):
    assert dates_spelled([day, "1. Oktober 2021"], fewest=1.0).values.tolist()[0].month == month


MONTHS = {
    "German": "Jänner Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "French": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "French, whole": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "Spanish": "ene feb mar abr may jun jul ago sep oct nov dic",
    "Spanish, whole": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "Portuguese": "jan fev mar abr mai jun jul ago set out nov dez",
    "Dutch": "januari februari maart april mei juni juli augustus september oktober november december",
}


@pytest.mark.parametrize("language", MONTHS)
@pytest.mark.parametrize("written", ["{1} {0} 2021", "{1} de {0} de 2021", "{1}-{0}-2021"])
def test_months_of_other_languages_are_months(language, written):
    words = MONTHS[language].split()
    if "-{0}-" in written:
        words = [word.strip(".") for word in words]
    found = dates_spelled([written.format(word, 3 + place) for place, word in enumerate(words)], fewest=1.0)
    assert [(moment.month, moment.day) for moment in found.values.tolist()] == [
        (1 + place, 3 + place) for place in range(12)
    ]


def test_a_week_is_its_monday():
    weeks = [(2020, 53), (2021, 1), (2022, 30)]
    expected = [dt.datetime.combine(dt.date.fromisocalendar(*week, 1), dt.time()) for week in weeks]
    for written in ("{}-W{:02d}", "{}W{:02d}"):
        assert dates_spelled([written.format(*week) for week in weeks], fewest=1.0).values.tolist() == expected


def test_limits_among_measurements_are_read_as_their_number_and_limits_alone_are_classes():
    measured = [f"{place / 7:.2f}" for place in range(30)]
    found = read(["<0.5", "> 5", *measured])
    assert found.values[:2].tolist() == [0.5, 5.0]
    assert any("limits" in word for word in found.how)
    assert np.isnan(read(["<30", ">=30", "30"]).values).all()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([3, 4, 5, 6, -999, -999, -999], (-999,)),
        ([3, 4, 5, 6, 9999, 9999, 9999, -99, -99, -99], (-99, 9999)),
        ([3, 4, 5, 6, -999], ()),  # once
        ([880, 920, 999, 999, 999, 950], ()),  # among the others
        ([0, 1, 0, 1, 99, 99, 99], (99,)),
        ([5, 5, 5, 99, 99, 99], ()),  # two values, of which none is far from several others
        ([10, 20, 50, 80, 99, 99, 99, 99], ()),
    ],
)
def test_numbers_that_stand_for_a_missing_one_stand_apart(column, expected):
    assert tuple(sorted(sentinels(np.array(column, dtype=np.float64)))) == expected
