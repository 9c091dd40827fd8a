"""Tables that tell stories of business: each is drawn from a process that its function states, so that its truth is known.

Effects have the signs and rough sizes that such tables have; some cells are missing, at random. Nobody stands in them: no row is of
a person, a firm or a machine. They are under the licence of this project. What each column means stands in `words.toml`.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["GENERATORS", "churn", "delivery", "energy", "loans", "machines", "readmission"]

_FIRST_DAY = dt.date(2024, 1, 1)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOLIDAYS = frozenset([(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)])


def loans(n_rows: int = 1_200, seed: int = 20_26) -> dict[str, Any]:
    """Draw applications for a loan.

    The log-odds of default are additive in income, debt, age and employment, plus one interaction (debt hurts the
    self-employed more); the group column `region` shifts income but has no effect of its own.
    """
    import numpy as np
    from scipy.special import expit  # here, since a list of the tables needs none of it

    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "east", "west"], n_rows, p=[0.4, 0.3, 0.2, 0.1])
    employment = rng.choice(["employed", "self-employed", "unemployed", "retired"], n_rows, p=[0.6, 0.2, 0.1, 0.1])
    age = np.clip(
        np.where(employment == "retired", rng.normal(70, 5, n_rows), rng.normal(42, 11, n_rows)), 18, 95
    ).round()
    income = np.exp(
        rng.normal(7.9, 0.5, n_rows) - 0.2 * (region == "south") - 0.6 * (employment == "unemployed")
    ).round(2)
    debt_share = rng.beta(2, 4, n_rows).round(3)
    homeowner = rng.random(n_rows) < expit((age - 45) / 10)
    applied = _days(rng.integers(0, 730, n_rows))
    log_odds = (
        -2.6
        - 1.1 * (np.log(income) - 7.9)
        + 3.5 * debt_share
        + 2.5 * debt_share * (employment == "self-employed")
        + 0.9 * (employment == "unemployed")
        - 0.4 * homeowner
        + 0.0006 * (age - 45) ** 2
    )
    default = rng.random(n_rows) < expit(log_odds)
    return {
        "age": _with_gaps(rng, age, 0.03),
        "income": _with_gaps(rng, income, 0.08),
        "debt share": debt_share,
        "employment": _with_gaps(rng, employment, 0.05),
        "homeowner": _with_gaps(rng, homeowner, 0.04),
        "applied": applied,
        "region": region,
        "default": np.where(default, "yes", "no"),
    }


def churn(n_rows: int = 1_000, seed: int = 7_001) -> dict[str, Any]:
    """Draw contracts of a telephone company, of which some were cancelled within three months of a day of reckoning.

    The log-odds of cancelling are additive in the term of the contract, the months since it was signed, the charge, the share of
    the data allowance that is used and the calls to the help desk, plus one interaction: calls matter three times as
    much where the contract can be ended every month. Region, month, payment and the customer (one in eight has two contracts)
    have no effect.
    """
    import numpy as np
    from scipy.special import expit

    rng = np.random.default_rng(seed)
    customer = rng.integers(0, 4 * n_rows, n_rows)
    term = rng.choice(["monthly", "one year", "two years"], n_rows, p=[0.5, 0.3, 0.2])
    months = np.minimum(rng.gamma(1.6, 16, n_rows) + 6 * (term != "monthly"), 96).round()
    fibre = rng.random(n_rows) < 0.45
    charge = (18 + 14 * fibre + rng.gamma(3, 4, n_rows)).round(2)
    used = rng.beta(2.2, 1.8, n_rows).round(2)
    calls = rng.poisson(0.9 + 0.8 * fibre)
    log_odds = (
        -0.3
        - 1.0 * (term == "one year")
        - 1.8 * (term == "two years")
        - 0.55 * np.log1p(months)
        + 0.045 * (charge - 30)
        + 2.2 * (0.55 - used)
        + np.where(term == "monthly", 0.75, 0.25) * calls
    )
    left = rng.random(n_rows) < expit(log_odds)
    month = _first_days(rng.integers(0, 18, n_rows))
    return {
        "customer": np.char.add("K", np.char.zfill(customer.astype(str), 5)),
        "month": month,
        "region": rng.choice(["north", "south", "east", "west"], n_rows),
        "term": term,
        "months": months,
        "fibre": fibre,
        "monthly charge": charge,
        "allowance used": _with_gaps(rng, used, 0.06),
        "calls to help desk": calls,
        "payment": _with_gaps(rng, rng.choice(["card", "direct debit", "transfer"], n_rows, p=[0.3, 0.5, 0.2]), 0.04),
        "churn": np.where(left, "yes", "no"),
    }


def machines(n_rows: int = 2_400, seed: int = 7_002) -> dict[str, Any]:
    """Draw inspections of pumps, each of another pump, and whether it broke down within the month after.

    The log-odds are additive in the hours since it was serviced, vibration, the temperature of its bearing and age, with three
    interactions: heat counts only above 80 degrees, vibration counts twice under full load, and oil pressure below 2 bar
    adds a risk of its own. The maker and the hall have no effect.
    """
    import numpy as np
    from scipy.special import expit

    rng = np.random.default_rng(seed)
    hours = rng.gamma(2.0, 900, n_rows).round()
    age = np.minimum(rng.gamma(2.5, 3, n_rows), 30).round(1)
    load = (100 * rng.beta(5, 2, n_rows)).round()
    vibration = (1.2 + 0.0005 * hours + rng.gamma(2, 0.5, n_rows)).round(2)
    temperature = (48 + 0.25 * load + 0.9 * age + rng.normal(0, 6, n_rows)).round(1)
    pressure = np.maximum(rng.normal(3.4, 0.7, n_rows), 0.5).round(2)
    log_odds = (
        -6.0
        + 0.0006 * hours
        + np.where(load > 85, 1.2, 0.6) * vibration
        + 0.22 * np.maximum(temperature - 80, 0)
        + 0.06 * age
        + 2.5 * (pressure < 2)
    )
    broken = rng.random(n_rows) < expit(log_odds)
    return {
        "hours since service": hours,
        "age": age,
        "load": load,
        "vibration": _with_gaps(rng, vibration, 0.03),
        "bearing temperature": _with_gaps(rng, temperature, 0.02),
        "oil pressure": _with_gaps(rng, pressure, 0.05),
        "maker": rng.choice(["Arden", "Belmont", "Corvin"], n_rows, p=[0.5, 0.3, 0.2]),
        "hall": rng.choice(["A", "B", "C", "D", "E", "F"], n_rows),
        "breakdown": np.where(broken, "yes", "no"),
    }


def energy(n_rows: int = 730, seed: int = 7_003) -> dict[str, Any]:
    """Draw the days of two years and the electricity that a town of some 100,000 people used on each.

    Demand is a sum: heating below 15 degrees (more so in wind, an interaction), cooling above 22, the day of the week, holidays
    and growth of 2 % a year. What is left over hangs together from day to day (a correlation of 0.6), so that days are no
    independent cases: whoever asks about days to come says `--time day`.
    """
    import numpy as np
    from scipy.signal import lfilter

    rng = np.random.default_rng(seed)
    place = np.arange(n_rows)
    days = _days(place)
    weather = lfilter([1.0], [1.0, -0.75], rng.normal(0, 2.4, n_rows))
    temperature = (10.5 - 10 * np.cos(2 * np.pi * (place - 15) / 365.25) + weather).round(1)
    wind = rng.gamma(3, 1.3, n_rows).round(1)
    sun = np.clip(6 - 4.5 * np.cos(2 * np.pi * (place + 10) / 365.25) + rng.normal(0, 2.5, n_rows), 0, 16).round(1)
    weekday = np.array([_WEEKDAYS[day.weekday()] for day in days])
    holiday = np.array([(day.month, day.day) in _HOLIDAYS for day in days])
    free = holiday | (weekday == "Sunday")
    heating, cooling = np.maximum(15 - temperature, 0), np.maximum(temperature - 22, 0)
    left_over = lfilter([1.0], [1.0, -0.6], rng.normal(0, 14, n_rows))
    demand = (1_150 + 11 * heating + 0.9 * heating * wind + 24 * cooling - 6 * sun) * np.where(
        free, 0.84, np.where(weekday == "Saturday", 0.91, 1.0)
    ) * 1.02 ** (place / 365.25) + left_over
    return {
        "day": days,
        "weekday": weekday,
        "holiday": holiday,
        "temperature": _with_gaps(rng, temperature, 0.02),
        "wind": _with_gaps(rng, wind, 0.04),
        "sunshine": sun,
        "demand": demand.round(1),
    }


def readmission(n_rows: int = 260, seed: int = 7_004) -> dict[str, Any]:
    """Draw stays in a hospital, and whether the patient came back within 30 days.

    The log-odds are additive in days in hospital, haemoglobin below 12, age above 65, medicines, earlier stays in the year, an
    emergency and a discharge to a home for the elderly, plus one interaction: an earlier stay counts twice as much where this
    one was an emergency. What a model loses that only adds effects up is less than 260 rows, one department's year, can
    tell: of small differences between models, undecided is the right answer. Sex has no effect.
    """
    import numpy as np
    from scipy.special import expit

    rng = np.random.default_rng(seed)
    age = np.clip(rng.normal(66, 15, n_rows), 18, 98).round()
    emergency = rng.random(n_rows) < 0.55
    earlier = rng.poisson(0.5 + 0.5 * emergency)
    stay = (1 + rng.gamma(1.7, 2.6, n_rows)).round()
    medicines = rng.poisson(4 + 0.04 * age)
    haemoglobin = rng.normal(12.8, 1.7, n_rows).round(1)
    discharged = np.where(
        rng.random(n_rows) < expit((age - 84) / 6),
        "home for the elderly",
        rng.choice(["home", "home with care"], n_rows),
    )
    log_odds = (
        -2.9
        + np.where(emergency, 1.0, 0.5) * earlier
        + 0.09 * stay
        + 0.5 * emergency
        + 0.5 * np.maximum(12 - haemoglobin, 0)
        + 0.03 * np.maximum(age - 65, 0)
        + 0.08 * (medicines - 6)
        + 0.6 * (discharged == "home for the elderly")
    )
    back = rng.random(n_rows) < expit(log_odds)
    return {
        "age": age,
        "sex": rng.choice(["female", "male"], n_rows),
        "emergency": emergency,
        "days in hospital": stay,
        "earlier stays": earlier,
        "medicines": _with_gaps(rng, medicines, 0.03),
        "haemoglobin": _with_gaps(rng, haemoglobin, 0.08),
        "discharged to": discharged,
        "readmitted": np.where(back, "yes", "no"),
    }


def delivery(n_rows: int = 1_500, seed: int = 7_005) -> dict[str, Any]:
    """Draw orders of a web shop, and which of four ways of delivery the customer chose.

    Everyone takes what is of most use to them (a multinomial logit model): the use of each way is a sum of its effects
    and of Gumbel noise. Home delivery gains from the weight of the parcel and loses by its fee, the locker and the shop lose by
    their distance (twice as much in rain, an interaction), and express gains from urgency and from the worth of the order. Age
    moves people from the locker to the shop. The device has no effect.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    worth = np.exp(rng.normal(3.9, 0.7, n_rows)).round(2)
    weight = rng.gamma(1.5, 2.2, n_rows).round(1)
    fee = rng.choice([0.0, 2.9, 4.9], n_rows, p=[0.25, 0.4, 0.35])
    to_locker, to_shop = rng.gamma(2, 0.5, n_rows).round(1), rng.gamma(2.2, 1.6, n_rows).round(1)
    rain = rng.random(n_rows) < 0.3
    gift = rng.random(n_rows) < 0.2
    age = np.clip(rng.normal(43, 15, n_rows), 18, 90).round()
    walk = np.where(rain, 2.0, 1.0)
    use = np.column_stack(
        [
            0.4 + 0.28 * weight - 0.35 * fee,
            1.9 - 0.9 * walk * to_locker - 0.12 * weight - 0.03 * (age - 43),
            1.2 - 0.3 * walk * to_shop + 0.03 * (age - 43),
            -2.2 + 1.8 * gift + 0.6 * (np.log(worth) - 3.9) * 2,
        ]
    )
    ways = np.array(["home", "locker", "shop", "express"])
    chosen = ways[np.argmax(use + rng.gumbel(size=use.shape), axis=1)]
    return {
        "worth": worth,
        "weight": _with_gaps(rng, weight, 0.05),
        "home fee": fee,
        "locker distance": _with_gaps(rng, to_locker, 0.03),
        "shop distance": to_shop,
        "rain": rain,
        "gift": gift,
        "age": _with_gaps(rng, age, 0.12),
        "ordered on": rng.choice(["phone", "computer", "tablet"], n_rows, p=[0.6, 0.33, 0.07]),
        "delivery": chosen,
    }


GENERATORS: Mapping[str, Callable[[], dict[str, Any]]] = MappingProxyType(
    {
        "loans": loans,
        "churn": churn,
        "machines": machines,
        "energy": energy,
        "readmission": readmission,
        "delivery": delivery,
    }
)
"""By the name of the table; the last column of each is its target."""


def _with_gaps(rng: "np.random.Generator", values: "NDArray", share: float) -> list[Any]:
    """Leave out that share of the values, at random."""
    gone = rng.random(len(values)) < share
    return [None if missing else value for value, missing in zip(values.tolist(), gone, strict=True)]


def _days(places: "NDArray[np.int64]") -> list[dt.date]:
    return [_FIRST_DAY + dt.timedelta(days=int(place)) for place in places]


def _first_days(months: "NDArray[np.int64]") -> list[dt.date]:
    """Give the first day of each month, counted from the first one."""
    return [dt.date(_FIRST_DAY.year + int(month) // 12, int(month) % 12 + 1, 1) for month in months]
