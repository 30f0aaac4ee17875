"""Has stories worded and keeps the words: what was asked for once is not asked for again, and a day costs what it may.

Any number of processes may do so at once: who has a story worded has claimed it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from correlator.casebook import Casebook, StoryRecord
from correlator.errors import CasebookInvalid, CorrelatorError
from correlator.ingest import Desk
from correlator.models import Answer, LanguageModel
from correlator.narrate import name_of, narrate
from correlator.narrating.asking import Limits
from correlator.narrating.differential import Differential, differential
from correlator.narrating.narration import Narration, also_tried, is_current, is_of, narration_json, narration_of
from correlator.settings import Settings
from graph.errors import GraphError
from sensor.event import Event

Say = Callable[[str], None]
SHORT = 11
"""Characters of a story's id in what is said of it."""
BUSY = "another process has it worded at the moment"
_REMEMBERED = 10_000
"""Replies that a process remembers."""
_AWAY = 2
_PAUSE_S, _PAUSE_AT_MOST_S = 15.0, 600.0
"""Until a story that was stopped is asked for again, four times as long each time."""
_CLAIM_NS = 300 * 10**9
"""For which others leave a story to who words it: what it may take, and judging its session before."""


class Narrating:
    """Words the stories of one tenant with one model. `say` is told what happens, line by line."""

    def __init__(
        self,
        desk: Desk,
        model: LanguageModel,
        say: Say = lambda _: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk, self._model, self._say, self._clock = desk, model, say, clock
        self._tenant, self._settings = desk.settings.tenant, desk.settings
        self._name = name_of(model, self._settings.narrator)
        self._replies = Counted(self._count)
        self._later: dict[str, _Later] = {}
        self.waiting = ""
        """Why stories were left for later, empty where none were."""
        self.left: set[str] = set()
        """Their ids."""

    def made_before(self, record: StoryRecord) -> Narration | None:
        """Return what was made of the story as it is now, where the model is not to be asked for more of it."""
        kept = self._kept(record)
        if kept is None or not is_current(kept, record.story, self._name):
            return None
        return kept if not kept.stopped or kept.model != self._model.name else None

    @property
    def used_up(self) -> str:
        """Return that the model has had all the tokens of today, empty where it has not."""
        return spent_all(self._desk.casebook, self._settings)

    def word(self, record: StoryRecord, *, again: bool = False) -> Narration | None:
        """Have the model word a story, or what is missing of it, and keep that. `again`: all of it. `None`: another is at it."""
        casebook = self._desk.casebook
        name = casebook.story(self._tenant, record.story.id).story.id  # it may have become part of another
        if len(self._replies) > _REMEMBERED:
            self._replies.clear()
        claim = casebook.claim_narration(self._tenant, name, _CLAIM_NS)
        if not claim:
            return None
        json: str | None = None
        try:
            # It may have changed, or been worded, since the list was made.
            record = casebook.story(self._tenant, name)
            made = None if again else self.made_before(record)
            if made is not None:
                return made
            found, json = self._worded(record, again=again)
            return found
        finally:
            self._give_back(name, json, claim)

    def compared(self, record: StoryRecord) -> Differential:
        """Have a story told with and without what its quotations are like; nothing of it is kept."""
        caches = [Counted(self._count) for _ in range(3)]
        found = differential(
            record.story, self._spoken_of(record), self._model, self._limits(), self._settings.narrator, caches
        )  # fmt: skip
        if uncounted := found.tokens - sum(cache.counted for cache in caches):
            self._count(uncounted)
        return found

    def word_all(self, records: Sequence[StoryRecord], *, again: bool, until: Callable[[], bool] = bool) -> int:
        """Have stories worded that are not, and return how many are; who was stopped is left for later, and asked less often."""
        done, away, self.waiting, self.left = 0, 0, "", set()
        for number, record in enumerate(records):
            if record.evidence or (not again and self.made_before(record) is not None):
                done += 1  # what it could be held against has expired, or it is worded
                continue
            why = "" if away < _AWAY else self.waiting
            if why or until() or (why := self.used_up):
                self.waiting = why
                self.left.update(one.story.id for one in records[number:])
                break
            if self._is_later(record):
                self.left.add(record.story.id)
                continue
            try:
                found = self.word(record, again=again)
            except (CorrelatorError, GraphError) as error:
                stopped, is_away = str(error), True  # of its evidence, which may have expired, or of a store
            else:
                stopped, is_away = (BUSY, False) if found is None else (found.stopped, found.is_away)
                if found is not None and found.stopped:
                    self._say(found.summary)
            if not stopped:
                done, away = done + 1, 0
                continue
            self.waiting = stopped
            self.left.add(record.story.id)
            if stopped != BUSY:
                # One may be stopped by what it is; two in a row are stopped by the model, or a store.
                away = away + 1 if is_away else 0
                self._later[record.story.id] = self._put_off(record)
        return done

    def _worded(self, record: StoryRecord, *, again: bool) -> tuple[Narration, str | None]:
        """Return what the model made of a story, and what is to be kept."""
        limits, kept, counted = self._limits(), self._kept(record), self._replies.counted
        self._say(f"asking {self._model.name} to word {record.story.id[:SHORT]}, for at most {limits.seconds:g} s …")
        goes_on = kept is not None and bool(kept.stopped) and is_current(kept, record.story, self._name) and not again
        found = narrate(
            record.story, self._spoken_of(record), self._model, limits, way=self._settings.narrator,
            before=kept if goes_on else None, cache=self._replies,
        )  # fmt: skip
        if uncounted := found.tokens_in + found.tokens_out - (self._replies.counted - counted):
            self._count(uncounted)  # questions that were not answered
        if kept is None or not is_of(kept, record.story):
            return found, narration_json(found)
        if found.worded >= kept.worded:
            before = (*kept.tried, f"{kept.model} {kept.prompt}")
            tried = tuple(name for name in dict.fromkeys(before) if name != self._name)
            return found, narration_json(replace(found, tried=tried))
        self._say(f"{kept.model} had worded more of it, {kept.worded} sentences: these stay.")
        return found, None if found.stopped else narration_json(also_tried(kept, found))

    def _limits(self) -> Limits:
        most, limits = self._settings.model_tokens_a_day, Limits()
        if most is None:
            return limits
        return replace(limits, tokens=max(0, min(limits.tokens, most - self._desk.casebook.spent(self._tenant))))

    def _is_later(self, record: StoryRecord) -> bool:
        later = self._later.get(record.story.id)
        return later is not None and later.version == record.story.version and self._clock() < later.at

    def _put_off(self, record: StoryRecord) -> "_Later":
        before = self._later.get(record.story.id)
        pause = (
            _PAUSE_S
            if before is None or before.version != record.story.version
            else min(before.pause * 4, _PAUSE_AT_MOST_S)
        )
        return _Later(record.story.version, pause, self._clock() + pause)

    def _spoken_of(self, record: StoryRecord) -> Sequence[Event]:
        return self._desk.judge(self._desk.casebook.session(self._tenant, record.story.session)).spoken_of

    def _kept(self, record: StoryRecord) -> Narration | None:
        return narration_of(self._desk.casebook.narration(self._tenant, record.story.id))

    def _give_back(self, name: str, json: str | None, claim: int) -> None:
        """Keep a narration. Where that fails it is shown all the same: it may have cost something."""
        try:
            if not self._desk.casebook.keep_narration(self._tenant, name, json, claim):
                self._say("it took so long that another process has it worded; the words are shown and not kept.")
        except CasebookInvalid as error:
            self._say(f"clew: the words are shown and not kept. {error}")

    def _count(self, tokens: int) -> None:
        try:
            self._desk.casebook.spend(self._tenant, tokens)
        except CasebookInvalid as error:
            self._say(f"clew: what it cost is not counted. {error}")


@dataclass(frozen=True, slots=True)
class _Later:
    """When a story that was stopped is asked for again."""

    version: int
    pause: float
    at: float


def spent_all(casebook: Casebook, settings: Settings) -> str:
    """Return that the model has had all the tokens of today, empty where it has not."""
    most = settings.model_tokens_a_day
    if most is None or casebook.spent(settings.tenant) < most:
        return ""
    return f"{most} tokens a day (CLEW_MODEL_TOKENS_A_DAY) are used up; the template stands."


class Counted(dict[str, Answer]):
    """Replies, while a process runs; each is counted as soon as it is there, whatever becomes of it."""

    def __init__(self, count: Callable[[int], None]) -> None:
        super().__init__()
        self._count = count
        self.counted = 0

    def __setitem__(self, key: str, answer: Answer) -> None:
        super().__setitem__(key, answer)
        self.counted += answer.tokens_in + answer.tokens_out
        self._count(answer.tokens_in + answer.tokens_out)
