"""Has stories worded and keeps the words: what was asked for once is not asked for again, and a day costs what it may.

Any number of processes may do so at once: who has a story worded has claimed it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from correlator.casebook import StoryRecord
from correlator.differential import Differential, differential
from correlator.errors import CasebookInvalid
from correlator.ingest import Desk
from correlator.models import Answer, LanguageModel
from correlator.narrate import Limits, name_of, narrate
from correlator.narration import Narration, also_tried, is_current, is_of, narration_json, narration_of
from sensor.event import Event

Say = Callable[[str], None]
SHORT = 11
"""Characters of a story's id in what is said of it."""
BUSY = "another process has it worded at the moment"
_REMEMBERED = 10_000
"""Replies that a process remembers."""
_CLAIM_NS = 120 * 10**9
"""For which others leave a story to who words it: twice what it may take."""


class Narrating:
    """Words the stories of one tenant with one model. `say` is told what happens, line by line."""

    def __init__(self, desk: Desk, model: LanguageModel, say: Say = lambda _: None) -> None:
        self._desk, self._model, self._say = desk, model, say
        self._tenant, self._settings = desk.settings.tenant, desk.settings
        self._name = name_of(model, self._settings.narrator)
        self._replies = Counted(self._count)
        self.waiting = ""
        """Why stories were left for later, empty where none were."""

    def made_before(self, record: StoryRecord) -> Narration | None:
        """Return what was made of the story as it is now, where the model is not to be asked for more of it."""
        kept = self._kept(record)
        if kept is None or not is_current(kept, record.story, self._name):
            return None
        return kept if not kept.stopped or kept.model != self._model.name else None

    @property
    def used_up(self) -> str:
        """Return that the model has had all the tokens of today, empty where it has not."""
        most = self._settings.model_tokens_a_day
        if most is None or self._desk.casebook.spent(self._tenant) < most:
            return ""
        return f"{most} tokens a day (CLEW_MODEL_TOKENS_A_DAY) are used up; the template stands."

    def word(self, record: StoryRecord, *, again: bool = False) -> Narration | None:
        """Have the model word a story, or what is missing of it, and keep that. `again`: all of it. `None`: another is at it."""
        name, limits, casebook = record.story.id, Limits(), self._desk.casebook
        if len(self._replies) > _REMEMBERED:
            self._replies.clear()
        if not casebook.claim_narration(self._tenant, name, _CLAIM_NS):
            return None
        if self._settings.model_tokens_a_day is not None:
            left = self._settings.model_tokens_a_day - casebook.spent(self._tenant)
            limits = replace(limits, tokens=min(limits.tokens, left))
        self._say(f"asking {self._model.name} to word {name[:SHORT]}, for at most {limits.seconds:g} s …")
        kept = self._kept(record)
        goes_on = kept is not None and bool(kept.stopped) and is_current(kept, record.story, self._name) and not again
        found = narrate(
            record.story, self._spoken_of(record), self._model, limits, way=self._settings.narrator,
            before=kept if goes_on else None, cache=self._replies,
        )  # fmt: skip
        return self._keep(record, kept, found)

    def compared(self, record: StoryRecord) -> Differential:
        """Have a story told with and without what its quotations are like; nothing of it is kept."""
        return differential(
            record.story, self._spoken_of(record), self._model, Limits(), self._settings.narrator, lambda: Counted(self._count)
        )  # fmt: skip

    def word_all(self, records: Iterable[StoryRecord], *, again: bool, until: Callable[[], bool] = bool) -> int:
        """Have stories worded that are not, and return how many are; a model that is away is not asked for the next one."""
        done, self.waiting = 0, ""
        for record in records:
            if not again and self.made_before(record) is not None:
                done += 1
                continue
            if until():
                break
            if why := self.used_up:
                self.waiting = why
                break
            found = self.word(record, again=again)
            if found is None:
                self.waiting = BUSY
                continue
            done += not found.stopped
            if found.stopped:
                self._say(found.summary)
            if found.is_away:
                self.waiting = found.stopped
                break
        return done

    def _spoken_of(self, record: StoryRecord) -> Sequence[Event]:
        return self._desk.judge(self._desk.casebook.session(self._tenant, record.story.session)).spoken_of

    def _kept(self, record: StoryRecord) -> Narration | None:
        return narration_of(self._desk.casebook.narration(self._tenant, record.story.id))

    def _keep(self, record: StoryRecord, kept: Narration | None, found: Narration) -> Narration:
        """Keep what was found, or what had more words already; return what is shown."""
        if kept is None or not is_of(kept, record.story) or found.worded >= kept.worded:
            self._write(record, found)
            return found
        self._say(f"{kept.model} had worded more of it, {kept.worded} sentences: these stay.")
        self._write(record, kept if found.stopped else also_tried(kept, found))
        return found

    def _write(self, record: StoryRecord, narration: Narration) -> None:
        """Keep a narration. Where that fails it is shown all the same: it may have cost something."""
        try:
            self._desk.casebook.keep_narration(self._tenant, record.story.id, narration_json(narration))
        except CasebookInvalid as error:
            self._say(f"clew: the words are shown and not kept. {error}")

    def _count(self, tokens: int) -> None:
        try:
            self._desk.casebook.spend(self._tenant, tokens)
        except CasebookInvalid as error:
            self._say(f"clew: what it cost is not counted. {error}")


class Counted(dict[str, Answer]):
    """Replies, while a process runs; each is counted as soon as it is there, whatever becomes of it."""

    def __init__(self, count: Callable[[int], None]) -> None:
        super().__init__()
        self._count = count

    def __setitem__(self, key: str, answer: Answer) -> None:
        super().__setitem__(key, answer)
        self._count(answer.tokens_in + answer.tokens_out)
