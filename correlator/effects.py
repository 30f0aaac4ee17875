"""What kind of act is a call? Schema and hints of the tool first, then the first verb of its name, then its result.

What the kernel saw it do raises it (`correlator.deeds`).

An *effect* changes something or carries something out. A read whose argument is an address reaches out too, but weaker: it is
a *contact*. Nothing here knows a tool by name.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from weakref import WeakKeyDictionary

from correlator.conversation import Call, Content
from correlator.lexicon import (
    classes_of,
    command_classes,
    critical,
    destination_names,
    effect_classes,
    orders,
    things,
)
from correlator.spelling import stem, words
from correlator.values import DESTINATIONS, values
from sensor.event import ToolDeclaration

Reach = Literal["read", "contact", "effect"]

_COMMAND_ARGUMENTS = frozenset(("command", "cmd", "script", "shell", "bash", "commandline"))
_SHORT_RESULT = 240
"""Characters up to which a result looks like an acknowledgement rather than content."""


Kind = Literal[
    "read",
    "contact",
    "communicate",
    "create",
    "modify",
    "delete",
    "grant",
    "transfer",
    "credential",
    "execute",
    "move",
    "rate",
]


@dataclass(frozen=True, slots=True)
class Act:
    """What a call does, as far as its name, hints and result tell."""

    reach: Reach
    kind: Kind
    """What policies speak of: the class of its verb, made precise by its nouns ("send" with "money" is a transfer)."""
    verb: str
    """Stem of its verb, empty where it is unknown."""
    classes: frozenset[str]
    """Classes of its verb (`correlator/data/verbs.toml`)."""
    nouns: frozenset[str]
    """Stems of the other words of its name."""

    @property
    def own_classes(self) -> frozenset[str]:
        """Return the classes that an order to this very act must have: its kind, where that is one of its classes."""
        return frozenset((self.kind,)) if self.kind in self.classes else self.classes

    @property
    def critical(self) -> bool:
        """Return whether it concerns money, credentials or permissions, or destroys."""
        return self.kind in ("delete", "grant", "transfer", "credential")

    @property
    def destructive(self) -> bool:
        """Return whether it removes something."""
        return self.kind == "delete"


@lru_cache(maxsize=4096)
def _named(name: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """Return the verb of a tool's name, its classes, and the stems of the other words.

    The verb stands in the last part of a dotted name ("calendar.delete", "mcp__mail__send"), unless only an earlier part has a
    plain one ("delete.file"). It is the first known one; but a word that names a thing as often gives way to a plain verb behind
    it: "mail_get" gets, "ticket_close" closes, "book_hotel" books.
    """
    parts = [part for part in _NAMESPACE.split(name) if part]
    own = parts[-1] if parts and any(map(classes_of, words(parts[-1]))) else name
    verbs = [word for word in words(own) if classes_of(word)]
    verb = next(iter(verbs), "")
    if stem(verb) in things():
        earlier = [word for word in words(name) if classes_of(word)]
        plain = [word for word in [*verbs, *earlier] if _plain_verb(word)]
        verb = next(iter(plain), verb)
    others = words(name)
    if verb:
        others.remove(verb)
    return stem(verb), classes_of(verb), frozenset(stem(word) for word in others if len(word) > 1)


_NAMESPACE = re.compile(r"[./:]|__")
_LOOKING = frozenset(("get", "list", "read", "search", "find", "fetch", "query", "lookup", "count", "retrieve"))
"""Verbs that stand behind the thing that is looked at; "check" and "view" are things as often ("deposit_check")."""


def _plain_verb(word: str) -> bool:
    """Return whether a word of a name is a verb and no thing, in its base form."""
    if stem(word) in things() or word.endswith(("ing", "ed")):
        return False
    return word in _LOOKING or "read" not in classes_of(word)


def command_programs(text: str) -> list[str]:
    """Return the program names of a shell command line, wrappers (`sudo`, `env`, `bash -c`) taken off, at most 50."""
    programs: list[str] = []
    for simple in _SEPARATORS.split(text[:20_000]):
        for word in simple.replace("'", " ").replace('"', " ").split():
            name = word.rsplit("/", 1)[-1].lower()
            if "=" in word or word.startswith("-") or word.isdigit():
                continue
            programs.append(name)
            if name not in _WRAPPERS:
                break
    return programs[:50]


_SEPARATORS = re.compile(r"&&|\|\||[;|\n`]|\$\(")
_WRAPPERS = frozenset(
    (
        "sudo",
        "doas",
        "env",
        "nohup",
        "time",
        "timeout",
        "exec",
        "xargs",
        "nice",
        "setsid",
        "bash",
        "sh",
        "zsh",
        "dash",
        "busybox",
    )
)
_REDIRECT = re.compile(r"(?<![0-9&<>])>>?\s*(?:~|/(?!dev/null|tmp/))")
"""Output written to a home or absolute path."""


_known: WeakKeyDictionary[Call, Act] = WeakKeyDictionary()
"""What calls do by themselves: it is asked again for each value that is looked for in what they brought."""


def act_of(call: Call, tool: ToolDeclaration | None = None) -> Act:
    """Return what `call` does; `tool` is its declaration where the telemetry carries one."""
    if tool is not None:
        return _raised(_act_of(call, tool), call)
    if call not in _known:
        _known[call] = _raised(_act_of(call, None), call)
    return _known[call]


_RAISED: dict[str, tuple[Reach, Kind, frozenset[str]]] = {
    "leak": ("effect", "credential", frozenset({"communicate", "move"})),
    "access": ("effect", "grant", frozenset({"grant"})),
    "escape": ("effect", "execute", frozenset({"execute"})),
    "autostart": ("effect", "execute", frozenset({"execute", "create"})),
    "credential": ("effect", "credential", frozenset({"read"})),
    "network": ("contact", "contact", frozenset({"read"})),
}
"""Deed that the kernel saw (`correlator.deeds`) → what a call at least is, the heaviest first."""


def _raised(act: Act, call: Call) -> Act:
    """Return what a call does as the kernel saw it, where its words say less."""
    for deed, (reach, kind, classes) in _RAISED.items():
        if deed in call.deeds and (act.reach == "read" or (act.reach, reach) == ("contact", "effect")):
            return Act(reach, kind, act.verb, act.classes | classes, act.nouns)
    return act


def _act_of(call: Call, tool: ToolDeclaration | None) -> Act:
    verb, classes, nouns = _named(call.event.name)
    command = " ".join(leaf.text for leaf in call.leaves if leaf.path.lower() in _COMMAND_ARGUMENTS)
    # One word that is no program ("unlock") is an order to some other tool, not a shell line.
    if " " in command.strip() or command.strip() in command_classes():
        return _command(command, classes, nouns)
    reach = _reach(call, classes, tool)
    arguments = {word for leaf in call.leaves for word in map(stem, words(leaf.path))}
    if tool is not None and tool.destructive:
        kind: Kind = "delete"
    else:
        kind = reach if reach != "effect" else _kind(verb, classes, nouns | arguments)
    return Act(reach, kind, verb, classes, nouns)


def _kind(verb: str, classes: frozenset[str], told: frozenset[str]) -> Kind:
    if "delete" in classes:
        return "delete"
    if told & critical("credential"):
        return "credential"
    if verb in critical("paying") or told & critical("money"):
        return "transfer"
    if verb in critical("granting") or told & critical("access"):
        return "grant"
    for name in _KINDS:
        if name in classes:
            return name
    return "modify"


_KINDS: tuple[Kind, ...] = ("execute", "move", "communicate", "modify", "create", "rate")


def _reach(call: Call, classes: frozenset[str], tool: ToolDeclaration | None) -> Reach:
    if tool is not None and tool.read_only is False:
        return "effect"
    if tool is not None and tool.destructive:
        return "effect"
    if "read" in classes and not _changes(call, classes):
        return "contact" if _addressed(call) else "read"
    if classes & effect_classes():
        return "effect"
    # An unknown verb: an empty or short acknowledgement tells of an effect, long content of a read.
    result = call.returned.text.strip() if call.returned else ""
    if len(result) > _SHORT_RESULT:
        return "contact" if _addressed(call) else "read"
    return "effect" if call.leaves else "read"


def _changes(call: Call, classes: frozenset[str]) -> bool:
    """Return whether a call whose first verb may be a read changes something all the same.

    Another verb of the name removes, executes or pays ("fetch_and_delete"), or the verb has both senses ("open", "click") and
    all that came back is a short acknowledgement.
    """
    others = frozenset().union(*(classes_of(word) for word in words(call.event.name)[1:]))
    if "and" in words(call.event.name) and others & {"delete", "execute", "transfer", "modify"}:
        return True
    result = call.returned.text.strip() if call.returned else ""
    return "execute" in classes and len(result) <= _SHORT_RESULT and not _addressed(call)


def _addressed(call: Call) -> bool:
    return any(
        value.kind in DESTINATIONS and value.kind != "account" for leaf in call.leaves for value in values(leaf.text)
    )


def _command(command: str, classes: frozenset[str], nouns: frozenset[str]) -> Act:
    known = command_classes()
    found = frozenset(known[program] for program in command_programs(command) if program in known)
    if any(value.kind in ("url", "host", "ip", "email") for value in values(command)):
        found |= {"network"}
    if _REDIRECT.search(command):
        found |= {"write"}
    kinds: dict[str, tuple[Kind, set[str]]] = {
        "delete": ("delete", {"delete"}),
        "grant": ("grant", {"grant"}),
        "persist": ("execute", {"execute", "create"}),
        "network": ("communicate", {"communicate", "move"}),
        "write": ("modify", {"modify", "create"}),
    }
    if not found:
        return Act("read", "read", "", classes, nouns)
    kind = next(kinds[name][0] for name in kinds if name in found)
    return Act("effect", kind, "", frozenset().union(*(kinds[name][1] for name in found)), nouns)


def is_destination(path: str, kind: str) -> bool:
    """Return whether an argument says where something goes: by the type of its value, or by its name."""
    return kind in DESTINATIONS or any(stem(word) in destination_names() for word in words(path.rsplit(".", 1)[-1]))


def acknowledges(content: Content) -> bool:
    """Return whether a content is the tool's own short reply to an effect ("created X"): no third party's words, no order."""
    return (
        content.call is not None
        and len(content.text) <= _SHORT_RESULT
        and act_of(content.call).reach == "effect"
        and not orders(content.text)
    )
