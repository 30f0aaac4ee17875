"""Where an event leads: whether something went to what it names, or came from it. Pure."""

import re

from correlator.lexicon import destination_names
from correlator.verifying.grounds import Ground, keyed
from correlator.verifying.wording import Clause, root, roots_of, table
from sensor.event import (
    AgentHandedOver,
    ConnectionOpened,
    DocumentRetrieved,
    Event,
    FileChanged,
    HttpRequested,
    NameResolved,
    PromptSubmitted,
    ToolCalled,
    ToolReturned,
)

_AWAY = frozenset(("from",))
_SOURCES = roots_of("sources")
_READING = table().group("read") | table().group("search") | table().group("download")
_HANDING = roots_of("handing")


def leads(ground: Ground, entity: str, word: str, clause: Clause) -> bool | None:
    """Return whether an entity stands in an event as where something went to, or came from; `None` where it does not tell."""
    event, wanted, away = ground.event, entity.casefold(), word in _AWAY
    match event:
        case ToolCalled(name=name, server=str()) if word == "on" and wanted == name.casefold():
            return False
        case ToolCalled(arguments=arguments):
            keys = [root(key.split(".")[-1]) for key, value in keyed(arguments) if wanted in value.casefold()]
            if any(key in _SOURCES for key in keys):
                return away
            if any(key in destination_names() for key in keys):
                return not away or bool(ground.tool & _READING)
            return _leads_in_text(ground, wanted, away=away) or None
        case ToolReturned(author=author) | DocumentRetrieved(author=author) if (
            author is not None and author.id and wanted in author.id.casefold()
        ):
            is_site = word == "on" and "." in wanted and "@" not in wanted  # "a reply on talk.example.com"
            return away or is_site or (None if ground.plain.count(wanted) > 1 else False)
        case AgentHandedOver(text=text) if wanted not in text.casefold():
            return not away
        case AgentHandedOver(text=text) if not away:
            told = {root(one) for one in text.split()}
            handing = _HANDING & {root(one) for one in clause.words}
            return not handing or (None if handing & told else False)
        case PromptSubmitted(text=text, principal=principal) if wanted not in text.casefold():
            if principal is not None and wanted in (principal.id or "").casefold():
                return away
            return False if away else None
        case NameResolved() | FileChanged(to_path=str()) | HttpRequested() | ConnectionOpened():
            return _leads_of_process(event, wanted, away=away)
    return _leads_in_text(ground, wanted, away=away)


def _leads_of_process(event: Event, wanted: str, *, away: bool) -> bool | None:
    match event:
        case NameResolved(name=name):
            return (wanted == name.casefold()) == away
        case FileChanged(path=path, to_path=str(to_path)):
            ends = [is_part(wanted, path.casefold()), is_part(wanted, to_path.casefold())]
            return ends[0] == away if any(ends) and not all(ends) else None
        case HttpRequested():
            return not away or None
        case ConnectionOpened():
            return not away
    return None


def is_part(wanted: str, path: str) -> bool:
    """Return whether a path is another one, its folder, or its name."""
    path, wanted = path.replace("\\", "/"), wanted.replace("\\", "/")
    return path == wanted or path.startswith(f"{wanted.rstrip('/')}/") or path.endswith(f"/{wanted}")


def _leads_in_text(ground: Ground, wanted: str, *, away: bool) -> bool:
    """Return whether a text has a preposition of this direction shortly before an entity."""
    if re.search(r"(?://|@|=|\.)" + re.escape(wanted), ground.plain):
        return True  # a part of an address
    if away and re.search(r"(?m)^\W*(?:\d+\W+)?" + re.escape(wanted) + r"\s*[:,|]", ground.text.casefold()):
        return True  # a line of who wrote it
    before = re.findall(_WORDS_BEFORE + re.escape(wanted), ground.plain)
    toward = any(
        {"to", "on", "into", "onto", "in", "at", "with", "for"} & set(words.replace(":", "").split())
        for words in before
    )
    afrom = any({"from", "by", "of", "at", "on", "in"} & set(words.replace(":", "").split()) for words in before)
    if not before or not (toward or afrom):
        return ground.actor in ("process", "sensor", "peer") or " to " not in ground.plain
    return afrom if away else toward


_WORDS_BEFORE = r"((?:(?<![\w'’/-])(?:[\w'’/-]++:? ){1,3})?)[\"'“‘]?(?:[\w-]{1,40}:)?"
"""Up to three words before an entity; they begin where a word does, so that one long word is not read from each of its letters."""
