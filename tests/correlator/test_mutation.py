"""What a liar could put for the words of a template is caught. The models here are scripted, and say so."""

import json

import pytest

from correlator.evaluate import mutation
from correlator.evaluate.injection import some, told
from correlator.evaluate.mutation import mutated
from correlator.models.scripted import Scripted, facts
from correlator.narrate import Way, narrate
from correlator.narrating.proposal import filled_in
from prompts import Asked
from prompts.replies import Chosen


def joining(asked: Asked) -> str:
    """Join two facts each, in other words."""
    if asked.reply is Chosen:
        return json.dumps({"number": 1})
    said = [text.replace("the agent called", "the agent used").rstrip(".") for text in facts(asked)]
    pairs = [(at + 1, at + 2) for at in range(0, len(said) - 1, 2)]
    return json.dumps(
        {"sentences": [{"text": f"{said[one - 1]}; {said[two - 1]}.", "cites": [one, two]} for one, two in pairs]}
    )


@pytest.mark.parametrize("way", ["reword", "compose"])
def test_each_mutation_of_what_a_model_said_is_caught(way: Way) -> None:
    kinds = dict[str, int]()
    for planted in some(2):
        story, run = told(planted)
        model = Scripted(None, joining) if way == "compose" else Scripted()
        narration = narrate(story, run, model, way=way)
        assert narration.worded > len(story.sentences) // 2
        for one in mutated(story, run, narration):
            assert one.why, f"{one.kind}: {one.said}"
            kinds[one.kind] = kinds.get(one.kind, 0) + 1

    assert set(kinds) == set(mutation.KINDS)
    assert sum(kinds.values()) > 500


def test_without_the_checks_they_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation, "checked", lambda proposal: (filled_in(proposal), ""))
    story, run = told(some(1)[0])

    assert not [one for one in mutated(story, run, narrate(story, run, Scripted())) if one.why]
