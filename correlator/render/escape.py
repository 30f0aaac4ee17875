"""Observed text → text that is safe to show: one function per output, all pure, all bounded.

What can move a cursor, reorder a line, hide between letters or open a tag is shown by its
number, in braces.
Addresses are defanged (`hxxp`, `[.]`), so that no program makes a link of them.
"""

import html as stdlib_html
import re
import unicodedata

QUOTE = 400
"""Characters of one observed text that are shown, if nothing else is said."""

_MARKS = 2
"""Combining marks on one letter; more would paint over the lines around."""

_INVISIBLE = frozenset(
    (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)
) | frozenset((*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)))  # fmt: skip
"""Characters that show nothing though Unicode files them under letters, marks or symbols."""

_HOSTILE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Categories that are never shown as they are: controls, formats (bidi, zero width), surrogates, private, none."""

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://([^\s/?#\"'<>\\:]*)")
_SCHEMES = {"http": "hxxp", "https": "hxxps", "ftp": "fxp"}
_BARE = re.compile(
    r"(?<![\w.@-])((?:[\w-]{1,63}\.){1,8}(?:(?:com|net|org|info|biz|io|dev|app|ai|co|me|cloud|site|online|top|xyz|ru|cn)(?![\w.-])|[A-Za-z]{2,24}(?=/)))",
    re.IGNORECASE,
)
"""A host without a scheme: a common last label, or a path behind it."""
_WWW = re.compile(r"(www)\.", re.IGNORECASE)
_MAIL = re.compile(r"(?<=[\w.+-])@([\w-]+(?:\.[\w-]+)+)")
_NUMERIC = re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d.]|\[)")
_MARKDOWN = re.compile(r"[\\`*_{}\[\]#|~$!]")
_INDENTED = re.compile(r"^ {2,}")
_LIST = re.compile(r"^( ?\d{0,10})([.)+=-])")

_SLACK_ALIKE = str.maketrans({"*": "∗", "＊": "﹡", "_": "ˍ", "＿": "ˍ", "~": "∼", "`": "ˋ", "｀": "ˋ", ":": "∶"})
"""Slack has no escape for what formats: what looks alike takes its place. The wide forms of Japanese keyboards format, too."""
_SLACK_FORMAT = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=\S)|[*＊＿~`｀]")
"""Formats, or begins an emoji or an address; not what stands within a name, such as `read_ticket`."""
_SLACK_NAME = re.compile(r"([@＠]|[#＃](?=\w))")
_SLACK_HOST = re.compile(r"(?<=[\w-]|[^\x00-\x7f])([.。．｡])(?=[^\W\d_](?:[^\W\d_]|[^\x00-\x7f]))")
"""Slack links hosts without a scheme whatever their last label is."""
_SLACK_QUOTE = re.compile(r"^( *)(?:&gt;|＞)")
_JIRA = re.compile(r"[-#*_+?^~%{}\[\]()!@]")
_JIRA_BREAK = re.compile(r"\\(?![A-Za-z0-9])")
_JIRA_COLON = re.compile(r"(?<!\d):(?=\S)|:(?=[^\s\da-f])")
"""Begins an emoticon or ends a scheme; not what stands in a time or in the id of a story."""
_JIRA_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_JIRA_BLOCK = re.compile(r"^( *(?:h[1-6]|bq))\.", re.IGNORECASE)


def visible(text: str, limit: int = QUOTE) -> str:
    """Return at most `limit` characters of a text on one line, each hostile one spelled out."""
    cut = len(text) > limit
    shown: list[str] = []
    marks = 0
    for character in text[: limit - 1] if cut else text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me", "Mc") else 0
        if character in "\r\n":
            if character == "\n" or not shown or shown[-1] != "⏎":
                shown.append("⏎")
        elif character == "\t" or category == "Zs":
            shown.append(" ")
        elif category in _HOSTILE or ord(character) in _INVISIBLE or marks > _MARKS:
            shown.append(f"\\u{{{ord(character):x}}}")
        else:
            shown.append(character)
    return "".join(shown) + ("…" if cut else "")


def defang(text: str) -> str:
    """Return the text with addresses that no program takes for links. Doing it twice changes nothing."""
    text = _ADDRESS.sub(_defanged, text)
    text = _BARE.sub(lambda found: found[1].replace(".", "[.]"), text)
    text = _WWW.sub(r"\1[.]", text)
    text = _MAIL.sub(lambda found: "@" + found[1].replace(".", "[.]"), text)
    return _NUMERIC.sub(r"\1[.]\2[.]\3[.]\4", text)


def terminal(text: str, limit: int = QUOTE) -> str:
    """Return text for a terminal: one line, no control character, nothing that reorders or hides."""
    return defang(visible(text, limit))


def markdown(text: str, limit: int = QUOTE) -> str:
    """Return text for Markdown: one line that is nothing but text, also at the start of a line and in a table."""
    shown = stdlib_html.escape(_MARKDOWN.sub(r"\\\g<0>", terminal(text, limit)), quote=False).replace("@", "&#64;")
    # Four blanks at the start would be code, and a dash or a number an entry of a list.
    return _LIST.sub(r"\1\\\2", _INDENTED.sub(" ", shown))


def html(text: str, limit: int = QUOTE) -> str:
    """Return text for HTML, in an element or a quoted attribute."""
    return stdlib_html.escape(terminal(text, limit), quote=True)


def slack(text: str, limit: int = QUOTE) -> str:
    """Return text for Slack's mrkdwn: one line that is nothing but text, also at the start of a line.

    Only `&`, `<` and `>` have an escape, and an escaped `>` still begins a quotation
    (docs.slack.dev/messaging/formatting-message-text). All else is replaced by what looks alike, or stands in brackets.
    """
    shown = _SLACK_FORMAT.sub(lambda found: found[0].translate(_SLACK_ALIKE), terminal(text, limit))
    shown = _SLACK_HOST.sub(r"[\1]", _SLACK_NAME.sub(r"[\1]", shown))
    return _SLACK_QUOTE.sub(r"\1›", stdlib_html.escape(shown, quote=False))


def jira(text: str, limit: int = QUOTE) -> str:
    """Return text for Jira's wiki markup: one line that is nothing but text, also at the start of a line and in a table.

    A backslash escapes what Atlassian's renderer lists in `BackslashEscapeRendererComponent`, but not behind another
    backslash, and not `|` in the tables of Jira Cloud, nor a colon: these are replaced by what looks alike. Entities are
    shown as they stand in Jira Cloud, so there are few.
    """
    shown = _JIRA_ENTITY.sub("&amp;", terminal(text, limit)).replace("<", "&lt;")
    shown = _JIRA_COLON.sub("∶", _JIRA_BREAK.sub("∖", shown)).replace("|", "¦")
    # Braces are bare again when Jira looks for `{{`.
    shown = _JIRA_BLOCK.sub(r"\1[.]", shown).replace("{{", "{ {").replace("{{", "{ {")
    return _JIRA.sub(r"\\\g<0>", shown.replace("}}", "} }").replace("}}", "} }"))


def _defanged(found: re.Match[str]) -> str:
    scheme, host = found[1], found[2].replace("[.]", ".").replace(".", "[.]")
    known = _SCHEMES.get(scheme.lower(), scheme)
    return f"{known}{'://' if known.lower() in _SCHEMES.values() else '[://]'}{host}"
