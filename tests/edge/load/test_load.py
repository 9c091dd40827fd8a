"""The open loop charges a stall to every call that it delays; the closed loop hides it; memory stays bounded."""

import gc
import itertools

import numpy as np
import pytest
from scipy import stats

from edge.load.arrivals import bursts, periodic, poisson
from edge.load.capacity import highest_rate
from edge.load.histogram import BUCKETS, Distribution, Recorder, bounds, share_estimate
from edge.load.open_loop import back_to_back, offer
from edge.timing.machine import Reading
from lab.protocol import Estimate

MS = 1_000_000


class SimulatedTime:
    """A clock that only moves when somebody sleeps or a model works: no machine is involved."""

    def __init__(self, oversleep_ns=0):
        self.now = 0
        self.oversleep_ns = oversleep_ns

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += round(seconds * 1e9) + self.oversleep_ns

    def model(self, nanoseconds):
        def call(row):
            self.now += nanoseconds[row]

        return call


def offered(services, arrivals, *, deadline_ns=10 * MS, oversleep_ns=0):
    time, arrivals = SimulatedTime(oversleep_ns), list(arrivals)
    return offer(
        time.model(services),
        iter(arrivals),
        calls=len(arrivals),
        n_rows=len(services),
        deadline_ns=deadline_ns,
        clock=time.clock,
        sleep=time.sleep,
        spin_ns=0,
    )


def waiting_line(arrivals, services):
    """Response times of a first-come first-served line, event by event (Lindley's recursion): the oracle."""
    free, found = 0, []
    for arrival, service in zip(arrivals, itertools.cycle(services), strict=False):
        free = max(free, arrival) + service
        found.append(free - arrival)
    return np.array(found)


def test_responses_are_those_of_a_waiting_line():
    services = np.random.default_rng(0).integers(10_000, 2 * MS, size=1_000).tolist()
    arrivals = list(poisson(700.0, calls=5_000, seed=1))
    expected = waiting_line(arrivals, services)
    load = offered(services, arrivals)
    for share in (0.01, 0.5, 0.9, 0.99, 0.999):
        exact = np.quantile(expected, share, method="inverted_cdf")
        assert load.response.at(share) == pytest.approx(exact, rel=1 / 256)  # half a bucket
    assert load.missed.sum() == (expected > 10 * MS).sum() > 0
    assert load.calls.sum() == 5_000


@pytest.mark.parametrize("use", [0.3, 0.7, 0.9])
def test_constant_service_under_random_arrivals_waits_as_the_formula_says(use):
    service = MS
    load = offered([service], poisson(use * 1e9 / service, calls=150_000, seed=2))
    waiting = load.response.mean() - service
    expected = use / (2 * (1 - use)) * service  # M/D/1: Pollaczek (1930), Khinchine (1932)
    assert waiting == pytest.approx(expected, rel={0.3: 0.05, 0.7: 0.05, 0.9: 0.15}[use])  # 4 standard errors


def test_a_stall_is_charged_to_all_it_delays_and_a_closed_loop_hides_it():
    services = [100_000] * 999 + [50 * MS]
    open_loop = offered(services, periodic(1_000.0, calls=10_000), deadline_ns=MS)
    time = SimulatedTime()
    closed = back_to_back(time.model(services), calls=10_000, n_rows=1_000, deadline_ns=MS, clock=time.clock)
    assert closed.missed.sum() == 10
    assert closed.response.quantile(0.99, unit="ms", scale=1e-6).high < 0.11
    # by hand: after a stall of 50 ms the n-th next call comes n ms later and is answered at 50 + 0.1 n ms
    delayed = 1 + sum(50 + 0.1 * n - n > 1 for n in range(1, 60))
    assert open_loop.missed.sum() == 9 * delayed + 1  # the last call of all is the tenth stall
    assert open_loop.response.at(0.99) > 30 * MS


def test_the_wake_up_is_a_line_of_its_own_and_part_of_the_response():
    load = offered([10_000], periodic(100.0, calls=400), oversleep_ns=70_000)
    assert load.wake_up.calls == 400
    assert load.wake_up.at(0.5) == pytest.approx(70_000, rel=1 / 256)
    assert load.response.at(0.5) == pytest.approx(80_000, rel=1 / 256)
    assert load.service.at(0.5) == pytest.approx(10_000, rel=1 / 256)


