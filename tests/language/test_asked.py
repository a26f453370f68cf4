import pytest

from summit_qa.language.asked import Asked, asked


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Compare what the articles say about the dam.", "What is said about the dam?"),
        ("What do the articles say about Taiwan?", "What is said about Taiwan?"),
        ("How do the reports each describe the harbour?", "What is said about the harbour?"),
        ("Do the sources agree on the date?", "What is said about the date?"),
        ("Do both reports contradict each other on costs?", "What is said about costs?"),
        ("Where do the texts disagree about the hotline?", "What is said about the hotline?"),
        ("Which articles mention the strike?", "What is said about the strike?"),
        ("Contrast jam with honey.", "What is said about jam and honey?"),
        ("Compare the taxes that each article lists.", "What is said about the taxes?"),
        ("Can you tell me what the articles say about Japan?", "What is said about Japan?"),
        ("Tell me which reports mention the strike.", "What is said about the strike?"),
        ("Set the three reports side by side on the rent.", "What is said about the rent?"),
        (
            "Ms. Lund turns up in several articles: what does each have her say?",
            "What is said about Ms. Lund?",
        ),
    ],
)  # fmt: skip
def test_what_the_sources_say_is_asked_as_what_is_said(question: str, text: str) -> None:
    topic = text.removeprefix("What is said about ").rstrip("?")
    assert asked(question) == Asked(text, topic, by_source=True)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("hotline", "What is said about hotline?"),
        ("Kurt Campbell", "What is said about Kurt Campbell?"),
        ("photo credit?", "What is said about photo credit?"),
        ("Tell me about the new bridge, please.", "What is said about the new bridge?"),
        ("can you summarize the ruling", "What is said about the ruling?"),
        ("What is the difference between jam and tea?", "What is said about jam and tea?"),
    ],
)  # fmt: skip
def test_a_topic_is_asked_as_what_is_said_about_it(question: str, text: str) -> None:
    assert asked(question) == Asked(text, text.removeprefix("What is said about ").rstrip("?"))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Could you please tell me who hosted the summit?", "who hosted the summit?"),
        ("According to the articles, who hosted it?", "who hosted it?"),
        (
            "I am writing a piece on ports. Which harbours did the storm of March close?",
            "Which harbours did the storm of March close?",
        ),
    ],
)
def test_what_stands_around_a_question_is_left_out(question: str, text: str) -> None:
    assert asked(question) == Asked(text)


@pytest.mark.parametrize(
    "question",
    [
        "Was a collective defense pact agreed?",
        "Who hosted the gathering?",
        "What did the report say?",
        "Are the reports of an accident true?",
        "Ruiz left the party. When did she found it?",
        "The leaders met in May.",
        "How did China respond to the summit?",
        "why",
        "?",
        "Summarize the five articles",
        "Who wrote the letters?",
        "When must the documents be filed?",
        "How many letters did Anna send?",
        "How much money is in the accounts?",
        "Did the authors agree to a deal?",
        "Did the two newspapers merge in the same year?",
        "Do the articles mention Taiwan?",
        "What are the articles of association?",
        "Why did the writers strike?",
        "When did Mr. Jones sign the tenancy agreement?",
        "Did the U.S. Senate reject the climate treaty amendment?",
        "How many patients did Dr. Sarah Jones treat at Leeds hospital?",
        'Who said "The war is over. Lasting peace needs strong democratic institutions."?',
        "What does it take to please voters?",
        "When did the thank you letter arrive?",
        "Contrast agents: when are they contraindicated?",
        "Who stood side by side with the president?",
        "Define force majeure",
        "When did the newspapers report the accident?",
        "How many of the letters mention rent?",
        "How much do both papers give staff?",
        "🙂",
    ],
)
def test_other_questions_stay_as_they_are(question: str) -> None:
    assert asked(question).text == question


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who do the articles say fired first?", "Who fired first?"),
        ("How do the reports each describe where it lies?", "where it lies?"),
    ],
)
def test_a_question_within_is_asked_of_each_source(question: str, text: str) -> None:
    assert asked(question) == Asked(text, by_source=True)


def test_a_question_of_many_words_is_read_in_time() -> None:
    assert asked("1 " * 1000 + "of the " * 200).text


def test_what_is_known_about_when_keeps_its_question() -> None:
    assert asked("What is known about when the attack happened?") == Asked(
        "when the attack happened?"
    )
