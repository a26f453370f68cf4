"""Ask a folder of text; every sentence of the answer carries a file and line that code verified."""

__version__ = "0.1.0"