def test_the_end_of_a_wait_is_spent_looking_at_the_clock():
    time = SimulatedTime()
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        time.sleep(seconds)

    def ticking():
        time.now += 100
        return time.now

    load = offer(time.model([1_000]), periodic(1_000.0, calls=20), calls=20, n_rows=1, deadline_ns=MS, clock=ticking,
                 sleep=sleep)  # fmt: skip
    assert load.wake_up.largest() < 200
    assert len(slept) == 20
    assert max(slept) < 0.8e-3


def test_what_an_overloaded_model_leaves_unanswered_counts_as_missed():
    time = SimulatedTime()
    load = offer(time.model([10 * MS]), periodic(1_000.0, calls=10_000), calls=10_000, n_rows=1, deadline_ns=5 * MS,
                 clock=time.clock, sleep=time.sleep, spin_ns=0, patience_s=0.2)  # fmt: skip
    # by hand: the first call is due at 1 ms, the 20th answer comes at 201 ms; calls due up to 195 ms are late by then
    assert load.service.calls == 20
    assert load.missed.sum() == load.calls.sum() == load.response.calls == 195
    assert load.response.largest() == pytest.approx(181 * MS, rel=1 / 128)  # the 20th call was due at 20 ms


def test_arrivals_come_at_their_rate():
    gaps = np.diff([0, *poisson(500.0, calls=20_000, seed=3)])
    assert stats.kstest(gaps, stats.expon(scale=2e6).cdf).pvalue > 0.01
    grouped = list(bursts(500.0, calls=20_005, seed=3, size=10))
    assert len(grouped) == 20_005
    assert grouped == sorted(grouped)
    assert np.unique(grouped, return_counts=True)[1].tolist() == [10] * 2_000 + [5]
    assert grouped[-1] / 1e9 == pytest.approx(40, rel=0.1)
    assert np.diff(list(periodic(500.0, calls=10))).tolist() == [2 * MS] * 9


def test_every_value_lies_within_its_bucket_and_buckets_are_narrow():
    values = np.unique(np.concatenate([np.arange(2_000), np.geomspace(2_000, 2.0**53, 3_000).astype(np.int64)]))
    recorder = Recorder(len(values))
    recorder.size = len(values)
    record = recorder.batch()
    for value in values.tolist():
        record(value)
    counted = recorder.distribution().counts.sum(axis=0)
    used = np.flatnonzero(counted)
    low, high = bounds(used)
    inside = (values[:, None] >= low) & (values[:, None] <= high)
    assert (inside.sum(axis=1) == 1).all()
    assert (inside.sum(axis=0) == counted[used]).all()
    assert ((high - low) <= low / 128).all()


def test_memory_does_not_grow_with_the_number_of_calls():
    short = offered([1_000], periodic(1_000.0, calls=100))
    long = offered([1_000], periodic(1_000.0, calls=100_000))
    assert short.response.counts.shape == long.response.counts.shape == (20, BUCKETS)


def plain(values):
    """Count values as one batch of independent calls."""
    recorder = Recorder(1)
    record = recorder.batch()
    for value in values:
        record(int(value))
    return recorder.distribution()


def test_independent_calls_get_the_plain_intervals():
    values = np.random.default_rng(4).exponential(1e6, size=2_000)
    found = plain(values).quantile(0.9, unit="ms", scale=1e-6)
    ordered = np.sort(values) * 1e-6
    low, high = stats.binom.ppf([0.025, 0.975], 2_000, 0.9).astype(int)
    assert (found.low, found.high) == pytest.approx((ordered[low - 1], ordered[high]), rel=1 / 100)
    exact = stats.binomtest(13, 900).proportion_ci(0.95, method="exact")
    share = share_estimate(np.array([13]), np.array([900]))
    assert (share.low, share.high) == pytest.approx((exact.low, exact.high))
    nothing = share_estimate(np.zeros(20), np.full(20, 50))
    assert (nothing.low, nothing.high) == pytest.approx((0, 1 - 0.025 ** (1 / 1_000)))
    assert plain(values[:300]).quantile(0.99, unit="ms", scale=1e-6) is None


def test_intervals_cover_the_truth_although_calls_wait_for_one_another():
    service, use, deadline = MS, 0.7, 4 * MS
    rng = np.random.default_rng(5)
    truth = np.mean(queue(rng, 500_000, use, service) > deadline)
    covered = plainly = 0
    for _ in range(200):
        late = (queue(rng, 4_000, use, service) > deadline).reshape(20, 200).sum(axis=1)
        found = share_estimate(late, np.full(20, 200))
        covered += found.low <= truth <= found.high
        interval = stats.binomtest(int(late.sum()), 4_000).proportion_ci(0.95)
        plainly += interval.low <= truth <= interval.high
    assert covered >= 180
    assert plainly < 150, "the comparison shows nothing"


