"""Opens the chat over ./corpus at http://127.0.0.1:7860; options as of `summit-qa chat`."""

import sys

from summit_qa.cli import command

if __name__ == "__main__":
    sys.argv.insert(1, "chat")
    command()
