"""Opens the chat over ./corpus at http://127.0.0.1:7860; `summit-qa chat --help` has options."""

from summit_qa.app import serve
from summit_qa.assistant import Assistant

if __name__ == "__main__":
    with Assistant.open() as assistant:
        serve(assistant)
