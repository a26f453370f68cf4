"""Runs a command where there is no network: ``python no_network.py none|silent COMMAND …``.

Started under ``unshare --net --mount``. With ``silent``, names are asked of a server on loopback
that never answers; what it was asked is counted on standard error as ``asked: N``.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
import sys
import tempfile

_SET_FLAGS, _UP = 0x8914, 0x1


def main() -> int:
    how, *command = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loopback:
        fcntl.ioctl(loopback, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP))
    if how == "none":
        return subprocess.run(command, check=False).returncode
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf,
        tempfile.NamedTemporaryFile("w", suffix=".conf") as resolver,
    ):
        deaf.bind(("127.0.0.1", 53))
        resolver.write("nameserver 127.0.0.1\n")
        resolver.flush()
        subprocess.run(["mount", "--bind", resolver.name, "/etc/resolv.conf"], check=True)
        code = subprocess.run(command, check=False).returncode
        deaf.setblocking(False)
        asked = 0
        try:
            while deaf.recv(4096):
                asked += 1
        except BlockingIOError:
            sys.stderr.write(f"asked: {asked}\n")
        return code


if __name__ == "__main__":
    raise SystemExit(main())
