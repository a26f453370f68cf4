"""What is left out is carried over; a question that stands on its own is left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summit_qa.conversation.followup import stand_alone, subject_of
from summit_qa.types import Answer, Statement, Verdict


def turn(
    question: str,
    said: str = "",
    verdict: Verdict | None = None,
    short: str | None = None,
    rewritten: str | None = None,
) -> Answer:
    statements = (Statement(said, (), "supported"),) if said else ()
    return Answer(
        question, said, verdict, statements, (), "answered" if said else "declined", None,
        short=short, rewritten=rewritten,
    )  # fmt: skip


PACT = turn(
    "Was a collective defense pact agreed?",
    "The senior administration officials said the pledge is not intended to be an alliance.",
    "no",
)
HOST = turn(
    "Who hosted the gathering?",
    "The gathering, hosted by US President Joe Biden at Camp David, aims to strengthen ties.",
    short="Joe Biden",
)
LEADER = turn("Who leads South Korea?", "Yoon Suk Yeol leads it.", short="Yoon Suk Yeol")
WHEN = turn("When was the summit held?", "The summit was held on Friday.", short="Friday")
SAYS = turn("What does Biden say about North Korea?", "President Biden condemned the launches.")
COUNT = turn("How many missiles were tested in 2022?", "About 90 were.", short="90")
HOTLINE = turn("Will the three countries set up a hotline?", "They will.", "yes")
ANNOUNCED = turn("What did the leaders announce?", "They announced a hotline.", short="a hotline")
DISTRUST = turn("Why do Japan and South Korea distrust each other?", "Because of 1910.")
TREE = turn("What do rangers do about the old oak tree?", "They prop it up.")
ABOUT = turn("What is the Camp David summit about?", "It aims to strengthen ties.")
MARCH = turn("Did Japan and South Korea hold a summit in March?", "They did.", "yes")
CRITICS = turn("What do critics say?", "Critics say that Beijing will move closer to Moscow.")
MEASURES = turn("Which missile defense measures are planned?", "Data sharing is.")
TAIWAN = turn("Is Taiwan mentioned in the joint statement?", "It is.", "yes")

FOLLOW_UPS = [
    (PACT, "Who said so?", "Who said that a collective defense pact was not agreed?"),
    (PACT, "Says who?", "Who said that a collective defense pact was not agreed?"),
    (PACT, "Why?", "Why was a collective defense pact not agreed?"),
    (PACT, "But why not?", "Why was a collective defense pact not agreed?"),
    (PACT, "When was that?", "When was a collective defense pact agreed?"),
    (PACT, "By whom?", "By whom was a collective defense pact agreed?"),
    (PACT, "Really?", "Was a collective defense pact agreed?"),
    (PACT, "Are you sure?", "Was a collective defense pact agreed?"),
    (PACT, "And Japan?", "For Japan, was a collective defense pact agreed?"),
    (PACT, "What about the hotline?", "Was the hotline agreed?"),
    (PACT, "Is it a treaty?", "Is the collective defense pact a treaty?"),
    (PACT, "Was that surprising?", "Was the collective defense pact surprising?"),
    (PACT, "Tell me more.", "What else is said about the collective defense pact?"),
    (HOST, "Why?", "Why was it that Joe Biden hosted the gathering?"),
    (HOST, "When was it?", "When was the gathering?"),
    (HOST, "Who attended it?", "Who attended the gathering?"),
    (HOST, "What did he say?", "What did Joe Biden say?"),
    (HOST, "Who else?", "Who else hosted the gathering?"),
    (HOST, "What happened there?", "What happened at Camp David?"),
    (HOST, "Why did he do so?", "With regard to the gathering, why did Joe Biden do so?"),
    (LEADER, "And Japan?", "Who leads Japan?"),
    (LEADER, "and japan?", "Who leads Japan?"),
    (LEADER, "What about the United States?", "Who leads the United States?"),
    (LEADER, "How old is he?", "How old is Yoon Suk Yeol?"),
    (LEADER, "Does Japan?", "Who leads Japan?"),
    (WHEN, "Where?", "Where was the summit held?"),
    (WHEN, "Who hosted it?", "Who hosted the summit?"),
    (WHEN, "Who attended?", "With regard to the summit, who attended?"),
    (WHEN, "And the hotline?", "When was the hotline held?"),
    (WHEN, "Who said that?", "Who said when the summit was held?"),
    (SAYS, "And China?", "What does Biden say about China?"),
    (SAYS, "And Kishida?", "What does Kishida say about North Korea?"),
    (SAYS, "And about Taiwan?", "What does Biden say about Taiwan?"),
    (SAYS, "What else?", "What else does Biden say about North Korea?"),
    (SAYS, "What is his plan?", "What is Biden’s plan?"),
    (COUNT, "And in 2021?", "How many missiles were tested in 2021?"),
    (COUNT, "2021?", "How many missiles were tested in 2021?"),
    (COUNT, "Who fired them?", "Who fired the missiles?"),
    (HOTLINE, "When will they?", "When will the three countries set up a hotline?"),
    (HOTLINE, "Will China?", "Will China set up a hotline?"),
    (HOTLINE, "Who will use it?", "Who will use the hotline?"),
    (HOTLINE, "Did they agree on it?", "Did the three countries agree on the hotline?"),
    (HOTLINE, "What are their names?", "What are the three countries’ names?"),
    (HOTLINE, "Who said so?", "Who said that the three countries will set up a hotline?"),
    (ANNOUNCED, "When?", "When did the leaders announce a hotline?"),
    (ANNOUNCED, "Will it work?", "Will a hotline work?"),
    (DISTRUST, "And China?", "For China, why do Japan and South Korea distrust each other?"),
    (DISTRUST, "Are they allies?", "Are Japan and South Korea allies?"),
    (ABOUT, "When will it take place?", "When will the Camp David summit take place?"),
    (ABOUT, "And its goals?", "What about the Camp David summit’s goals?"),
    (MARCH, "And in April?", "Did Japan and South Korea hold a summit in April?"),
    (MARCH, "Did the US?", "Did the US hold a summit in March?"),
    (MARCH, "Was it their first?", "Was the summit Japan and South Korea’s first?"),
    (MARCH, "Why so late?", "With regard to the summit, why so late?"),
    (CRITICS, "Are they right?", "Are critics right?"),
    (CRITICS, "And supporters?", "For supporters, what do critics say?"),
    (MEASURES, "And cyber measures?", "Which cyber measures are planned?"),
    (MEASURES, "How much do they cost?", "How much do the missile defense measures cost?"),
    (TAIWAN, "In what words?", "In what words is Taiwan mentioned in the joint statement?"),
    (TAIWAN, "Does it name China?", "Does the joint statement name China?"),
    (TAIWAN, "How does China see this?", "How does China see the joint statement?"),
    (TREE, "How old is it?", "How old is the old oak tree?"),
    (TREE, "And the beech?", "What do rangers do about the beech?"),
]

ON_THEIR_OWN = """\
Who hosted the summit at Camp David?
And who hosted the summit?
What did Biden say about his plans?
Is it true that a hotline was agreed?
Is there a treaty between Japan and South Korea?
Are there plans for annual meetings?
Did South Korea change its policy on Japan?
Which countries said that they would join?
What did the leaders say about their meeting?
Does the pledge say that an attack on one is an attack on all?
How long does it take to fly to Seoul?
What happened on 16 August 2023?
Did Kishida say that he would attend?
Why was the first joint summit important?
Was it Biden who invited the leaders?
Who said that the pact is not an alliance?
When was the hotline agreed?
What is NATO?
Who is Yoon Suk Yeol?
Is the pledge a treaty?
How many exercises will be held each year?
Is China a threat?
Did Japan agree to the hotline?
Was Taiwan mentioned?
What did the United States, Japan and South Korea agree on?
Do officials expect that China will react to this summit?
Why does China oppose the summit?
hotline
summit Camp David hotline
Tell me more about the hotline.
Who else attended the summit?
What do critics say about the deal and how do the officials answer them?
Does Japan trust South Korea and its leaders?
Will the president meet his counterpart?
How far back does the quarrel between Japan and South Korea go?
Explain the dispute between Japan and South Korea.
List the participants.
What was said about that hotline?
What did the joint statement say about Taiwan and why does it matter?
In which year did the leaders first meet?
Does this article mention Taiwan?
Has there been an agreement on missiles?
Is it forbidden to smoke?
Who do I call if it rains?
How far is it to the station?
What time is it?
When does the tenant get his deposit back?
Wi-Fi password?
Opening hours?""".splitlines()


@pytest.mark.parametrize(("before", "asked", "made"), FOLLOW_UPS)
def test_a_follow_up_carries_over_what_it_leaves_out(before: Answer, asked: str, made: str) -> None:
    assert stand_alone(asked, [before]) == made


@pytest.mark.parametrize("question", ON_THEIR_OWN)
@pytest.mark.parametrize("before", [PACT, HOST, COUNT], ids=["yes-no", "who", "how-many"])
def test_a_question_that_stands_on_its_own_stays_as_it_is(before: Answer, question: str) -> None:
    assert stand_alone(question, [before]) is None


@pytest.mark.parametrize("question", ["Why?", "And Japan?", "Who said so?"])
def test_the_first_question_is_never_rewritten(question: str) -> None:
    assert stand_alone(question, []) is None


def test_a_follow_up_of_a_follow_up_builds_on_the_rewritten_question() -> None:
    japan = turn("And Japan?", "Fumio Kishida does.", rewritten="Who leads Japan?")
    assert stand_alone("And China?", [LEADER, japan]) == "Who leads China?"


FIRST = turn("When was Ada Lovelace born?", "In 1815, in London.")


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("Did she have children?", "Did Ada Lovelace have children?"),
        ("What did Lovelace write?", "What did Ada Lovelace write?"),
        ("Any other interesting facts?", "What else is said about Ada Lovelace?"),
        (
            "Are there other interesting aspects about this?",
            "What else is said about Ada Lovelace?",
        ),
    ],
)
def test_what_a_conversation_is_about_stays_its_subject(asked: str, made: str) -> None:
    """Not somebody whom the last answer names, as long as the questions name somebody."""
    since = turn("What happened then?", "William King became Earl of Lovelace.")
    assert stand_alone(asked, [FIRST, since]) == made


def test_what_names_nothing_is_searched_for_with_the_subject_of_the_conversation() -> None:
    assert subject_of("What happened next?", [FIRST]) == "Ada Lovelace"
    assert subject_of("Where was Charles Babbage born?", [FIRST]) == ""
    assert subject_of("Which machine did the engineer design in his workshop?", [FIRST]) == ""
    assert subject_of("What happened next?", []) == ""


def test_where_nothing_was_decided_the_source_is_asked_whether_it_was() -> None:
    open_question = turn("Was a pact agreed?", "They spoke of one.")
    assert stand_alone("Who said so?", [open_question]) == "Who said whether a pact was agreed?"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_question_breaks_the_rules(before: str, said: str, question: str) -> None:
    made = stand_alone(question, [turn(before, said, "yes", short=said[:20])])
    assert made is None or made.strip()
