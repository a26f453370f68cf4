import pytest

from summit_qa.language.answer_types import answer_type, can_answer, holds, missing_reason


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many ships sank?", "number"),
        ("how much did the bridge cost", "number"),
        ("What percentage voted?", "number"),
        ("When did the strike end?", "time"),
        ("In what year was the mill built?", "year"),
        ("Which month did it close in?", "month"),
        ("On which day of the week did it close?", "weekday"),
        ("What day did it close?", "time"),
        ("Where was the mill built?", "place"),
        ("In which city was the mill built?", "place"),
        ("What happened where the mill stood?", None),
        ("When should it be avoided?", None),
        ("By what margin did he win?", None),
        ("What state is the economy in?", None),
        ("In which state is the mill?", "place"),
        ("Is Rome where the mill stood?", None),
        ("Did Anna sign the lease when she moved in?", None),
        ("How far did the talks get?", None),
        ("Since when has the ferry run?", "time"),
        ("Who built the mill?", "name"),
        ("By whom was the mill built?", "name"),
        ("What happened when the mill closed?", None),
        ("How did the mill close?", None),
        ("How long is the bridge?", "number"),
        ("Why was the mill closed?", None),
        ("Was the mill closed?", None),
        ("What is the telephone number of the mill?", "phone number"),
        ("Which email address has the mill?", "e-mail address"),
        ("Which telephone did he buy?", None),
    ],
)
def test_the_type_is_read_off_the_question(question: str, kind: str | None) -> None:
    assert answer_type(question) == kind


@pytest.mark.parametrize(
    ("text", "kind", "held"),
    [
        ("It cost 4 million.", "number", True),
        ("It cost a dozen eggs, twice.", "number", True),
        ("It cost a fortune.", "number", False),
        ("A three-way line was laid.", "number", False),
        ("It closed last May.", "time", True),
        ("It closed after the war.", "time", True),
        ("It closed.", "time", False),
        ("Ring 01632 960 144.", "phone number", True),
        ("room: G4; telephone: 207", "phone number", True),
        ("Ring from 5 a.m. on.", "phone number", False),
        ("Write to ada@mill.example.", "e-mail address", True),
        ("Write to Ada.", "e-mail address", False),
        ("it was Ada", "name", True),
        ("it was they", "name", True),
        ("The lease runs for a year.", "number", True),
        ("Entry is free.", "number", True),
        ("It is a three-year lease.", "number", True),
        ("A six-year-old boy won.", "number", True),
        ("Thousands of people marched.", "number", True),
        ("Some twenty-one ships left.", "number", True),
        ("A three-way hotline was set up.", "number", False),
        ("The clinic is open on Tuesdays.", "weekday", True),
        ("Mon-Fri only", "weekday", True),
        ("signed on 12 Sept. 2020", "month", True),
        ("It fell in the 1340s.", "year", True),
        ("It fell two years ago.", "year", True),
        ("It fell in 476 AD.", "year", True),
        ("Doors open at 9 am.", "time", True),
        ("Rent is due on the 5th.", "time", True),
        ("It closed in 1998.", "year", True),
        ("It closed in May.", "year", False),
        ("It closed on 2023-08-16.", "month", True),
        ("It closed on Friday.", "weekday", True),
        ("It closed this week.", "weekday", False),
        ("It closed.", "place", True),
        ("anything", None, True),
    ],
)
def test_a_text_holds_the_type_or_not(text: str, kind: str | None, held: bool) -> None:
    assert holds(text, kind) is held  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "question", "able"),
    [
        ("Ada Lund built it.", "Who built the mill?", True),
        ("The mill of Ada Lund closed.", "Who succeeded Ada Lund?", False),
        ("South Korea and the United Kingdom met.", "Who spoke?", False),
        ("It stands in Port Vale.", "Where is the mill?", True),
        ("It stands in northern Maryland.", "Where is the mill?", True),
        ("It stands in Port Vale.", "Where in Port Vale is the mill?", False),
        ("It closed in May.", "Where is the mill?", False),
        ("In Tokyo, the leaders signed.", "Where did they sign?", True),
        ("It stands on Malta.", "Where is the mill?", True),
        ("It stands in Élancourt.", "Where is the mill?", True),
        ("Élise Martin built it.", "Who built the mill?", True),
        ("It closed.", "Why did it close?", True),
    ],
)
def test_a_text_can_answer_where_it_names_something_new(
    text: str, question: str, able: bool
) -> None:
    assert can_answer(text, question, answer_type(question)) is able


def test_what_is_missing_is_said_in_words() -> None:
    assert missing_reason("weekday").endswith("do not give a weekday for this.")
    assert missing_reason("number").endswith("do not give a number for this.")
    assert missing_reason("time").endswith("do not give a date or time for this.")
