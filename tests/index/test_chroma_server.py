"""Which addresses of a Chroma server are taken, and how its failures are told."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from doubles import settings
from summit_qa.errors import ConfigurationError, VectorServerError
from summit_qa.index.chroma_server import ChromaServer, place_of, refuse_public


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://chroma.example:9000/", "https://chroma.example:9000"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("https://chroma.example", "https://chroma.example:443"),
        ("http://chroma", "http://chroma:8000"),
    ],
)
def test_addresses(url: str, place: str) -> None:
    assert str(place_of(url)) == place


@pytest.mark.parametrize(
    "url",
    ["", "chroma:8000", "ftp://x", "http://", "http://x:port", "http://u:p@x", "http://x/a",
     "http://x?a=1", "http://x:99999"],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(ConfigurationError, match="chroma"):
        place_of(url)


@pytest.mark.parametrize(
    ("address", "taken"),
    [("127.0.0.1", True), ("10.1.2.3", True), ("192.168.0.4", True), ("172.20.0.2", True),
     ("::1", True), ("fd00::5", True), ("::ffff:10.0.0.1", True), ("8.8.8.8", False),
     ("::ffff:8.8.8.8", False), ("2001:4860:4860::8888", False), ("0.0.0.0", False),
     ("100.64.0.1", False), ("224.0.0.1", False)],
)  # fmt: skip
def test_only_this_machine_and_private_networks_are_taken(
    monkeypatch: pytest.MonkeyPatch, address: str, taken: bool
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 8000))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    place = place_of("http://chroma:8000")
    if taken:
        refuse_public(place)
    else:
        with pytest.raises(ConfigurationError, match="SUMMIT_QA_CHROMA_PUBLIC"):
            refuse_public(place)


def test_one_public_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, 1, 6, "", (it, 8000)) for it in ("127.0.0.1", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(ConfigurationError, match=r"8\.8\.8\.8"):
        refuse_public(place_of("http://chroma"))


def test_a_port_where_nobody_listens_and_one_that_is_silent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        silent = ChromaServer(settings(chroma=f"http://127.0.0.1:{port}", chroma_timeout=0.2))
        with pytest.raises(VectorServerError, match="takes too long"):
            silent.ready()
    nobody = ChromaServer(settings(chroma=f"http://127.0.0.1:{port}"))
    with pytest.raises(VectorServerError, match="does not answer"):
        nobody.open("any")


def test_what_is_no_chroma_server_is_told_without_the_token(tmp_path: Path) -> None:
    token = "a-token-that-nobody-may-see"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        asked: list[bytes] = []

        def reply() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536))
                    said = f"no such thing as {token}".encode()
                    connection.sendall(
                        b"HTTP/1.1 418 No\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                        % (len(said), said)
                    )

        threading.Thread(target=reply, daemon=True).start()
        server = ChromaServer(settings(chroma=f"http://127.0.0.1:{port}", chroma_token=token))
        with pytest.raises(VectorServerError, match="answers with an error") as raised:
            server.open("any")
        listening.shutdown(socket.SHUT_RDWR)
    assert token not in str(raised.value)
    assert f"Bearer {token}".encode() in asked[0]
