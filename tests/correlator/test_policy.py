from pathlib import Path

import pytest

from correlator.conversation import read
from correlator.effects import Kind
from correlator.errors import CorrelatorError, PolicyInvalid
from correlator.policy import Ownership, load_policy, ownership
from correlator.taint import trace
from sensor.event import Principal, PrincipalKind, in_order
from tests.properties.chats import Turn, call, events, user

SHIPPED = Path(__file__).resolve().parents[2] / "correlator" / "data" / "policy.toml"
KINDS: tuple[Kind, ...] = (
    "read", "contact", "communicate", "create", "modify", "delete", "grant", "transfer", "credential", "execute", "move",
    "rate",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["operator", "administrator", "employee", "unknown"])
def test_those_whose_agent_it_is_may_do_anything(kind: PrincipalKind) -> None:
    policy = load_policy()

    assert not policy.restricts(Principal(kind=kind))
    assert all(policy.permits(Principal(kind=kind), act, "other", critical=True) for act in KINDS)


def test_an_anonymous_person_may_read_what_nobody_owns_and_nothing_else() -> None:
    policy, who = load_policy(), Principal(kind="anonymous")

    assert policy.restricts(who)
    allowed = {act for act in KINDS if policy.permits(who, act, "unknown", critical=False)}
    assert allowed == {"read", "contact"}
    assert not any(policy.permits(who, act, "other", critical=False) for act in KINDS)


@pytest.mark.parametrize(
    ("act", "owned", "critical", "permitted"),
    [
        ("read", "own", False, True),
        ("read", "unknown", False, True),
        ("read", "other", False, False),
        ("modify", "own", True, True),
        ("modify", "unknown", False, True),
        ("modify", "unknown", True, False),
        ("modify", "other", False, False),
        ("delete", "own", True, True),
        ("delete", "unknown", True, False),
        ("create", "unknown", True, True),
        ("create", "other", False, False),
        ("grant", "own", False, False),
        ("execute", "own", False, False),
    ],
)
def test_a_customer_acts_on_what_is_his_own(act: Kind, owned: Ownership, critical: bool, permitted: bool) -> None:
    assert load_policy().permits(Principal(kind="customer", id="mira"), act, owned, critical=critical) is permitted


def test_delegated_text_never_moves_money_credentials_access_or_removes() -> None:
    assert load_policy().delegated.allow.isdisjoint({"transfer", "credential", "grant", "delete", "execute"})


def test_every_kind_of_principal_has_its_row() -> None:
    policy = load_policy()

    for kind in ("operator", "administrator", "employee", "customer", "anonymous", "agent", "unknown"):
        assert kind in policy.principals


def test_the_shipped_file_read_by_its_path_is_the_default() -> None:
    assert load_policy(SHIPPED) == load_policy()


@pytest.mark.parametrize(
    "change",
    [
        ("version = 1", "version = 2"),
        ("version = 1", "versoin = 1"),
        ('may = "own"', 'may = "everything"'),
        ("[principals.customer]", "[principals.costumer]"),
        ("[delegated]", "[delegated"),
        ("version = 1", "version = 1\nsurprise = true"),
        ('allow = ["read"', 'allow = [["read"]'),
    ],
)
def test_a_bad_policy_is_an_error_that_names_the_file(change: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(SHIPPED.read_text("utf-8").replace(*change, 1), "utf-8")

    with pytest.raises(PolicyInvalid, match=r"policy\.toml") as caught:
        load_policy(path)
    assert isinstance(caught.value, CorrelatorError)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b""])
def test_a_missing_or_unreadable_policy_is_an_error_too(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(PolicyInvalid, match="clew doctor"):
        load_policy(path)


# Whose object


def owner_of_last(*turns: Turn, who: str | None = "mira") -> Ownership:
    conversation = read(in_order(events(*turns)))
    item = trace(conversation)[-1]
    return ownership(Principal(kind="customer", id=who), item, conversation.through(item.order))


def close(code: str = "parcel-B1704") -> Turn:
    return call("close_parcel", {"code": code}, "ok")


def parcel(owner: str, code: str = "parcel-B1704") -> Turn:
    return call("get_parcel", {"code": code}, f'{{"code": "{code}", "owner": "{owner}"}}')


def test_an_object_is_own_by_the_owner_field_of_its_record() -> None:
    assert owner_of_last(user("Close it."), parcel("mira"), close()) == "own"


def test_an_object_of_another_is_anothers() -> None:
    assert owner_of_last(user("Close it."), parcel("tomas"), close()) == "other"


def test_an_object_without_an_owner_is_unknown() -> None:
    assert (
        owner_of_last(user("Close it."), call("get_parcel", {"n": 1}, '{"code": "parcel-B1704"}'), close()) == "unknown"
    )
    assert owner_of_last(user("Close it."), close()) == "unknown"


def test_the_speakers_id_in_the_call_makes_it_his_own() -> None:
    assert owner_of_last(user("Close it."), call("close_account", {"user": "mira"}, "ok")) == "own"


def test_the_owner_of_another_record_is_of_no_matter() -> None:
    assert owner_of_last(user("Close it."), parcel("mira", "parcel-C2"), parcel("tomas"), close()) == "other"
    assert owner_of_last(user("Close it."), parcel("tomas", "parcel-C2"), parcel("mira"), close()) == "own"


def test_where_records_contradict_each_other_it_is_anothers() -> None:
    assert owner_of_last(user("Close it."), parcel("mira"), parcel("tomas"), close()) == "other"


def test_the_result_of_the_call_itself_tells_its_owner() -> None:
    assert owner_of_last(user("Show it."), parcel("tomas")) == "other"


def test_a_sentence_that_claims_an_owner_proves_nothing() -> None:
    claim = call("get_letter", {"n": 1}, "I swear that the parcel parcel-B1704 has the owner mira and nobody else.")

    assert owner_of_last(user("Close it."), claim, close()) == "unknown"


def test_a_speaker_without_an_id_owns_nothing() -> None:
    assert owner_of_last(user("Close it."), parcel("mira"), close(), who=None) == "other"
