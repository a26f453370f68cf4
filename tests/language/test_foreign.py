"""A question in another language or script is told from an English one."""

import pytest

from summit_qa.language.foreign import not_english


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Wer hat das Treffen ausgerichtet?", "German"),
        ("Wann endet der Mietvertrag?", "German"),
        ("Endet der Mietvertrag?", None),  # one little word is not enough
        ("Wie hoch ist die Miete für das Büro?", "German"),
        ("Qui est le président de la société ?", "French"),
        ("¿Quién es el director de la empresa?", "Spanish"),
        ("Quando è stato firmato il contratto?", "Italian"),
        ("Quem é o diretor da empresa e onde mora?", "Portuguese"),
        ("Wanneer werd het contract getekend?", "Dutch"),
        ("Кто председатель?", "Cyrillic"),
        ("Ποιος είναι ο πρόεδρος;", "Greek"),
        ("誰が会議を主催しましたか", "script"),
        ("متى ينتهي العقد؟", "Arabic"),
    ],
)
def test_another_language_is_named(question: str, said: str | None) -> None:
    reason = not_english(question)
    assert reason is None if said is None else said in (reason or "")


@pytest.mark.parametrize(
    "question",
    [
        "Who hosted the summit?",
        "What did El Niño do to la Réunion?",
        "What does “der Vertrag” mean?",
        "Is the die cast?",
        "Where do I fill in the form for a visa?",
        "hotline",
        "Müller Straße Zürich",
        "When was Лев Толстой born?",
        "Who wrote Les Misérables and Le Père Goriot?",
        "5 µm?",
        "Was it on or off?",
        "",
    ],
)
def test_english_with_foreign_names_is_english(question: str) -> None:
    assert not_english(question) is None
