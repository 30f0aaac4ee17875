"""Who may cause which effect on whose object, and what is sensitive: a small typed file with safe defaults.

The shipped one is `correlator/data/policy.toml`.
"""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from correlator.conversation import Content
from correlator.effects import Kind
from correlator.errors import PolicyInvalid
from correlator.lexicon import owner_names
from correlator.spelling import squash, stem, words
from correlator.taint import Traced
from sensor.event import Principal, PrincipalKind
from sensor.sensitive import Labels, built_in

Ownership = Literal["own", "other", "unknown"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grants(_Row):
    """What one kind of principal may cause."""

    may: Literal["anything", "own"]
    own: frozenset[Kind] = frozenset()
    """Kinds of effect allowed on objects of his own."""
    always: frozenset[Kind | Literal["read-public"]] = frozenset()
    """Kinds allowed whatever the object; `read-public` stands for reads of what nobody owns."""


class Delegated(_Row):
    """What the text of a source may cause when a principal handed it authority."""

    allow: frozenset[Kind]


_Names = Annotated[
    tuple[Annotated[str, Field(min_length=3, max_length=200, pattern=r"\S")], ...], Field(max_length=1_000)
]


class Sensitive(_Row):
    """What is sensitive, beside what is so everywhere (`sensor/data/sensitive.toml`), as `sensor.sensitive.Labels` has it."""

    files: _Names = ()
    tables: _Names = ()
    variables: _Names = ()
    models: _Names = ()


class Policy(_Row):
    """The whole file."""

    version: Literal[1]
    delegated: Delegated
    principals: dict[PrincipalKind, Grants]
    sensitive: Sensitive = Sensitive()

    @model_validator(mode="after")
    def _complete(self) -> "Policy":
        missing = sorted(set(get_args(PrincipalKind)) - set(self.principals))
        if missing:
            raise ValueError(f"no row for the principals {', '.join(missing)}: add [principals.{missing[0]}]")
        return self

    @property
    def labels(self) -> Labels:
        """Return all that is sensitive."""
        own = self.sensitive
        return built_in().with_more(files=own.files, tables=own.tables, variables=own.variables, models=own.models)

    def restricts(self, principal: Principal) -> bool:
        """Return whether the principal may not cause just anything."""
        return self.principals[principal.kind].may != "anything"

    def permits(self, principal: Principal, kind: Kind, ownership: Ownership, *, critical: bool) -> bool:
        """Return whether `principal` may cause an effect of `kind` on an object of that ownership."""
        grants = self.principals[principal.kind]
        if grants.may == "anything":
            return True
        if kind in ("read", "contact"):
            return ownership == "own" or (ownership == "unknown" and "read-public" in grants.always)
        if kind in grants.always and ownership != "other":
            return True
        return kind in grants.own and (ownership == "own" or (ownership == "unknown" and not critical))


def load_policy(path: Path | None = None) -> Policy:
    """Return the policy in `path`, or the shipped one. Raises `PolicyInvalid`, naming the file and the field."""
    return _shipped() if path is None else _read(path)


@cache
def _shipped() -> Policy:
    return Policy.model_validate(tomllib.loads(files("correlator").joinpath("data", "policy.toml").read_text("utf-8")))


def _read(path: Path) -> Policy:
    try:
        return Policy.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise PolicyInvalid(
            f"{path} is no policy: {error}. Start from the shipped one: `clew doctor` prints its place."
        ) from error


def ownership(principal: Principal, item: Traced, contents: tuple[Content, ...], *, reading: bool = False) -> Ownership:
    """Return whose object a call concerns: by the principal's id in the call, else by the records its values stand in.

    Only metadata counts: fields of records, never sentences (a sentence "this account is mine" is a claim).
    """
    if item.call is None:
        return "own"
    mine = squash(principal.id) if principal.id else ""
    if mine and any(squash(leaf.text) == mine and _names_owner(leaf.path) for leaf in item.call.leaves):
        return "own"
    found: set[Ownership] = set()
    keys = {flow.value.key for flow in item.flows if flow.value.whole and len(flow.value.key) >= 3}
    own_result = (item.call.returned.text,) if item.call.returned else ()
    for content in contents:
        by_records = content.text in own_result
        records: dict[int, list[tuple[str, str]]] = {}
        for span in content.segments.spans:
            if span.kind == "field":
                records.setdefault(span.record, []).append((span.label, span.squashed))
        for fields in records.values():
            if not by_records and not keys & {value for _, value in fields}:
                continue
            owners = {value for label, value in fields if _names_owner(label)}
            if mine and (mine in owners or mine in {value for _, value in fields}):
                found.add("own")
            elif owners:
                found.add("other")
    # His own bill names its issuer too: what he reads is his if he stands in it. What he changes must be nobody else's.
    if reading and "own" in found:
        return "own"
    return "other" if "other" in found else "own" if "own" in found else "unknown"


def _names_owner(label: str) -> bool:
    last = label.rsplit(".", 1)[-1]
    return any(stem(word) in owner_names() for word in words(last))
