"""What is left when each call must have its own: checked against all matchings, one by one."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from correlator.exclusion import excluded

BETWEEN = st.dictionaries(st.integers(0, 4), st.frozensets(st.sampled_from("abcde"), min_size=1), max_size=5)


def components(between: dict[int, frozenset[str]]) -> list[dict[int, frozenset[str]]]:
    """Return the units in groups that share no call."""
    groups: list[dict[int, frozenset[str]]] = []
    for unit, calls in between.items():
        touching = [group for group in groups if any(calls & other for other in group.values())]
        groups = [group for group in groups if group not in touching]
        groups.append({unit: calls} | {key: value for group in touching for key, value in group.items()})
    return groups


def tried_out(between: dict[int, frozenset[str]]) -> set[tuple[int, str]]:
    """Return the pairs that all perfect matchings of a group have."""
    found = set[tuple[int, str]]()
    for group in components(between):
        calls = sorted(frozenset[str]().union(*group.values()))
        if len(calls) == len(group):
            orders = (list(zip(group, order, strict=True)) for order in permutations(calls))
            matchings = [set(pairs) for pairs in orders if all(call in group[unit] for unit, call in pairs)]
            found |= set.intersection(*matchings) if matchings else set()
    return found


@given(BETWEEN)
def test_exactly_what_all_matchings_have(between: dict[int, frozenset[str]]) -> None:
    assert set(excluded(between)) == tried_out(between)


def test_the_one_that_is_left() -> None:
    assert dict(excluded({1: frozenset("a"), 2: frozenset("ab"), 3: frozenset("bc"), 4: frozenset("cd")})) == {
        1: "a", 2: "b", 3: "c", 4: "d",
    }  # fmt: skip


def test_nothing_where_something_was_done_twice_or_not_at_all() -> None:
    assert list(excluded({1: frozenset("a"), 2: frozenset("ab"), 3: frozenset("ab")})) == []
    assert list(excluded({1: frozenset("ab")})) == []
