"""What Slack and Jira would make of a text, found by small expressions after the notations' own documentation.

Apart from `correlator.render.escape`, so that both are wrong only together. What is found may be more than the programs would take.
"""

import re

_EFFECT = r"(?<![^\W_]){mark}(?=[^\s{mark}])[^\n]*?[^\s{mark}]?{mark}(?![^\W_])"

# docs.slack.dev/messaging/formatting-message-text
_SLACK_LEADING = {
    "link, mention or date": r"<[^<>\n]+>",
    "address": r"(?i)(?:(?:https?|ftps?|slack)://|(?:mailto|tel|javascript|data|file):)\S|\bwww\.\w",
    "host": r"(?<!\w)(?:[\w-]+\.)+[^\W\d_]{2,}",
    "mail": r"[\w.+-]@[\w-]",
    "name": r"(?<!\w)[@#]\w",
    "emoji": r":[^\s:]+:",
}
_SLACK_FORMATTING = {
    **{f"effect {mark}": _EFFECT.format(mark=re.escape(mark)) for mark in "*_~`"},
    "wide effect": r"[＊＿｀]",
    "code": r"```",
    "quotation": r"(?m)^\s*(?:>|&gt;|＞)",
}

# jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
_JIRA_LEADING = {
    "link or mention": r"\[[^\]\n]+\]",
    "image": r"![^\s!][^!\n]*!",
    "macro": r"\{[A-Za-z][^{}\n]*\}",
    "address": r"(?i)(?:(?:https?|ftps?|nntp|news|irc)://|(?:mailto|file):)\S|\bwww\.\w",
    "issue": r"(?<![A-Za-z\d])[A-Z][A-Z\d_]+-\d+",
    "emoticon": r"[:;]-?[()]|:-?[DPp]|\((?:[ynix/!+?-]|on|off|\*[rgby]?|flag|flagoff)\)",
}
_JIRA_FORMATTING = {
    **{f"effect {mark}": _EFFECT.format(mark=re.escape(mark)) for mark in "*_+^~-"},
    "citation": r"\?\?[^\n]+\?\?",
    "table": r"\|",
    "dash": r"(?:^|(?<=\s))-{2,4}(?:$|(?=\s))",
    "break": r"\\\\",
    "heading or quotation": r"(?mi)^\s*(?:h[1-6]|bq)\.",
    "list": r"(?m)^\s*[-*#]+(?=\s)",
}
_JIRA_ESCAPED = re.compile(r"(?<!\\)\\[-#*_+?^~|%{}\[\]()!@]")
"""A backslash behind another one escapes nothing."""
_JIRA_MONOSPACED = r"(?:\\?\{){2}[^\n]*(?:\\?\}){2}"
"""Jira looks for it when braces are no longer escaped."""


def leading(text: str, form: str) -> list[str]:
    """Return what would lead somewhere, call somebody or show a picture."""
    if form == "slack":
        return _found(text, _SLACK_LEADING)
    return _found(_JIRA_ESCAPED.sub("·", text), _JIRA_LEADING)


def formatting(text: str, form: str) -> list[str]:
    """Return what else would not be shown as it stands."""
    if form == "slack":
        return _found(text, _SLACK_FORMATTING)
    found = _found(_JIRA_ESCAPED.sub("·", text), _JIRA_FORMATTING)
    return found + _found(text, {"monospaced": _JIRA_MONOSPACED})


def _found(text: str, kinds: dict[str, str]) -> list[str]:
    return [f"{kind}: {one[0]}" for kind, pattern in kinds.items() for one in re.finditer(pattern, text)]
