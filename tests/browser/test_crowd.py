"""Ten visitors at once: nobody sees an error or another's question; times are told, not held."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable

import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect
from using import answered

from serving import Served

QUESTIONS = (
    "Who hosted the gathering?",
    "Will the three countries set up a hotline?",
    "What is said about Taiwan?",
    "Is the pledge a treaty?",
    "What did Xi Jinping reply?",
)
USERS = 10


def told(what: str, seconds: list[float]) -> None:
    """Print the median and the 95th percentile."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    middle = statistics.median(ordered)
    sys.stdout.write(f"\n{what}: {len(ordered)} answers, p50 {middle:.2f} s, p95 {p95:.2f} s\n")


@pytest.mark.timeout(300)
def test_ten_programs_ask_at_once_without_an_error(
    articles_served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds: list[float] = []
    errors: list[BaseException] = []
    wrong: list[str] = []
    clients = [
        Client(articles_served.address, verbose=False, analytics_enabled=False)
        for _ in range(USERS)
    ]
    together = threading.Barrier(USERS)

    def user(client: Client) -> None:
        try:
            together.wait(60)
            for question in QUESTIONS:
                began = time.perf_counter()
                answer = client.predict(question=question, api_name="/ask")
                seconds.append(time.perf_counter() - began)
                if answer["question"] != question:
                    wrong.append(answer["question"])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=user, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert errors == []
    assert wrong == []
    assert len(seconds) == USERS * len(QUESTIONS)
    with capsys.disabled():
        told(f"{USERS} programs at once", seconds)


@pytest.mark.timeout(300)
def test_ten_visitors_ask_at_once_and_each_sees_only_their_own(
    visit: Callable[..., Page], articles_served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = [visit(articles_served) for _ in range(USERS)]
    for number, page in enumerate(pages):
        page.locator("#question textarea").fill(f"{QUESTIONS[number % len(QUESTIONS)]}")
        # The page itself takes the time, from the key to the finished turn.
        page.evaluate(
            """() => {
              const box = document.querySelector("#question textarea");
              box.addEventListener("keydown", () => { window.began = performance.now(); });
              new MutationObserver(() => {
                const done = document.querySelector('.turn[data-state="done"]');
                if (done && !window.took) window.took = performance.now() - window.began;
              }).observe(document.querySelector("#conversation"),
                {subtree: true, childList: true, attributes: true});
            }"""
        )
    for page in pages:
        page.locator("#question textarea").press("Enter")
    seconds = []
    for number, page in enumerate(pages):
        turn = answered(page, 1)
        expect(turn.locator(".question")).to_have_text(QUESTIONS[number % len(QUESTIONS)])
        expect(turn.locator(".message.error")).to_have_count(0)
        seconds.append(float(page.evaluate("window.took")) / 1000)
    with capsys.disabled():
        told(f"{USERS} browsers at once", seconds)
