import random

import pytest

from correlator.budget import MIN_SESSIONS, budget

SHIPPED = 8.6


def scores(chance: random.Random, count: int) -> list[float]:
    return [chance.gauss(9.0, 3.0) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 8, 199])
def test_below_two_hundred_sessions_the_shipped_threshold_holds_and_the_attainable_minimum_is_told(count: int) -> None:
    found = budget(scores(random.Random(7), count), 0.01, SHIPPED)

    assert (found.threshold, found.conformal) == (SHIPPED, False)
    assert found.attainable == 1 / (count + 1)


def test_from_two_hundred_sessions_on_a_budget_replaces_it() -> None:
    found = budget(scores(random.Random(7), MIN_SESSIONS), 0.05, SHIPPED)

    assert MIN_SESSIONS == 200
    assert found.conformal
    assert found.threshold > SHIPPED
    assert found.attainable == 1 / 201


def test_a_lucky_sample_never_lowers_the_threshold() -> None:
    assert budget([0.0] * 500, 0.5, SHIPPED).threshold == SHIPPED


def test_a_smaller_rate_never_has_a_lower_threshold() -> None:
    sample = scores(random.Random(7), 400)
    found = [budget(sample, rate, SHIPPED).threshold for rate in (0.2, 0.1, 0.05, 0.01, 0.001)]

    assert found == sorted(found)


def test_a_rate_below_what_can_be_promised_gives_the_highest_score_seen() -> None:
    sample = scores(random.Random(7), 300)

    assert max(sample) < budget(sample, 0.0, SHIPPED).threshold < max(sample) + 1e-9


@pytest.mark.parametrize("rate", [0.2, 0.05, 0.01])
def test_the_promised_rate_holds_on_exchangeable_sessions(rate: float) -> None:
    chance = random.Random(20311)
    hits = trials = 0
    for _ in range(400):
        found = budget(scores(chance, 250), rate, shipped=-100.0)
        fresh = scores(chance, 20)
        hits += sum(score >= found.threshold for score in fresh)
        trials += len(fresh)

    assert hits / trials <= rate * 1.15 + 0.001


def test_pooled_tails_of_other_workloads_never_lower_the_threshold() -> None:
    chance = random.Random(7)
    own = scores(chance, 250)

    alone, pooled = budget(own, 0.01, SHIPPED), budget(own, 0.01, SHIPPED, pooled=[30.0, 31.0, *scores(chance, 100)])

    assert pooled.threshold >= alone.threshold
