"""How fast folders of PDF, HTML, Word and text are read, on one core, beside a stock reader.

    python benchmarks/reading_speed.py [--stock PYTHON] [--out FILE]

PYTHON is an interpreter of another environment that has MarkItDown or LlamaIndex's file readers:

    python -m venv stock && stock/bin/pip install "markitdown[pdf,docx]" \
        llama-index-core llama-index-readers-file pypdf docx2txt

Both read the same made files, in turns, each in a process of its own that is bound to one core;
the processor's time of it and of the processes that it starts counts, so that other work on the
machine does not, imports included; the median of three runs. Text is measured beside what reading
it takes at the least: its bytes decoded, hashed, split into lines.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

ROUNDS = 3
FLOORS = {"pdf": 100.0, "html": 20.0, "docx": 20.0}  # pages a second; MB a minute
_OURS = """
import sys
from pathlib import Path
from summit_qa.documents.corpus import read_corpus
reading = read_corpus(Path(sys.argv[1]))
assert not reading.skipped, reading.skipped
sys.stdout.write(str(sum(len(each.text) for each in reading.documents)))
"""
_LEAST = """
import hashlib, sys
from pathlib import Path
from summit_qa.documents.corpus import decode, line_starts
total = 0
for file in sorted(Path(sys.argv[1]).iterdir()):
    data = file.read_bytes()
    hashlib.sha256(data)
    text, _ = decode(data)
    line_starts(text)
    total += len(text)
sys.stdout.write(str(total))
"""
_STOCK = {
    "SimpleDirectoryReader": """
import sys
from llama_index.core import SimpleDirectoryReader
documents = SimpleDirectoryReader(sys.argv[1]).load_data()
sys.stdout.write(str(sum(len(each.text) for each in documents)))
""",
    "MarkItDown": """
import sys
from pathlib import Path
from markitdown import MarkItDown
reader = MarkItDown(enable_plugins=False)
files = sorted(Path(sys.argv[1]).iterdir())
sys.stdout.write(str(sum(len(reader.convert(str(file)).text_content) for file in files)))
""",
}


def main() -> int:
    """Measure and print a table; 1 where a floor is missed."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--stock", help="interpreter of an environment with the stock readers")
    options.add_argument("--out", type=Path, help="write the figures as JSON too")
    chosen = options.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # children inherit it
    figures: dict[str, dict[str, float | str]] = {}
    missed = False
    with tempfile.TemporaryDirectory() as place:
        for format, (folder, amount, unit) in made(Path(place)).items():
            programs: dict[str, tuple[str, str]] = {"Summit QA": (sys.executable, _OURS)}
            if format == "text":
                programs["the least"] = sys.executable, _LEAST
            elif chosen.stock:
                programs |= {name: (chosen.stock, script) for name, script in _STOCK.items()}
            figures[format] = {"unit": unit, **in_turns(programs, folder, amount)}
            cells = ", ".join(f"{name} {shown(v)}" for name, v in figures[format].items())
            print(f"{format}: {cells}", flush=True)
            ours = figures[format]["Summit QA"]
            missed = missed or (isinstance(ours, float) and ours < FLOORS.get(format, 0))
    if chosen.out:
        chosen.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return int(missed)


