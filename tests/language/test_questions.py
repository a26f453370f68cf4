import pytest

from summit_qa.language.questions import as_statement, asks_latest, is_yes_no


@pytest.mark.parametrize(
    "question",
    [
        "Was a collective defense pact agreed?",
        "did the leaders meet in Tokyo",
        "Isn't it an alliance?",
        "According to the report, will China respond?",
        "So, has the treaty been signed?",
        "The leaders signed it, right?",
        "Can the three nations share missile data in real time?",
    ],
)
def test_yes_no_questions_are_told_by_their_first_auxiliary(question: str) -> None:
    assert is_yes_no(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who hosted the gathering?",
        "When did the leaders meet?",
        "In which city was it held?",
        "Was it a treaty or a pledge?",
        "Can you tell me who hosted it?",
        "Do you know when it was?",
        "Tell me about the summit.",
        "",
        "?",
        "Hosted",
    ],
)
def test_other_questions_are_not(question: str) -> None:
    assert not is_yes_no(question)


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Was a collective defense pact agreed?", "A collective defense pact was agreed."),
        ("Is the pledge a treaty?", "The pledge is a treaty."),
        (
            "Did the three leaders agree to meet every year?",
            "The three leaders did agree to meet every year.",
        ),
        ("Will they hold a summit in Seoul?", "They will hold a summit in Seoul."),
        ("Didn't they sign it?", "They did sign it."),
        ("Won't it replace the treaty?", "It will replace the treaty."),
        ("Is it true that China condemned the meeting?", "China condemned the meeting."),
        ("The leaders signed it, didn't they?", "The leaders signed it."),
        (
            "Has the governor of the state been arrested?",
            "The governor of the state has been arrested.",
        ),
        ("According to Reuters, are the ships in the strait?", "The ships are in the strait."),
    ],
)
def test_a_question_is_turned_round(question: str, statement: str) -> None:
    assert as_statement(question) == statement


@pytest.mark.parametrize("question", ["Who was it?", "Did Blorp zonk?", "Was it?"])
def test_where_the_rules_cannot_tell_there_is_no_statement(question: str) -> None:
    assert as_statement(question) is None


@pytest.mark.parametrize(
    ("question", "latest"),
    [
        ("What is the latest price of oil?", True),
        ("Who currently chairs the board?", True),
        ("Is the rule still in force?", True),
        ("Who is the chair now?", True),
        ("Who chaired the board in 2019?", False),
        ("What did he know, now that it was over, and when?", False),
        ("Where is the exhibition today on the map?", False),
    ],
)
def test_questions_about_how_things_are_now_are_told(question: str, latest: bool) -> None:
    assert asks_latest(question) is latest
