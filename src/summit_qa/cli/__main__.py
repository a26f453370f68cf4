"""`python -m summit_qa.cli` is `summit-qa`."""

from summit_qa.cli import command

command()