def used() -> float:
    """Seconds of processor that ended child processes and theirs have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def shown(value: float | str) -> str:
    """A figure or a word as the table has it."""
    return value if isinstance(value, str) else f"{value:,.1f}"


def in_turns(
    programs: dict[str, tuple[str, str]], folder: Path, amount: float
) -> dict[str, float | str]:
    """Amount a unit of time of each program; why there is none, in words."""
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    failed: dict[str, float | str] = {}
    for _ in range(ROUNDS):
        for name, (python, script) in programs.items():
            if name in failed:
                continue
            began = used()
            done = subprocess.run(
                [python, "-c", script, str(folder)], capture_output=True, text=True, check=False
            )
            seconds[name].append(used() - began)
            if done.returncode or not done.stdout.strip().isdigit():
                failed[name] = (
                    "failed: " + (done.stderr.strip().splitlines() or ["no text"])[-1][:80]
                )
    speeds = {
        name: amount / statistics.median(times)
        for name, times in seconds.items()
        if name not in failed
    }
    return {**speeds, **failed}


def made(place: Path) -> dict[str, tuple[Path, float, str]]:
    """Folder, amount and unit of each format; amounts give pages a second and MB a minute."""
    makers: dict[str, tuple[Callable[[random.Random], bytes], str, int]] = {
        "pdf": (pdf, "pdf", 2),
        "html": (html, "html", 2),
        "docx": (docx, "docx", 4),
        "text": (text, "txt", 40),
    }
    found: dict[str, tuple[Path, float, str]] = {}
    for format, (make, suffix, count) in makers.items():
        folder = place / format
        folder.mkdir()
        size = 0
        for number in range(count):
            data = make(random.Random(number))
            (folder / f"{number}.{suffix}").write_bytes(data)
            size += len(data)
        if format == "pdf":
            found[format] = folder, float(PAGES * count), "pages a second"
        else:
            found[format] = folder, 60 * size / 1e6, "MB a minute"
    return found


PAGES = 150  # of each PDF


_LETTERS = random.Random(7)
WORDS = [
    "".join(_LETTERS.choices("etaoinshrdlucmfw", k=_LETTERS.randint(2, 9))) for _ in range(3_000)
]


def sentences(source: random.Random, count: int) -> list[str]:
    """Made sentences of made words: long and short as in English, without sense."""
    return [
        " ".join(source.choices(WORDS, k=source.randint(8, 24))).capitalize() + "."
        for _ in range(count)
    ]


def pdf(source: random.Random) -> bytes:
    """Pages of about 2,500 characters with headings, as reports have them."""
    from io import BytesIO

    from reportlab.pdfgen.canvas import Canvas

    target = BytesIO()
    canvas = Canvas(target)
    for page in range(PAGES):
        canvas.setFont("Helvetica-Bold", 14)
        canvas.drawString(72, 780, f"{page + 1}. {sentences(source, 1)[0][:50]}")
        canvas.setFont("Helvetica", 10)
        body = " ".join(sentences(source, 32))[:2_600]
        for line in range(0, len(body), 85):
            canvas.drawString(72, 750 - line / 85 * 14, body[line : line + 85])
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def html(source: random.Random) -> bytes:
    """A page of 1 MB with menus, headings, lists and a table."""
    parts = ["<html><head><title>Page</title></head><body><nav><a href=/>Home</a></nav><main>"]
    while len(parts) < 2_400:
        one, two, *more = sentences(source, 12)
        parts.append(f"<h2 id='x'>{one[:60]}</h2><p>{two} <a href='#'>{more[0]}</a></p>")
        parts.append("<ul>" + "".join(f"<li>{each}</li>" for each in more[1:6]) + "</ul>")
        row = "".join(f"<td>{each[:20]}</td>" for each in more[6:9])
        parts.append(f"<table><tr><th>a<th>b<th>c</tr><tr>{row}</tr></table>")
    return "".join([*parts, "</main></body></html>"]).encode()


def docx(source: random.Random) -> bytes:
    """A Word file of a megabyte of text with runs, headings and a table, as Word writes them."""
    from io import BytesIO

    name = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    parts = [f'<?xml version="1.0"?><w:document {name}><w:body>']
    for number in range(900):
        one, *more = sentences(source, 9)
        style = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>' if number % 10 == 0 else ""
        runs = "".join(
            f'<w:r w:rsidR="00A1"><w:rPr><w:sz w:val="22"/></w:rPr><w:t>{each} </w:t></w:r>'
            for each in ([one[:60]] if style else more)
        )
        parts.append(f'<w:p w:rsidR="00A1B2C3" w:rsidRDefault="00D4E5F6">{style}{runs}</w:p>')
    parts.append("</w:body></w:document>")
    styles = (
        f'<w:styles {name}><w:style w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
        "</w:styles>"
    )
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", _TYPES)
        file.writestr("_rels/.rels", _RELATIONS)
        file.writestr("word/document.xml", "".join(parts))
        file.writestr("word/styles.xml", styles)
    return target.getvalue()


_OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_OFFICE}.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships '
    'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def text(source: random.Random) -> bytes:
    """A megabyte of plain text."""
    found = "\n\n".join(" ".join(sentences(source, 5)) for _ in range(2_000))
    return found[:1_000_000].encode()


if __name__ == "__main__":
    sys.exit(main())
