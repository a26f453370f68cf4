from pathlib import Path

import pytest

from summit_qa.app.options import AppOptions, read_users
from summit_qa.errors import ConfigurationError


def test_nobody_is_asked_for_a_password_by_default() -> None:
    assert read_users(None) == () == read_users("")


def test_a_password_may_hold_a_colon() -> None:
    assert read_users("ann:a:b") == (("ann", "a:b"),)


def test_a_file_names_one_user_a_line(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text("# staff\nann:one\n\nbob:two\n", encoding="utf-8")
    assert read_users(str(file)) == (("ann", "one"), ("bob", "two"))


@pytest.mark.parametrize("value", ["ann", "ann:", ":secret"])
def test_half_a_user_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(ConfigurationError, match="user:password") as caught:
        read_users(value)
    assert "secret" not in str(caught.value)


def test_a_bad_line_of_a_file_is_named_by_number_not_by_content(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text("ann:one\nsecretwithoutcolon\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="line 2 of 'users'") as caught:
        read_users(str(file))
    assert "secretwithoutcolon" not in str(caught.value)


def test_an_empty_file_of_users_would_lock_everybody_in(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("# nobody\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="names nobody"):
        read_users(str(tmp_path / "users"))


def test_a_server_on_every_address_is_not_known_by_that_address() -> None:
    assert "0.0.0.0" not in AppOptions(host="0.0.0.0").served_hosts
    assert "10.0.0.7" in AppOptions(host="10.0.0.7").served_hosts
    assert "qa.example.org" in AppOptions(hosts=("QA.example.org",)).served_hosts
