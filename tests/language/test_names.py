import pytest

from summit_qa.language.names import missing_from, names_in


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the Wi-Fi password?", "The wifi password is 1234."),
        ("Who is the CEO?", "Ana Ruiz is chief executive."),
        ("Who owes 1500 euros?", "Tom owes 1,500 euros."),
        ("Who brought the TV?", "Tom brought the television."),
        ("What happened on Jan 5?", "On January 5 it rained."),
        ("What happened in 2024?", "It rained on 05/06/24."),
        ("What does Section 4 say?", "4. Pets are not allowed."),
        ("Who caught COVID-19?", "Tom caught Covid."),
        ("What did the Americans want?", "The United States wanted peace."),
        ("What did Chile want?", "The Chilean minister wanted peace."),
        ("What do Kenyans want?", "Kenya wants rain."),
        ("What did the Belgian minister say?", "Belgium is rainy."),
        ("Who won World War II?", "World War II was won by the allies."),
        ("What should I do if I'm locked out?", "Ring the caretaker."),
        ("What did Angela Merkel say?", "Merkel said nothing."),
        ("Where does Herve live?", "Hervé lives in Lyon."),
        ("Where does Hervé live?", "Herve lives in Lyon."),
        ("Who founded Łódź?", "Lodz is an old town."),
        ("What did Søren paint?", "Soren painted boats."),
        ("What did the US sell?", "The United States sold wheat."),
        ("What did the United States sell?", "The U.S. sold wheat."),
        ("What did the U.S. sell?", "The US sold wheat."),
        ("When did WWII end?", "World War II ended in May."),
        ("When did the Second World War end?", "WWII ended in May."),
        ("Who heads the WTO?", "The World Trade Organization has a head."),
        ("Who is the Frenchman?", "Two Frenchmen met."),
        ("Who are the Frenchmen?", "A Frenchman rose."),
        ("Who is the Englishwoman?", "Two Englishwomen met."),
        ("Who met the Hendersons?", "Henderson was met by all."),
        ("What did Guteres say?", "Guterres said nothing."),
        ("What did Schumaker win?", "Schumacker won a race."),
        ("Where is Pittsburg?", "Pittsburgh lies on a river."),
        ("Who painted in Brussles?", "She painted in Brussels."),
    ],
)
def test_mentioned_in_another_form(question: str, text: str) -> None:
    assert missing_from(question, [text]) == []


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        ("What did Chile want?", "The children wanted sweets.", ["Chile"]),
        ("What did Iran say?", "Miranda said nothing.", ["Iran"]),
        ("What happened in 2024?", "It rained in 2023.", ["2024"]),
        ("What did Maria say?", "Marks were given.", ["Maria"]),
        ("What did Jensen say?", "Jansen said nothing.", ["Jensen"]),
        ("What did Peterson say?", "Petersburg is cold.", ["Peterson"]),
        ("When did WWII end?", "World War I ended in 1918.", ["WWII"]),
        ("Who lives in Los Angeles?", "Vive la France.", ["Los Angeles"]),
        ("What did Americans want?", "They told us to go.", ["Americans"]),
    ],
)
def test_missing(question: str, text: str, missing: list[str]) -> None:
    assert missing_from(question, [text]) == missing


def test_a_contraction_is_no_name() -> None:
    assert names_in("What if I'm late and Ana’s not there?") == ["Ana"]
    assert names_in("When I’ve paid, what does Ana get?") == ["Ana"]
