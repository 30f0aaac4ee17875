from pathlib import Path

import pytest

from correlator.errors import SettingsInvalid
from correlator.settings import Settings, load_settings, reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def nobody_has_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "clew.toml").write_text('tenant = "file"\nworkload = "file"\nidle_minutes = 5\n')

    found = load_settings({"tenant": "flag"}, environ={"CLEW_TENANT": "env", "CLEW_WORKLOAD": "env"}, folder=tmp_path)

    assert (found.tenant, found.workload, found.idle_minutes) == ("flag", "env", 5)


def test_the_store_lies_in_the_users_state_folder_if_nothing_is_said(tmp_path: Path) -> None:
    assert load_settings({}, environ={}, folder=tmp_path).store == tmp_path / "state" / "clew"


def test_paths_of_the_file_are_relative_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "clew.toml").write_text('store = "kept"\n')

    assert load_settings({}, environ={}, folder=tmp_path).store == tmp_path / "kept"


def test_an_unknown_key_of_the_file_is_an_error_that_names_key_file_and_the_nearest_key(tmp_path: Path) -> None:
    file = tmp_path / "clew.toml"
    file.write_text("idle_minute = 5\n")

    with pytest.raises(SettingsInvalid) as raised:
        load_settings({}, environ={}, folder=tmp_path)

    assert all(part in str(raised.value) for part in ("'idle_minute'", str(file), "did you mean idle_minutes?"))


def test_an_unknown_variable_is_an_error_that_names_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"CLEW_TENNANT; did you mean CLEW_TENANT\?"):
        load_settings({}, environ={"CLEW_TENNANT": "x", "PATH": "/bin"}, folder=tmp_path)


@pytest.mark.parametrize(
    ("flags", "environ", "where"),
    [
        ({"idle_minutes": 0}, {}, "--idle-minutes"),
        ({}, {"CLEW_IDLE_MINUTES": "soon"}, "CLEW_IDLE_MINUTES"),
        ({}, {"CLEW_BACKEND": "paper"}, "CLEW_BACKEND"),
    ],
)
def test_a_wrong_value_is_an_error_that_says_where_it_came_from(
    tmp_path: Path, flags: dict[str, object], environ: dict[str, str], where: str
) -> None:
    with pytest.raises(SettingsInvalid, match=where):
        load_settings(flags, environ=environ, folder=tmp_path)


@pytest.mark.parametrize("content", [b"tenant = ", b"\xff\xfe", b"[tenant]\nx=1\n"])
def test_a_file_that_is_no_settings_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.toml"
    file.write_bytes(content)

    with pytest.raises(SettingsInvalid, match=r"other\.toml"):
        load_settings({}, environ={}, file=file)


def test_a_named_file_must_exist_and_may_be_named_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "named.toml").write_text('tenant = "named"\n')

    assert load_settings({}, environ={"CLEW_CONFIG": str(tmp_path / "named.toml")}).tenant == "named"
    with pytest.raises(SettingsInvalid, match=r"gone\.toml"):
        load_settings({}, environ={}, file=tmp_path / "gone.toml")


def test_the_reference_page_is_up_to_date_and_names_every_setting() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")

    assert page == reference(), "renew it: python -m correlator.settings docs/reference/settings.md"
    assert all(f"`CLEW_{name.upper()}`" in page for name in Settings.model_fields)
