"""What kind of act is a call? Schema and hints of the tool first, then the first verb of its name, then its result.

An *effect* changes something or carries something out. A read whose argument is an address reaches out too, but weaker: it is
a *contact*. Nothing here knows a tool by name.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from correlator.conversation import Call, Content
from correlator.lexicon import (
    classes_of,
    command_classes,
    critical,
    destination_names,
    effect_classes,
    orders,
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
    """Return the first known verb of a tool's name, its classes, and the stems of the other words."""
    tokens = words(name)
    for at, token in enumerate(tokens):
        classes = classes_of(token)
        if classes:
            others = (*tokens[:at], *tokens[at + 1 :])
            return stem(token), classes, frozenset(stem(word) for word in others if len(word) > 1)
    return "", frozenset(), frozenset(stem(word) for word in tokens if len(word) > 1)


def command_programs(text: str) -> list[str]:
    """Return the program names of a shell command line, first word of each simple command."""
    programs = []
    for simple in _split_commands(text):
        parts = simple.split()
        while parts and ("=" in parts[0] or parts[0] in ("sudo", "env", "nohup", "time", "exec")):
            if parts[0] == "sudo":
                programs.append("sudo")
            parts = parts[1:]
        if parts:
            programs.append(parts[0].rsplit("/", 1)[-1].lower())
    return programs[:50]


def _split_commands(text: str) -> list[str]:
    for mark in ("&&", "||", ";", "|", "\n", "$(", "`"):
        text = text.replace(mark, "\x00")
    return text[:20_000].split("\x00")


def act_of(call: Call, tool: ToolDeclaration | None = None) -> Act:
    """Return what `call` does; `tool` is its declaration where the telemetry carries one."""
    verb, classes, nouns = _named(call.event.name)
    command = next((leaf.text for leaf in call.leaves if leaf.path.lower() in _COMMAND_ARGUMENTS), None)
    if command is not None:
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
    if "read" in classes:
        return "contact" if _addressed(call) else "read"
    if classes & effect_classes():
        return "effect"
    # An unknown verb: an empty or short acknowledgement tells of an effect, long content of a read.
    result = call.returned.text.strip() if call.returned else ""
    if len(result) > _SHORT_RESULT:
        return "contact" if _addressed(call) else "read"
    return "effect" if call.leaves else "read"


def _addressed(call: Call) -> bool:
    return any(
        value.kind in DESTINATIONS and value.kind != "account" for leaf in call.leaves for value in values(leaf.text)
    )


def _command(command: str, classes: frozenset[str], nouns: frozenset[str]) -> Act:
    known = command_classes()
    found = frozenset(known[program] for program in command_programs(command) if program in known)
    kinds: dict[str, tuple[Kind, set[str]]] = {
        "delete": ("delete", {"delete"}),
        "grant": ("grant", {"grant"}),
        "persist": ("execute", {"execute", "create"}),
        "network": ("communicate", {"communicate", "move"}),
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
