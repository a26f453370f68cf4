"""The Dockerfile and the compose file: linted, and true to the program they start."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from summit_qa.cli.main import app
from summit_qa.index.chroma_server import place_of
from summit_qa.settings import Settings

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def test_the_dockerfile_is_linted() -> None:
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("hadolint is not installed on this kind of machine")
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_what_is_copied_is_there_and_not_ignored() -> None:
    kept = {it[1:] for it in (ROOT / ".dockerignore").read_text().split() if it[0] == "!"}
    copied = [
        name
        for names in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in names.split()
    ]
    assert len(copied) >= 4
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name.removeprefix("./") in kept, name


def test_the_command_and_the_settings_are_the_programs_own() -> None:
    (words,) = re.findall(r'^CMD \["summit-qa", (.+)\]$', DOCKERFILE, re.MULTILINE)
    name, *arguments = re.findall(r'"([^"]+)"', words)
    command = typer.main.get_group(app).commands[name]
    command.make_context(name, arguments)  # a UsageError says what is wrong
    named = set(re.findall(r"SUMMIT_QA_(\w+)=", DOCKERFILE))
    for service in COMPOSE["services"].values():
        named |= {it.removeprefix("SUMMIT_QA_") for it in service.get("environment", ())}
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_nobody_but_the_front_reaches_the_vector_server() -> None:
    chroma, front = COMPOSE["services"]["chroma"], COMPOSE["services"]["front"]
    assert "ports" not in chroma
    assert chroma["networks"] == ["vectors"]
    assert COMPOSE["networks"]["vectors"] == {"internal": True}
    place = place_of(front["environment"]["SUMMIT_QA_CHROMA"])
    assert place.host in COMPOSE["services"]
    assert str(place.port) in chroma["command"]
    assert front["ports"] == ["127.0.0.1:7860:7860"]


def test_neither_runs_as_root_or_can_become_it() -> None:
    assert re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE) == ["10001"]
    for service in COMPOSE["services"].values():
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_image_has_the_versions_that_were_tested() -> None:
    pin = re.compile(r"^([A-Za-z0-9._-]+==[^ ]+)", re.MULTILINE)
    locks = (ROOT / "requirements.lock", ROOT / "scripts" / "cluster.lock")
    tested = {it for lock in locks for it in pin.findall(lock.read_text())}
    run = pin.findall((ROOT / "scripts" / "runtime.lock").read_text())
    assert len(run) > 50
    assert set(run) <= tested
    assert not [it for it in run if it.startswith(("mypy==", "pytest==", "ruff=="))]
