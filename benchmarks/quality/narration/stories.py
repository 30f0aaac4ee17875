"""Word the stories of recorded sessions, and count what is complete, what was accepted, and what it cost.

    python -m benchmarks.quality.narration.stories ../shared/data --out benchmarks/quality/results/stories.json
    python -m benchmarks.quality.narration.stories ../shared/data --model openai/NAME --url http://127.0.0.1:8101/v1 --replies FILE

A story is complete when its sentences name what the chain, as the engine has it, consists of: who or what it began with (the tool
that brought the text, or the kind of principal, and the beginning of what it said), each tool that was used, the value that links
both, and each address that something was sent to; and its list of gaps each call without a result and each loss of events. This is
read from the chain and the events, not from what was told. It is counted in the template's words and in those of the model: one
that is scripted and says what it is asked to word, unless one is named. Replies of a named one are kept in `--replies`, and what is
there is not asked for again: templates with handles in place of what was observed are few.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

from benchmarks.quality.fleet import recordings
from benchmarks.speed.place import place, report
from correlator.baseline import source_tool
from correlator.chain import Chain, Judged
from correlator.evaluate.interval import wilson
from correlator.models import Answer, LanguageModel, Reach, open_model
from correlator.models.scripted import Scripted
from correlator.narrate import Way, narrate
from correlator.narrating.asking import Limits
from correlator.narrating.narration import CONCLUDES, Narration, narrated
from correlator.pipeline import Judgement, judge
from correlator.story import Story
from correlator.values import DESTINATIONS, values
from sensor.event import Event, EventsLost
from sensor.sources import read_any

SEED, OF_EACH = 7, 60
LIMITS = Limits(seconds=3_600.0, seconds_each=120.0, tokens=1_000_000)
WANTED = {"stories": 200, "complete": 0.99}
_BEGINNING = 40
"""Characters of what was said that have to be there; longer quotations are cut."""


def sessions(data: Path) -> Iterator[list[Event]]:
    """Yield the events of each recorded session, and of the shipped examples."""
    with tempfile.TemporaryDirectory(prefix="clew-stories-") as name:
        for path in recordings(data, SEED, Path(name), OF_EACH):
            found = defaultdict[str, list[Event]](list)
            for event in read_any(path):
                found[event.session].append(event)
            yield from found.values()


def facts(chain: Chain, judgement: Judgement) -> Iterator[tuple[str, str]]:
    """Yield what a chain consists of: what part, and a text that has to be in its story."""
    origin, lead = chain.origin, chain.lead.effect
    if origin.place is not None:
        yield "source", source_tool(origin.place.content)
        yield "source", origin.place.span.text
    elif origin.kind == "principal":
        yield "source", lead.principal.kind
    for judged in chain.effects:
        if judged.effect.call is not None:
            yield "sink", judged.effect.call.event.name
            yield from destinations(judged)
        if judged.effect.steered is not None and not judged.effect.steered.commanded:
            yield "value", judged.effect.steered.flow.value.text
    for event in judgement.conversation.events:
        if isinstance(event, EventsLost):
            yield "gap", f"{event.count} events were lost"
    missing = sum(call.returned is None for call in judgement.conversation.calls)
    if missing:
        yield "gap", f"No result was recorded for {missing} calls"


def destinations(judged: Judged) -> Iterator[tuple[str, str]]:
    """Yield the addresses that an effect sent something to, as its arguments name them."""
    effect = judged.effect
    if effect.call is None or effect.act.kind not in ("communicate", "contact", "move", "transfer"):
        return
    for leaf in effect.call.leaves:
        yield from (
            ("destination", value.text) for value in values(leaf.text) if value.kind in DESTINATIONS and value.whole
        )


def missing(found: Sequence[tuple[str, str]], story: Story) -> list[tuple[str, str]]:
    """Return the facts that a story does not have."""
    said = squashed(" ".join(sentence.text for sentence in story.sentences))
    gaps = squashed(" ".join(story.gaps))
    return [
        (part, text) for part, text in found if squashed(text)[:_BEGINNING] not in (gaps if part == "gap" else said)
    ]


def shortened(story: Story) -> Story:
    """Return a story without the sentence in which most was observed: this one cannot be complete, or the count says nothing."""
    longest = max(story.sentences, key=lambda sentence: len(sentence.slots))
    return story.model_copy(update={"sentences": tuple(one for one in story.sentences if one is not longest)})


def squashed(text: str) -> str:
    """Return a text without differences of case and space, and of the scheme and slash that an address may do without."""
    short = text.strip().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
    return "".join((short if " " not in short else text).casefold().split())


class Known(dict[str, Answer]):
    """Replies, each also in a file as soon as it is there."""

    def __init__(self, file: Path | None) -> None:
        super().__init__()
        self._file = None
        if file is not None and file.exists():
            for line in file.read_text("utf-8").splitlines():
                row = json.loads(line)
                key = row.pop("key")
                self[key] = Answer(**row)
        self._file = file

    def __setitem__(self, key: str, answer: Answer) -> None:
        super().__setitem__(key, answer)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, **asdict(answer)}) + "\n")


def complete(lacking: Sequence[Sequence[tuple[str, str]]]) -> dict[str, Any]:
    """Return how many stories lack nothing, with the interval (Wilson, 95 %), and what the others lack."""
    whole = sum(not one for one in lacking)
    low, high = wilson(whole, len(lacking))
    return {
        "of": len(lacking), "complete": whole, "share": round(whole / max(1, len(lacking)), 4),
        "interval": [round(low, 4), round(high, 4)],
        "lacking": dict(Counter(part for one in lacking for part in {part for part, _ in one})),
    }  # fmt: skip


def wording(
    narrations: Sequence[Narration], stories: Sequence[Story], answers: Mapping[str, Answer], seconds: float
) -> dict[str, Any]:
    """Return what was accepted, how much of it is in other words than the template, why the rest was not, and what it cost."""
    all_ = [one for narration in narrations for one in narration.wordings]
    every = [one for one in all_ if one.why != CONCLUDES]
    worded = sum(one.is_worded for one in every)
    low, high = wilson(worded, len(every))
    templates = [sentence for story in stories for sentence in story.sentences]
    other = sum(
        one.is_worded and (one.sentence is None or one.sentence.text != sentence.text)
        for one, sentence in zip(all_, templates, strict=True)
    )
    tokens = sum(one.tokens_in for one in answers.values()), sum(one.tokens_out for one in answers.values())
    return {
        "not_asked_for": len(all_) - len(every),
        "sentences": len(every), "accepted": worded, "in_other_words": other, "share": round(worded / max(1, len(every)), 4),
        "interval": [round(low, 4), round(high, 4)],
        "fallback": dict(Counter(one.why for one in every if not one.is_worded).most_common()),
        "joined": sum(one.joined is not None for one in every),
        "titles": dict(sorted(Counter(str(one.title) for one in narrations).items())),
        "tries": dict(sorted(Counter(one.tries for one in every).items())),
        "distinct_prompts": len(answers), "tokens_in": tokens[0], "tokens_out": tokens[1], "seconds": round(seconds, 1),
        "stopped": sum(bool(one.stopped) for one in narrations),
    }  # fmt: skip


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", help="litellm's name of a real model")
    parser.add_argument("--url", help="address of its server")
    parser.add_argument("--way", choices=get_args(Way), default="reword")
    parser.add_argument("--tries", type=int, default=LIMITS.tries, help="of one sentence, or of the whole")
    parser.add_argument("--every", type=int, default=1, help="of the stories, each so many-th one")
    parser.add_argument("--replies", type=Path)
    parser.add_argument("--out", type=Path)
    asked, where = parser.parse_args(), place()
    model: LanguageModel = open_model("litellm", Reach(asked.model, asked.url)) if asked.model else Scripted()
    known = Known(asked.replies)
    template, words, without, narrations, stories, parts = [], [], [], [], [], Counter[str]()
    begun, number, limits = time.monotonic(), itertools.count(), replace(LIMITS, tries=asked.tries)
    for events in sessions(asked.data):
        judgement = judge(events)
        for chain, story in zip(judgement.chains, judgement.stories, strict=False):
            if next(number) % asked.every:
                continue
            found = list(facts(chain, judgement))
            narrations.append(narrate(story, judgement.spoken_of, model, limits, way=asked.way, cache=known))
            parts.update(part for part, _ in found)
            stories.append(story)
            template.append(missing(found, story))
            without.append(missing(found, shortened(story)))
            words.append(missing(found, narrated(story, narrations[-1])))
            print(f"{len(words)} stories, {narrations[-1].summary}", file=sys.stderr, flush=True)
    command = " ".join(["python -m benchmarks.quality.narration.stories", *sys.argv[1:]])
    report(
        {
            "benchmark": "quality/narration/stories", **where, "command": command, "seed": SEED, "wanted": WANTED,
            "model": model.name, "way": asked.way, "facts": dict(parts),
            "template": complete(template), "in_words": complete(words),
            "without_one_sentence": complete(without),
            "wording": wording(narrations, stories, known, time.monotonic() - begun),
        },
        asked.out,
    )  # fmt: skip
    for part, text in sorted({one for several in template for one in several})[:20]:
        print(f"lacking: {part}: {text[:100]!r}", file=sys.stderr)


if __name__ == "__main__":
    main()
