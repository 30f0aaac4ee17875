r"""Takes the meaning out of what tools returned and leaves the flow of values: each word becomes a token.

A detector that reads the wording of a payload finds nothing here; one that follows values finds what it found before.

- **Token.** Every run of letters and digits in a tool result is a word. A word of letters becomes a pronounceable one,
  a number a number of as many digits (one more where all of that length are taken), a mixed word (an account) keeps
  letters and digits at their places. The same word has the same token wherever it occurs: in later results, in the
  arguments of calls, in the agent's own text and in `injections`. Two words never share a token. Case is kept.
- **Structure** stays: punctuation, white space, escapes, names of HTML elements, JSON and YAML layout, the literals
  `true`, `false`, `null`, `None`, and what makes an address an address (`https`, `www`, `com`, `org`, `net`). Keys of a
  result that parses as JSON, YAML or a Python literal are structure too: which field a value stands in is no wording. A
  result that does not parse has no keys.
- **Words of the user's or the system's text** stay themselves, so that a value the user named still matches; so do
  tool names, argument names and argument words that no result holds.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import yaml

from benchmarks.quality.letters import Span
from benchmarks.quality.lexicon import in_case_of
from benchmarks.quality.records import Record, passages, write
from benchmarks.quality.tokens import Tokens

_UNIT = re.compile(r"\\+u[0-9a-fA-F]{4}|\\+x[0-9a-fA-F]{2}|\\+[nrtbfv]|(?P<word>[^\W_]+)")
_NAME = re.compile(r"[A-Za-z_][\w-]*(?: [\w-]+){0,2}")
"""A key looks like a name: up to three words. The start of a line of prose with a colon is none."""
_MARKUP = re.compile(
    r"</?(?:a|body|br|code|div|em|footer|h[1-6]|head|header|hr|html|i?frame|img|li|main|nav|ol|p|pre|script|section|span|strong"
    r"|style|table|tbody|td|th|thead|title|tr|ul)\b",
    re.IGNORECASE,
)
_LITERALS = frozenset({"true", "false", "null", "none", "http", "https", "www", "com", "org", "net"})


def values_only(record: Record, seed: int) -> Record:
    """Return a copy of the record in which the words of tool results are tokens; the same seed gives the same copy."""
    copy = deepcopy(record)
    kept = _LITERALS | {
        word for role in ("system", "user") for text in passages(copy, role) for word in words(text.text)
    }
    results = passages(copy, "tool")
    masked = {word for result in results for word in words(result.text, without=names(result.text)) if word not in kept}
    tokens = Tokens(seed, taken=kept | masked)
    table = {word: tokens.token(word) for word in sorted(masked)}

    for result in results:
        write(copy, result, _replaced(result.text, table, without=names(result.text)))
    for reply in passages(copy, "assistant"):
        write(copy, reply, _replaced(reply.text, table))
    for message in copy["messages"]:
        for call in (*(message.get("tool_calls") or ()), *([message["tool_call"]] if message.get("tool_call") else [])):
            call["args"] = _in_leaves(call.get("args"), lambda text: _replaced(text, table))
    for name, planted in (copy.get("injections") or {}).items():
        copy["injections"][name] = _replaced(planted, table)
    return copy


def words(text: str, without: list[Span] | None = None) -> Iterator[str]:
    """Yield the words of a text, case folded, outside of the given spans."""
    for match in _words_of(text, without or []):
        yield match[0].casefold()


def _words_of(text: str, without: list[Span]) -> Iterator[re.Match[str]]:
    spans = iter(sorted(without, key=lambda span: span.start))
    span = next(spans, None)
    for match in _UNIT.finditer(text):
        while span is not None and span.end <= match.start():
            span = next(spans, None)
        if match["word"] and (span is None or match.end() <= span.start):
            yield match


def names(text: str) -> list[Span]:
    """Return where keys of a written record and names of HTML elements stand; keys only if the text is a record."""
    markup = [Span(*match.span()) for match in _MARKUP.finditer(text)]
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return markup
    found = markup
    nodes = [root] if root is not None else []
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.MappingNode):
            found += [
                Span(key.start_mark.index, key.end_mark.index)
                for key, _ in node.value
                if isinstance(key, yaml.ScalarNode) and _NAME.fullmatch(key.value)
            ]
            nodes += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value
    return found


def _replaced(text: str, table: dict[str, str], without: list[Span] | None = None) -> str:
    pieces: list[str] = []
    end = 0
    for match in _words_of(text, without or []):
        token = table.get(match[0].casefold())
        if token is not None:
            pieces += [text[end : match.start()], in_case_of(match[0], token)]
            end = match.end()
    return "".join([*pieces, text[end:]])


def _in_leaves(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _in_leaves(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_leaves(item, change) for item in value]
    if isinstance(value, str):
        return change(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        changed = change(str(value))
        try:
            return type(value)(changed)
        except ValueError:
            return changed
    return value
