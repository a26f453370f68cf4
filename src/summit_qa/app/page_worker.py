"""The process that draws one page of a PDF: the file on standard input, a PNG on standard output.

A process of its own, because a drawing library that a hostile file breaks must not take the server
with it.
"""

from __future__ import annotations

import io
import sys

_WIDEST = 1_400  # pixels
_MEMORY = 1_500 * 1024 * 1024  # bytes of address space beyond what the libraries take
_SECONDS = 15  # of processor time


def main() -> int:
    """Draw the page whose number, from 1, is the argument; 1 where it cannot be drawn."""
    _bound()
    import pypdfium2 as pdfium

    data = sys.stdin.buffer.read()
    try:
        file = pdfium.PdfDocument(data)
        page = file[int(sys.argv[1]) - 1]
        width, height = page.get_size()
        scale = min(2.0, _WIDEST / max(width, 1), 2 * _WIDEST / max(height, 1))
        image = page.render(scale=scale).to_pil()
    except (pdfium.PdfiumError, IndexError, ValueError, MemoryError):
        return 1
    written = io.BytesIO()
    image.save(written, "PNG")
    sys.stdout.buffer.write(written.getvalue())
    return 0


def _bound() -> None:
    """Limits of memory and time, where the system has them."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


if __name__ == "__main__":
    sys.exit(main())
