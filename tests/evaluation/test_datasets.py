"""Public layouts: tiny files of each, and the runs over them with doubles for models."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doubles import FixedJudge, FixedRanker, WordEncoder
from doubles import settings as plain_settings
from summit_qa.assistant import Assistant, OwnModels
from summit_qa.errors import ConfigurationError, EvaluationError
from summit_qa.evaluation.cases import Place
from summit_qa.evaluation.checkpoint import Checkpoint, Kept
from summit_qa.evaluation.datasets import load_beir, load_rgb, load_squad
from summit_qa.evaluation.memory import Vectors, memory_assistant
from summit_qa.evaluation.public import (
    evaluate_answers,
    evaluate_rankings,
    lay_out,
    lay_out_open,
)
from summit_qa.evaluation.results import CaseRow
from summit_qa.types import Models

PARAGRAPHS = (
    "The bridge opened in 1932. It is tall.",
    "Ann Lee built the tower.\n\nThe tower has nine floors.",
)
SQUAD = {
    "data": [
        {
            "title": "Bridges/Towers",
            "paragraphs": [
                {
                    "context": PARAGRAPHS[0],
                    "qas": [
                        {
                            "id": "when",
                            "question": "When did the bridge open?",
                            "is_impossible": False,
                            "answers": [
                                {"text": "1932", "answer_start": 21},
                                {"text": "in 1932", "answer_start": 18},
                            ],
                        },
                        {
                            "id": "never",
                            "question": "When did Zyx fall?",
                            "is_impossible": True,
                            "plausible_answers": [],
                            "answers": [],
                        },
                    ],
                },
                {
                    "context": PARAGRAPHS[1],
                    "qas": [
                        {
                            "id": "floors",
                            "question": "How many floors has the tower?",
                            "answers": [{"text": "nine", "answer_start": 40}],
                        }
                    ],
                },
            ],
        }
    ]
}
RGB = [
    {
        "id": 0,
        "query": "When did the bridge open?",
        "answer": ["1932", ["spring", "April"]],
        "positive": ["The bridge opened in April 1932.", "In spring 1932 the bridge opened."],
        "negative": ["Nine towers stand.", "Cats sleep.", "Dogs bark.", "Rain fell.", "Wind blew."],
    },
    {
        "id": 1,
        "query": "Who came?",
        "answer": "Ann",
        "positive": [["Ann came.", "Ann arrived."], ["She came."]],
        "negative": [],
    },
]


@pytest.fixture
def models() -> Iterator[Assistant]:
    ranker = FixedRanker(spans={"The bridge opened in 1932.": ("1932", 0.9)})
    with memory_assistant(
        [], Vectors(WordEncoder()), plain_settings(engine="reader"), Models(ranker, FixedJudge())
    ) as assistant:
        yield assistant


def put(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def beir(folder: Path) -> Path:
    put(
        folder / "corpus.jsonl",
        {"_id": "d/1", "title": "Bridge", "text": "The bridge opened in 1932."},
        {"_id": "d2", "title": "", "text": "Ann Lee built the tower."},
        {"_id": "q2", "title": "", "text": "Who built the tower, asks q2."},
    )
    put(
        folder / "queries.jsonl",
        {"_id": "q1", "text": "When did the bridge open?"},
        {"_id": "q2", "text": "Who built the tower?"},
        {"_id": "q3", "text": "Nobody wants this"},
    )
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\td/1\t2\nq2\td2\t1\nq2\tq2\t1\nq3\td2\t0\n"
    )
    return folder


# ---- SQuAD


def test_squad_questions_know_their_paragraph_line_and_answers(tmp_path: Path) -> None:
    dataset = load_squad(put(tmp_path / "dev.json", SQUAD))
    when, never, floors = dataset.cases
    assert when.corpus == "0000-Bridges_Towers/000.txt"
    assert (when.kind, when.answers) == ("answerable", ("1932", "in 1932"))
    assert (when.gold, floors.gold) == (frozenset(), frozenset())  # one paragraph: nothing to find
    assert (never.kind, never.answers, never.gold) == ("unanswerable", (), frozenset())
    assert dataset.corpora[when.corpus][0].text == PARAGRAPHS[0]


def test_squad_is_asked_of_its_own_paragraph(models: Assistant, tmp_path: Path) -> None:
    dataset = load_squad(put(tmp_path / "dev.json", SQUAD))
    report = evaluate_answers(models, dataset, kept=Kept(tmp_path / "cache"))
    reader = {row.id: row for row in report.engine("reader").cases}
    assert reader["when"].short == "1932"
    assert reader["when"].figures["exact_match"] == (1, 1)
    assert reader["never"].abstained
    assert reader["never"].figures["exact_match"] == (1, 1)
    assert reader["floors"].error is None
    for engine in report.engines:
        assert engine.figures["overall"]["pointers_valid"].value == 1
        assert set(engine.figures) == {"overall", "answerable", "unanswerable"}


def test_squad_may_be_asked_of_all_paragraphs(tmp_path: Path, checked_in_process: None) -> None:
    dataset = load_squad(put(tmp_path / "dev.json", SQUAD), open_domain=True)
    when, never, floors = dataset.cases
    assert when.gold == {Place("0000-Bridges_Towers/000.txt", 1)}
    assert floors.gold == {Place("0000-Bridges_Towers/001.txt", 3)}
    assert (never.gold, never.corpus) == (frozenset(), "")
    lay_out_open(dataset, tmp_path)
    chosen = plain_settings(corpus=tmp_path / "corpus", index=tmp_path / "index", engine="reader")
    with Assistant.open(
        settings=chosen,
        own=OwnModels(WordEncoder(), FixedRanker(), FixedJudge()),
    ) as assistant:
        report = evaluate_answers(assistant, dataset, kept=Kept(tmp_path / "cache"))
    rows = {row.id: row for row in report.engine("reader").cases}
    assert rows["floors"].statements[0].text == "The tower has nine floors."
    assert rows["floors"].found[0] == "0000-Bridges_Towers/001.txt:3"


# ---- RGB


def test_rgb_rows_are_asked_with_noise_and_with_noise_alone(tmp_path: Path) -> None:
    dataset = load_rgb(put(tmp_path / "en.json", *RGB))
    noise, reject, grouped = dataset.cases
    assert (noise.kind, noise.must) == ("noise_robustness", (("1932",), ("spring", "April")))
    assert (reject.kind, reject.must) == ("unanswerable", ())
    given = {document.text for document in dataset.corpora[noise.corpus]}
    assert given == {*RGB[0]["positive"], *RGB[0]["negative"][:3]}
    assert {it.text for it in dataset.corpora[reject.corpus]} == set(RGB[0]["negative"])
    texts = [document.text for document in dataset.corpora[grouped.corpus]]
    assert sorted(texts) == ["Ann arrived.", "Ann came.", "She came."]
    assert grouped.must == (("Ann",),)


def test_rgb_noise_is_as_asked_for(tmp_path: Path) -> None:
    path = put(tmp_path / "en.json", RGB[0])
    for noise, negatives in ((0.0, 3), (0.8, 4)):  # there are but two passages that hold it
        case = load_rgb(path, noise=noise).cases[0]
        texts = {document.text for document in load_rgb(path, noise=noise).corpora[case.corpus]}
        assert len(texts - set(RGB[0]["positive"])) == negatives
    assert [case.kind for case in load_rgb(path, noise=1.0).cases] == ["unanswerable"]
    assert load_rgb(path, noise=0.2).sha256 != load_rgb(path, noise=0.4).sha256


def test_rgb_answers_hold_every_fact_and_rejections_abstain(
    models: Assistant, tmp_path: Path
) -> None:
    dataset = load_rgb(put(tmp_path / "en.json", *RGB))
    report = evaluate_answers(models, dataset, engines=("bm25-top-sentence",), kept=Kept(tmp_path))
    noise, reject, _ = report.engines[0].cases
    assert noise.right
    assert reject.abstained  # no word of the question occurs
    figures = report.engines[0].figures
    assert figures["noise_robustness"]["right"].count == 2
    assert figures["unanswerable"]["abstention_recall"].value == 1


# ---- BEIR


def test_beir_folders_are_ranked_by_lists_fused_and_alone(
    tmp_path: Path, checked_in_process: None
) -> None:
    ranking = load_beir(beir(tmp_path / "tiny"))
    assert set(ranking.queries) == {"q1", "q2"}
    assert ranking.relevance["q2"] == {"d2": 1}  # a query is no hit for itself
    names = lay_out(ranking.texts, tmp_path / "laid")
    chosen = plain_settings(
        corpus=tmp_path / "laid" / "corpus", index=tmp_path / "index", engine="reader"
    )
    with Assistant.open(
        settings=chosen,
        own=OwnModels(WordEncoder(), FixedRanker(), FixedJudge()),
    ) as assistant:
        report = evaluate_rankings(assistant, ranking, names, kept=Kept(tmp_path / "cache"))
    assert [engine.name for engine in report.engines] == ["hybrid", "dense", "bm25"]
    for engine in report.engines:
        figures = engine.figures["overall"]
        assert figures["ndcg_at_10"].value == 1
        assert figures["recall_at_100"].value == 1
        assert engine.cases[0].found[0] == "d/1"
        assert "q2" not in engine.cases[1].found


def test_texts_are_laid_out_once(tmp_path: Path) -> None:
    names = lay_out({"a": "one", "b": "two\x00"}, tmp_path)
    file = tmp_path / "corpus" / "0000" / "0000001.txt"
    assert names == {"0000/0000000.txt": "a", "0000/0000001.txt": "b"}
    assert file.read_text() == "two "
    file.write_text("kept")
    lay_out({"a": "one", "b": "two"}, tmp_path)
    assert file.read_text() == "kept"


def test_rankings_are_asked_of_rankers_alone(models: Assistant, tmp_path: Path) -> None:
    ranking = load_beir(beir(tmp_path / "tiny"))
    with pytest.raises(ConfigurationError, match="No ranking 'reader'; there are hybrid"):
        evaluate_rankings(models, ranking, {}, engines=("reader",), kept=Kept(tmp_path))


# ---- what is amiss


@pytest.mark.parametrize(
    ("load", "name", "text", "says"),
    [
        (load_squad, "x.json", "[", "is not SQuAD JSON"),
        (load_squad, "x.json", '{"data": [{"paragraphs": [{}]}]}', "is not SQuAD JSON"),
        (load_squad, "x.json", '{"data": []}', "has no questions"),
        (load_rgb, "x.json", "{}", "line 1: it needs id, query"),
        (load_rgb, "x.json", "nonsense", "line 1: it is not JSON"),
        (load_rgb, "x.json", "[1]", "line 1: it is not an object"),
        (load_rgb, "x.json", "", "has no rows"),
    ],
)
def test_a_file_of_another_layout_is_refused(
    tmp_path: Path, load: Any, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(EvaluationError) as caught:
        load(tmp_path / name)
    assert says in str(caught.value)


def test_a_folder_that_is_not_of_beir_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"has no qrels/test or dev or train\.tsv"):
        load_beir(tmp_path)
    folder = beir(tmp_path / "tiny")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\n")
    with pytest.raises(EvaluationError, match=r"test\.tsv, line 2: it needs query-id"):
        load_beir(folder)
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td2\t0\n")
    with pytest.raises(EvaluationError, match="no query with a relevant one"):
        load_beir(folder)


# ---- resuming


def test_a_run_goes_on_where_it_was_stopped(models: Assistant, tmp_path: Path) -> None:
    dataset = load_squad(put(tmp_path / "dev.json", SQUAD))
    asked: list[int] = []

    def stops(done: int, total: int, what: str) -> None:
        asked.append(done)
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_answers(models, dataset, engines=("reader",), kept=Kept(tmp_path), progress=stops)
    (file,) = tmp_path.glob("cases-*.jsonl")
    kept = file.read_text()
    assert kept.count('"id"') == 2
    file.write_text(kept[:-40])  # the last line was cut off
    whole = evaluate_answers(models, dataset, engines=("reader",), kept=Kept(tmp_path))
    assert [row.id for row in whole.engines[0].cases] == ["when", "never", "floors"]
    asked_anew = file.read_text()[len(kept) - 40 :]
    assert '"id":"when"' not in asked_anew
    assert '"id":"never"' in asked_anew
    again = evaluate_answers(models, dataset, engines=("reader",), kept=Kept(tmp_path))
    assert again.engines[0].cases == whole.engines[0].cases  # times and all: nothing was asked


def test_another_engine_or_question_set_knows_nothing_of_it(tmp_path: Path) -> None:
    row = CaseRow(id="a", kind="fact", question="?")
    Checkpoint(tmp_path, "data", "reader").keep(row)
    assert Checkpoint(tmp_path, "data", "reader").known() == {"a": row}
    assert Checkpoint(tmp_path, "data", "writer").known() == {}
    Checkpoint(tmp_path, "data", "reader").forget()
    assert Checkpoint(tmp_path, "data", "reader").known() == {}


def test_a_case_that_failed_is_asked_again(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, "data")
    checkpoint.keep(CaseRow(id="a", kind="fact", question="?", error="broke"))
    assert checkpoint.known() == {}
