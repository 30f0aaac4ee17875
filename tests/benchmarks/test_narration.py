"""The sentences about traces hold what they promise: enough of each kind, and every citation leads to an event."""

from collections import Counter
from typing import get_args

import pytest

from benchmarks.quality.narration import Name, load
from sensor.sources.trace import located

KINDS = {
    "absence", "cause", "citation", "entity", "foreign", "motive", "name", "negation", "number", "order", "polarity", "roles",
}  # fmt: skip


@pytest.mark.parametrize("half", get_args(Name))
def test_every_citation_leads_to_an_event(half: Name) -> None:
    found = load(half)
    lines = {name: {one.line for one in located(chain.trace)} for name, chain in found.chains.items()}
    said = [(name, one.cites) for name, chain in found.chains.items() for one in chain.right]
    for name, cites in (*said, *((one.chain, one.cites) for one in (*found.written, *found.made))):
        # A line that says which session follows may be cited beside an event.
        assert lines[name].intersection(cites), (name, cites)
        assert set(cites) <= set(range(1, len(found.chains[name].trace.splitlines()) + 1)), (name, cites)


def test_there_are_enough_of_each_kind_and_the_same_every_time() -> None:
    parts = [load(name) for name in get_args(Name)]
    names = [name for part in parts for name in part.chains]
    assert len(names) >= 40
    assert sum(len(chain.right) for part in parts for chain in part.chains.values()) >= 300
    for half in parts:
        made = half.made
        assert made == half.made
        assert len(made) >= 1_500
        assert set(Counter(one.kind for one in made)) == KINDS == {one.kind for one in half.written}


def test_no_right_sentence_is_among_the_wrong_ones() -> None:
    for half in map(load, get_args(Name)):
        right = {(name, one.sentence, one.cites) for name, chain in half.chains.items() for one in chain.right}
        assert not right & {(one.chain, one.sentence, one.cites) for one in (*half.written, *half.made)}
