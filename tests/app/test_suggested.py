from __future__ import annotations

from pathlib import Path

import pytest

from doubles import write
from summit_qa.app.folder import Folder
from summit_qa.app.question_rules import asked_in
from summit_qa.app.questions import Candidate, candidates, names, varied
from summit_qa.assistant import Assistant
from summit_qa.documents.citations import cite
from summit_qa.documents.corpus import make_document
from summit_qa.documents.passages import passages_of
from summit_qa.types import Answer, Span


def asked(text: str, name: str = "a.md") -> list[tuple[str, str]]:
    document = make_document(name, text.encode())
    found = candidates(document, passages_of(document, 800))
    return [(it.shape, it.question) for it in found]


@pytest.mark.parametrize(
    ("text", "shape", "question"),
    [
        (
            "The bridge of Norwick was opened by the mayor on 3 May 1931.",
            "when",
            "When was the bridge of Norwick opened?",
        ),
        (
            "The gathering, hosted by President Ann Lee, aims to calm the markets.",
            "by whom",
            "Who hosted the gathering?",
        ),
        (
            "Ann Lee founded the choir of the harbour in 1968.",
            "who",
            "Who founded the choir of the harbour?",
        ),
        (
            "The hall of Norwick has 240 seats and a small stage.",
            "how many",
            "How many seats does the hall of Norwick have?",
        ),
        (
            "The road to the harbour is closed on Mondays because the crane moves then.",
            "why",
            "Why is the road to the harbour closed on Mondays?",
        ),
        (
            "The spare key is kept in the drawer below the till.",
            "where",
            "Where is the spare key kept?",
        ),
        (
            "The council announced that the pool stays open until winter.",
            "what did",
            "What did the council announce?",
        ),
        (
            "The market hall is open on every day of the week.",
            "whether",
            "Is the market hall open on every day of the week?",
        ),
        (
            "A day ticket costs 4.50 EUR at the counter.",
            "how much",
            "How much does a day ticket cost?",
        ),
        (
            "The rent of the boathouse was £6,600 in the last year.",
            "how much",
            "How much was the rent of the boathouse?",
        ),
        (
            "The crossing to the island takes about forty minutes in good weather.",
            "how long",
            "How long does the crossing to the island take?",
        ),
        (
            "The harbour wall of Norwick is 240 metres long and has two lamps.",
            "measure",
            "How long is the harbour wall of Norwick?",
        ),
        (
            "A lost key must be reported within 24 hours to the caretaker.",
            "deadline",
            "When must a lost key be reported?",
        ),
        (
            "The windows of the hall are cleaned twice a month by a firm.",
            "how often",
            "How often are the windows of the hall cleaned?",
        ),
        (
            "The trustees are appointed by the Council for three years.",
            "by whom",
            "Who are the trustees appointed by?",
        ),
        (
            "The Norwick Harbour Trust (NHT) looks after the wall.",
            "stands for",
            "What does NHT stand for?",
        ),
        (
            "The choir of Norwick won the county prize in 1988.",
            "when",
            "When did the choir of Norwick win the county prize?",
        ),
        (
            "In addition to the wall, the council will repair the old lamps.",
            "what will",
            "What will the council repair?",
        ),
        (
            "The new ferry is expected to carry 240 people and their cars.",
            "what will",
            "What is the new ferry expected to carry?",
        ),
        (
            "The members will meet at Norwick Hall, where there is tea.",
            "where",
            "Where will the members meet?",
        ),
        (
            "Seven boats were lost in the storm of 1931.",
            "how many",
            "How many boats were lost in the storm of 1931?",
        ),
        (
            "It was late when Ann Lee, the mayor of Norwick, opened the doors.",
            "who is",
            "Who is Ann Lee?",
        ),
        (
            "Ann Lee said the ferry of Norwick would be late. Many in Norwick heard of Norwick.",
            "said",
            "What did Ann Lee say about Norwick?",
        ),
    ],
)
def test_a_sentence_becomes_the_question_that_it_answers(
    text: str, shape: str, question: str
) -> None:
    assert (shape, question) in asked(text)


def test_a_cell_is_asked_for_by_its_row_and_column() -> None:
    table = "| Room | Seats |\n|---|---|\n| Blue room | 12 |\n| Hall | 240 |\n"
    assert ("cell", "How many seats are given for Hall?") in asked(table)
    people = "station,sensors,manager\nAlder Point,31,Ingrid Solheim\n"
    found = asked(people, "a.csv")
    assert ("cell", "How many sensors does Alder Point have?") in found
    assert ("who is", "Who is the manager of Alder Point?") in found
    prices = "id,unit,price_gbp\nBK-100,box,4.50\n"
    assert asked(prices, "a.csv") == [("cell", "What is the price of BK-100?")]


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("- Treasurer: Li Na Zhou", "Who is the treasurer?"),
        ("- Course fee: £180, paid on the first day", "What is the course fee?"),
        ("- Date: 5 May 2024", None),
        ("- Result: nobody came", None),
    ],
)
def test_a_labelled_line_is_asked_for_by_its_label(line: str, question: str | None) -> None:
    found = [it for shape, it in asked(f"# Club\n\n{line}\n- And more\n") if shape != "about"]
    assert found == ([question] if question else [])


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("Q: How do I get a plot?", "How do I get a plot?"),
        ("3. May members keep hens?", "May members keep hens?"),
        ("Q: What does it cost?", None),  # what?
        ("And then what happens in the end?", None),
    ],
)
def test_a_question_is_taken_from_the_text_without_its_number(
    line: str, question: str | None
) -> None:
    assert asked_in(line) == question