def queue(rng, calls, use, service):
    """Response times of an M/D/1 queue in closed form of the recursion: a running maximum."""
    ends = np.cumsum(rng.exponential(service / use, size=calls))
    work = service * np.arange(1, calls + 1)
    return work + np.maximum.accumulate(ends - np.append(0, work[:-1])) - ends


def test_what_the_harness_does_before_the_first_call_is_not_charged_to_the_model(monkeypatch):
    time = SimulatedTime()
    monkeypatch.setattr(gc, "collect", lambda: time.sleep(0.1))
    options = {"calls": 10, "n_rows": 1, "deadline_ns": MS, "clock": time.clock}
    opened = offer(time.model([1_000]), periodic(1_000.0, calls=10), sleep=time.sleep, spin_ns=0, **options)
    assert opened.response.largest() < 1_010
    assert back_to_back(time.model([1_000]), **options).seconds == pytest.approx(10e-6)


def test_the_collector_is_on_again_after_a_model_that_fails():
    def fail(row):
        raise RuntimeError("no answer")

    with pytest.raises(RuntimeError):
        offer(fail, periodic(1e6, calls=5), calls=5, n_rows=1, deadline_ns=1)
    assert gc.isenabled()


def about(value):
    return Estimate(value, 0.6 * value, 2 * value, "ms")


def test_the_highest_rate_is_interpolated_and_never_extrapolated():
    sweep = [(100.0, about(1.0)), (200.0, about(2.0)), (300.0, about(8.0))]
    found = highest_rate(sweep, 4.0)
    assert found.rate == pytest.approx(250.0)  # by hand: 4 is half-way from 2 to 8 on the log axis
    assert found.low == pytest.approx(200.0)
    assert found.high == pytest.approx(200 + 100 * np.log(4 / 1.2) / np.log(4))
    beyond = highest_rate(sweep, 10.0)
    assert (beyond.rate, beyond.bound) == (300.0, "at least")
    assert "at least 300" in beyond.words()
    below = highest_rate(sweep, 0.9)
    assert (below.rate, below.bound) == (0.0, "below")
    assert "below" in below.words()
    with pytest.raises(ValueError, match="no call rate"):
        highest_rate([], 1.0)


def test_a_rate_that_fails_ends_the_search_even_if_a_higher_one_passes_by_luck():
    assert highest_rate([(100.0, about(1.0)), (200.0, about(9.0)), (300.0, about(3.0))], 4.0).rate < 200


def test_a_distribution_without_values_has_no_percentiles():
    empty = Distribution(np.zeros((1, BUCKETS), dtype=np.int64))
    assert np.isnan(empty.at(0.5))
    assert empty.quantile(0.5, unit="ms", scale=1e-6) is None


def test_only_what_the_machine_cannot_explain_is_surely_late():
    """A stall of 40 ms in batch 2 delays calls; with 36 ms of it lost to other programs, none is surely later than 5 ms."""
    services = [1_000] * 400
    services[50] = 40 * MS
    time = SimulatedTime()
    waits = iter([0, 0, 0, 36 * MS, *([36 * MS] * 18)])  # batches of 20 calls; call 50 lies in the third
    arrivals = list(periodic(1_000.0, calls=400))
    options = {"calls": 400, "n_rows": 400, "deadline_ns": 5 * MS, "spin_ns": 0}
    excused = offer(
        time.model(services), iter(arrivals), clock=time.clock, sleep=time.sleep,
        meter=lambda: Reading(waited_ns=next(waits)), **options,
    )  # fmt: skip
    responses = waiting_line(arrivals, services)
    assert excused.missed.sum() == (responses > 5 * MS).sum() > 30
    assert excused.surely_missed.sum() == (responses > 41 * MS).sum() == 0
    assert excused.lost == pytest.approx(0.036 / excused.seconds)
    time = SimulatedTime()
    own = offer(
        time.model(services), iter(arrivals), clock=time.clock, sleep=time.sleep, meter=Reading, **options
    )  # fmt: skip
    assert own.surely_missed.sum() == pytest.approx(own.missed.sum(), abs=1)  # up to the width of a bucket
    assert own.least_misses().value <= own.misses().value
