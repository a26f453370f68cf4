"""Eighty files that are broken, odd or in the way, each with what must become of it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from form import times

MANY = times(60_000, 2_000_000)  # bytes of the same; the long form makes thousands of equal texts
READ, SKIPPED, EITHER = "read", "skipped", "either"
WORDS = "The beacon was lit in 1588."


@dataclass(frozen=True, slots=True)
class Malformed:
    """How a file is made at a path, and whether it is read or skipped with a reason."""

    name: str | bytes
    make: Callable[[Path], None]
    outcome: str


def _holding(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def _linked(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _socket(path: Path) -> None:
    place = Path.cwd()  # a socket's path must be short
    os.chdir(path.parent)
    try:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path.name)
        listener.close()
    finally:
        os.chdir(place)


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o020666, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        path.symlink_to("/dev/zero")


def _deep(path: Path) -> None:
    """Folders as deep as a path may be long."""
    at = os.open(path.parent, os.O_RDONLY)
    name = path.name
    for _ in range(900):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at, name = below, "deep"
    os.close(at)


def _wide(path: Path) -> None:
    path.mkdir()
    for number in range(500):
        (path / f"{number}.txt").write_bytes(b"")


def _ring(path: Path) -> None:
    path.mkdir()
    (path / "again").symlink_to(".")
    (path / "above").symlink_to("..")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _unreadable(path: Path) -> None:
    path.write_text(WORDS)
    path.chmod(0)


TEXT = WORDS.encode()
_ODD: dict[str, tuple[bytes | str, str]] = {
    "empty.txt": (b"", READ),
    "one-byte.txt": (b"x", READ),
    "only-mark.txt": (b"\xef\xbb\xbf", READ),
    "only-blank.txt": (b" \n\t\n\r\n", READ),
    "only-newlines.txt": (b"\n" * 100_000, READ),
    "no-final-newline.txt": (TEXT, READ),
    "mixed-ends.txt": (b"One.\nTwo.\r\nThree.\rFour.\n\r\n\r" + TEXT, READ),
    "lone-returns.txt": (TEXT + b"\r" + TEXT + b"\r", READ),
    "form-feeds.txt": (b"\f" + TEXT + b"\f\v" + TEXT, READ),
    "utf-8-mark.txt": (b"\xef\xbb\xbf" + TEXT, READ),
    "utf-16.txt": (WORDS.encode("utf-16"), READ),
    "utf-16-le.txt": ((WORDS * 20).encode("utf-16-le"), READ),
    "utf-16-be.txt": (b"\xfe\xff" + WORDS.encode("utf-16-be"), READ),
    "utf-16-odd.txt": (WORDS.encode("utf-16") + b"x", EITHER),
    "utf-16-half-pair.txt": ("A \U0001f600".encode("utf-16")[:-2], EITHER),
    "utf-32.txt": (WORDS.encode("utf-32"), EITHER),
    "utf-7.txt": ("Die Größe".encode("utf-7"), READ),
    "latin-1.txt": (
        "Das Café in der Straße war früher größer und schöner.\n".encode("latin-1") * 9, READ
    ),
    "windows-1252.txt": (("“Beacons” — they said — were lit.\n" * 9).encode("cp1252"), READ),
    "koi8.txt": (("Маяк зажгли в тысяча пятьсот году.\n" * 9).encode("koi8-r"), EITHER),
    "shift-jis.txt": (("灯台は千五百年に灯された。\n" * 9).encode("shift-jis"), EITHER),
    "gb18030.txt": (("灯塔于一五八八年点亮。\n" * 9).encode("gb18030"), EITHER),
    "nul.txt": (b"\0", EITHER),
    "nul-inside.txt": (TEXT + b"\0" + TEXT, EITHER),
    "nul-between.txt": (b"\0".join(bytes([byte]) for byte in TEXT), EITHER),
    "nul-many.txt": (b"\0" * 100_000, SKIPPED),
    "binary.txt": (bytes(range(256)) * 100, SKIPPED),
    "noise.txt": (os.urandom(1 << 16), SKIPPED),
    "overlong.txt": (TEXT + b"\xc0\xaf\xe0\x80\xaf", EITHER),
    "surrogates.txt": (TEXT + b"\xed\xa0\x80\xed\xb0\x80", EITHER),
    "cut-character.txt": (WORDS.encode() + "é".encode()[:1], EITHER),
    "beyond.txt": (TEXT + b"\xf4\x90\x80\x80", EITHER),
    "right-to-left.txt": ("\u202e" + WORDS + "\u202c \u2067" + WORDS + "\u2069", READ),
    "zero-width.txt": ("The\u200b bea\u200dcon\ufeff was\u2060 lit.", READ),
    "combining.txt": ("e" + "\u0301" * 10_000, READ),
    "private.txt": ("\ue000\uf8ff\U000f0000\ufffe\uffff" + WORDS, READ),
    "separators.txt": ("One.\u2028Two.\u2029Three.\x85Four.", READ),
    "controls.txt": (bytes(range(1, 32)) + TEXT + b"\x7f\x1b[31m\x1b]0;x\x07", EITHER),
    "bells.txt": (b"\x07" * 1000 + TEXT, EITHER),
    "one-word.txt": (b"a" * MANY, READ),
    "no-sentence.txt": (b"word " * (MANY // 5), READ),
    "only-stops.txt": (b"." * MANY, READ),
    "only-brackets.txt": (b"(" * 30_000 + b")" * 30_000, READ),
    "only-quotes.txt": (b"\"" * 30_000, READ),
    "only-hashes.md": (b"#" * 100_000 + b"\n", READ),
    "deep-list.md": (b"".join(b"  " * n + b"- x\n" for n in range(600)), READ),
    "deep-quote.md": (b">" * 20_000 + b" x\n", READ),
    "open-fence.md": (b"```\n" + TEXT + b"\n", READ),
    "wide-table.md": (b"|a" * 20_000 + b"|\n" + b"|-" * 20_000 + b"|\n", READ),
    "many-headings.md": (b"".join(b"# H%d\n" % n for n in range(5_000)), READ),
    "open-front.md": (b"---\ntitle: x\n" + TEXT, READ),
    "open-quote.csv": (b'a,b\n"never closed,1\n' + TEXT, READ),
    "ragged.csv": (b"a,b,c\n1\n1,2,3,4,5\n,,,\n" + TEXT, READ),
    "deep.json": (b"[" * 100_000, EITHER),
    "deep-object.json": (b'{"a":' * 50_000, EITHER),
    "broken.json": (b'{"a": 1,}', READ),
    "numbers.json": (b"[1e999999, -0, 1" + b"0" * 10_000 + b"]", READ),
    "laughs.yaml": (
        b"a: &a [x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9))
                   for n in range(9)),
        READ,
    ),
    "code.yaml": (b"a: !!python/object/apply:os.system ['touch pwned']\n", READ),
    "laughs.xml": (
        b'<!DOCTYPE x [<!ENTITY a "ha">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
        + b"]><x>&j;</x>",
        EITHER,
    ),
    "cut.pdf": (b"%PDF-1.7\n1 0 obj<</Type/Catalog", SKIPPED),
    "cut.docx": (b"PK\x03\x04" + bytes(100), SKIPPED),
    "mark-only.gz": (b"\x1f\x8b", SKIPPED),
    "picture.txt": (b"\x89PNG\r\n\x1a\n" + bytes(100), SKIPPED),
}  # fmt: skip

ALL: tuple[Malformed, ...] = (
    *(
        Malformed(name, _holding(data.encode() if isinstance(data, str) else data), outcome)
        for name, (data, outcome) in _ODD.items()
    ),
    Malformed("dangling.txt", _linked("nowhere.txt"), SKIPPED),
    Malformed("itself.txt", _linked("itself.txt"), SKIPPED),
    Malformed("ping.txt", _linked("pong.txt"), SKIPPED),
    Malformed("pong.txt", _linked("ping.txt"), SKIPPED),
    Malformed("outward.txt", _linked("/etc/hostname"), SKIPPED),
    Malformed("through-a-file.txt", _linked("empty.txt/x"), SKIPPED),
    Malformed("long-target.txt", _linked("x/" * 2_000 + "y"), SKIPPED),
    Malformed("ring", _ring, SKIPPED),
    Malformed("pipe.txt", lambda path: os.mkfifo(path), SKIPPED),
    Malformed("socket.txt", _socket, SKIPPED),
    Malformed("device.txt", _device, SKIPPED),
    Malformed("sparse.txt", _sparse, SKIPPED),
    Malformed("one-line.txt", _holding(b"All in one line. " * 3_200_000), SKIPPED),  # over 50 MB
    Malformed("wide", _wide, READ),
    Malformed("deep", _deep, EITHER),
    Malformed("folder.txt", lambda path: path.mkdir(), EITHER),
    Malformed("unreadable.txt", _unreadable, EITHER),  # root may read it
    Malformed(b"no-text-\xff\xfe.txt", _holding(TEXT), SKIPPED),
    Malformed(b"half-pair-\xed\xa0\x80.txt", _holding(TEXT), SKIPPED),
    Malformed("new\nline.txt", _holding(TEXT), SKIPPED),
    Malformed("escape-\x1b[2J.txt", _holding(TEXT), SKIPPED),
    Malformed("\u202egnp.txt", _holding(TEXT), EITHER),
    Malformed("n" * 251 + ".txt", _holding(TEXT), READ),
    Malformed("<script>alert(1)</script>.txt".replace("/", "\u2044"), _holding(TEXT), READ),
    Malformed("$(touch pwned);`id`.txt", _holding(TEXT), READ),
    Malformed("%s%n{}%00.txt", _holding(TEXT), READ),
    Malformed("CON.txt", _holding(TEXT), READ),
    Malformed(" .txt ", _holding(TEXT), READ),
    Malformed("-rf.txt", _holding(TEXT), READ),
)