@pytest.mark.parametrize(
    "text",
    [
        "He was elected in 1931 by the whole town of Norwick.",  # who?
        "This is the reason for everything that happened there.",
        "Nobody was hurt by the accident in the harbour.",
        "It costs 4 EUR.",
        "Use the stash when you want to record the state of things.",  # an order
        "Colin said the auditors will be changed after nine years.",  # two verbs
        "Mean age was 41.3 years and 71% were women in that group.",
        "Elements separated by commas and lines are read one at a time.",
        "The content is the same as that of the other file there.",
        "3.2 Windows are cleaned twice a year by somebody.",  # a number, but not of windows
        "Nine people and their friends were not seen again.",
        "Greater Norwick, a summer place on the coast, was full.",  # a place, and no person
    ],
)
def test_what_leans_on_the_sentence_before_is_not_asked(text: str) -> None:
    assert [it for it in asked(text) if it[0] != "about"] == []


def test_names_are_counted_and_keep_their_article() -> None:
    text = (
        "On Monday the pact of Norwick pleased Ann Lee. Later the mayor of Norwick met the "
        "United States envoy, Ann Lee and the United States fleet."
    )
    assert names([text]) == ["Norwick", "Ann Lee", "the United States"]


def test_a_name_before_a_noun_does_not_take_its_article() -> None:
    text = (
        "He met the Norwick council. Later the Norwick council met the Hague. She likes the Hague, "
        "but he likes Norwick and loves Norwick."
    )
    assert names([text]) == ["the Hague", "Norwick"]


def test_what_is_offered_differs_in_shape_and_file() -> None:
    def one(shape: str, path: str, number: int) -> Candidate:
        return Candidate(f"{shape} {number}?", shape, path, Span(0, 1, 1, 1))

    found = [one("whether", "a", 1), one("whether", "a", 2), one("who", "a", 3), one("who", "b", 4)]
    assert [it.question for it in varied(found, 2)] == ["who 3?", "whether 1?"]
    assert [it.question for it in varied(found, 3)][2] == "who 4?"


FILES = {
    "bridge.txt": "The bridge of Norwick was opened on 3 May 1931. Nobody said why.\n",
    "choir.txt": "Ann Lee founded the choir of the harbour in 1968. It sings on Sundays.\n",
}


def test_what_is_said_about_something_is_offered_only_where_there_is_little_else() -> None:
    def one(shape: str, number: int) -> Candidate:
        return Candidate(f"{shape} {number} of {number}?", shape, "a", Span(0, 1, number, number))

    dull = one("about", 9)
    others = [one("who", 1), one("when", 2), one("whether", 3), one("whether", 4)]
    assert varied([dull, *others[:2]], 6)[-1] == dull
    assert dull not in varied([dull, *others], 6)


def test_what_is_offered_was_tried_and_is_kept_with_the_generation(quick: Assistant) -> None:
    write(quick.settings.corpus, FILES)
    quick.sync()
    folder = Folder(quick, lambda: True)
    assert folder.offered() == ()
    assert folder.facts.words is None
    folder.learn()
    assert folder.ready.is_set()
    assert folder.facts.files == 2
    assert folder.facts.words == 27
    for question in folder.offered():
        assert not quick.ask(question).abstained
    again = Folder(quick, lambda: True)
    again._try = lambda *given: pytest.fail("it was tried before")  # type: ignore[method-assign]
    again.learn()
    assert again.offered() == folder.offered()
    write(quick.settings.corpus, {"third.txt": "Another one."})
    quick.sync()
    assert again.facts.files == 3  # at once; the rest follows


def test_a_damaged_file_of_what_is_known_is_made_again(quick: Assistant) -> None:
    write(quick.settings.corpus, FILES)
    quick.sync()
    Path(quick.settings.index / "folder.json").write_text('{"format": 5, "tried": 7}')
    folder = Folder(quick, lambda: True)
    folder.learn()
    assert folder.facts.words == 27


def test_what_comes_next_is_near_what_was_cited_and_was_not_asked(quick: Assistant) -> None:
    folder = Folder(quick, lambda: True)
    near = Candidate("Who founded the choir?", "who", "choir.txt", Span(0, 9, 4, 4))
    far = Candidate("When was the bridge opened?", "when", "bridge.txt", Span(0, 9, 1, 1))
    folder._tried = [far, near]
    answer = Answer("Is it old?", "", None, (), (), "declined", "Nobody says.")
    assert set(folder.next(answer, ())) == {near.question, far.question}
    assert folder.next(answer, ["who founded the choir"]) == (far.question,)


def test_the_file_that_was_cited_comes_before_all_others(quick: Assistant) -> None:
    write(quick.settings.corpus, {"choir.txt": "\n".join(f"Line {at} of it." for at in range(9))})
    quick.sync()
    document = quick.documents["choir.txt"]
    cited = cite(document, 0, 9, number=1)
    folder = Folder(quick, lambda: True)

    def one(question: str, shape: str, path: str, line: int) -> Candidate:
        return Candidate(question, shape, path, Span(0, 1, line, line))

    there = one("Who sang first?", "who", "choir.txt", 1)  # stands where the answer was just read
    mine = [
        one("When was the choir founded?", "when", "choir.txt", 4),
        one("How many members does it have?", "how many", "choir.txt", 6),
    ]
    others = [one(f"Where is thing {at} kept in {at}?", "where", f"{at}.txt", 1) for at in range(5)]
    folder._tried = [*others, there, *mine]
    answer = Answer("Who sings?", "", None, (), (cited,), "answered", None)
    offered = folder.next(answer, ())
    assert set(offered[:2]) == {it.question for it in mine}
    assert len(offered) == 3
    assert there.question not in offered
