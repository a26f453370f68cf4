"""`summit-qa chat`: what it refuses before it serves anything."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from summit_qa.cli.chat import _path
from summit_qa.cli.main import app
from summit_qa.errors import ConfigurationError


def test_a_user_without_a_password_is_refused_before_anything_is_opened() -> None:
    result = CliRunner().invoke(app, ["chat", "--auth", "ann"])
    assert isinstance(result.exception, ConfigurationError)


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_a_port_that_is_none_is_a_usage_error(port: str) -> None:
    assert CliRunner().invoke(app, ["chat", "--port", port]).exit_code == 2


@pytest.mark.parametrize(
    ("given", "path"), [("", "/"), ("/", "/"), ("qa", "/qa/"), ("/qa/", "/qa/")]
)
def test_the_address_that_is_told_ends_in_the_root_path(given: str, path: str) -> None:
    assert _path(given) == path


def test_there_is_no_way_to_share_through_a_tunnel() -> None:
    assert "share" not in CliRunner().invoke(app, ["chat", "--help"]).output


def test_a_port_in_use_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        missing = str(tmp_path / "missing")
        result = CliRunner().invoke(app, ["chat", "--port", port, "--corpus", missing])
    assert isinstance(result.exception, ConfigurationError)
    assert f"Port {port} of 127.0.0.1 cannot be used" in str(result.exception)
