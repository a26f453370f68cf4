"""Whether a question is in English, the only language that the reader knows."""

from __future__ import annotations

import unicodedata

from summit_qa.language.lexicon import STOPWORDS, word_set, words

# Frequent little words of other languages written in Latin letters; none is an English word.
_LITTLE = {
    "German": word_set(
        "der die das und ist sind wurde wurden wird werden nicht ein eine einen einem einer wer "
        "wie wann warum welche welcher welches wo wieviel wieviele hat haben für mit von zu zum "
        "zur auf aus bei nach über unter gibt kann darf muss ich wir sie sich den dem des im"
    ),
    "French": word_set(
        "le la les des du est sont une qui que quoi quand où pourquoi comment quel quelle quels "
        "quelles combien dans pour avec sur par pas il elle nous vous ils elles ont été cette ce "
        "ces aux au et à"
    ),
    "Spanish": word_set(
        "el los las una qué quién quiénes cuándo dónde cómo cuál cuáles cuánto cuántos cuántas "
        "por para con del en es son fue fueron está están hay se su sus y que quien cuando donde "
        "como cual la"
    ),
    "Italian": word_set(
        "il lo gli della delle degli dei nel nella che chi quando dove perché quale quali quanto "
        "quanti quante è sono ha hanno stato per con di da un una come cosa la"
    ),
    "Portuguese": word_set(
        "os das dos uma que quem quando onde como qual quais quanto quantos quantas é são foi "
        "foram para com em na nos nas não está há"
    ),
    "Dutch": word_set(
        "het een van wie wat wanneer waar waarom hoe welke hoeveel wordt werd werden zijn heeft "
        "hebben niet voor met op aan uit naar deze dit die dat de"
    ),
}
_FEWEST = 2  # little words of one language, and more of them than English ones


def not_english(question: str) -> str | None:
    """Why the question cannot be read, in words; None where it is or may be English.

    Names and single words are no language: what is unclear counts as English.
    """
    letters = [character for character in question if character.isalpha()]
    other = [character for character in letters if not _is_latin(character)]
    if letters and len(other) > len(letters) / 2:
        script = unicodedata.name(other[0], "another").split(" ")[0].capitalize()
        script = {"Cjk": "Chinese or Japanese"}.get(script, script)
        return f"The question is in {script} script; only questions in English are understood."
    found = words(question)
    english = sum(word in STOPWORDS for word in found)
    counts = {name: sum(word in little for word in found) for name, little in _LITTLE.items()}
    language, count = max(counts.items(), key=lambda item: item[1])
    if count >= _FEWEST and count > english:
        return f"The question seems to be in {language}; only questions in English are understood."
    return None


def _is_latin(character: str) -> bool:
    # Letters without a name of their own, and those that stand for a value, tell no script.
    return unicodedata.name(character, "LATIN").startswith(("LATIN", "MICRO", "FEMININE", "MASC"))
