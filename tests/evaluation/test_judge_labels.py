import gzip
import json
from pathlib import Path

import pytest

from doubles import FixedJudge, document
from summit_qa.errors import EvaluationError
from summit_qa.evaluation.judge_labels import (
    Labelled,
    load_labelled,
    load_pairs,
    measure_judge,
    measure_pairs,
)

ROWS = [
    Labelled("Ann came.", "Ann came.", True, "x"),
    Labelled("Ann came.", "Bob came.", False, "x"),
    Labelled("Bob came.", "Bob came.", True, "y"),
    Labelled("Bob came.", "Ann came.", True, "y"),
]
JSONL = '{"evidence": ["Ann came.", "Bob left."], "claim": "Ann left.", "label": "contradicted"}\n'
CSV = (
    'claim,label,evidence,id\n"Ann, came.",Entailed,"He said ""yes"".",1\nBob.,not supported,x,2\n'
)


def test_rows_are_read_from_json_lines_csv_and_gzip(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(JSONL + "\n" + JSONL.replace('"contradicted"', "1"))
    (tmp_path / "b.csv").write_text(CSV)
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    (tmp_path / "d.tsv").write_text("evidence\tclaim\tlabel\nx\ty\tTRUE\n")
    assert load_labelled(tmp_path / "a.jsonl") == [
        Labelled("Ann came. Bob left.", "Ann left.", False),
        Labelled("Ann came. Bob left.", "Ann left.", True),
    ]
    read = load_labelled(tmp_path / "b.csv")
    assert read[0] == Labelled('He said "yes".', "Ann, came.", True)
    assert not read[1].entailed
    assert load_labelled(tmp_path / "c.csv.gz") == read
    assert load_labelled(tmp_path / "d.tsv") == [Labelled("x", "y", True)]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("x.jsonl", b"", "has no rows"),
        ("x.jsonl", b"{", "row 1"),
        ("x.jsonl", b'{"evidence": "x"}', "row 1: it needs evidence, claim and label"),
        ("x.jsonl", b'{"evidence": "x", "claim": "", "label": 1}', "must be texts"),
        ("x.jsonl", b'{"evidence": "x", "claim": "y", "label": "so-so"}', "no label 'so-so'"),
        ("x.jsonl", b"\xff\xfe", "is not UTF-8"),
        ("x.jsonl.gz", b"plain", "is not gzipped"),
        ("x.csv", b"evidence,claim\nx,y\n", "row 2: it needs evidence, claim and label"),
    ],
)
def test_what_is_amiss_is_said_with_its_row(
    tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(EvaluationError) as caught:
        load_labelled(tmp_path / name)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_judge_is_measured_at_the_threshold_given() -> None:
    found = measure_judge("rows", ROWS, FixedJudge(), 0.5)
    # entailed at 0.98, 0.05, 0.98, 0.05: one of three positives is missed
    assert (found.count, found.positives, found.threshold) == (4, 3, 0.5)
    assert found.auroc.value == pytest.approx((1 + 1 + 0.5) / 3)
    assert found.balanced_accuracy.value == pytest.approx((2 / 3 + 1) / 2)
    assert found.calibration_error.value == pytest.approx((2 * 0.02 + 2 * 0.45) / 4, abs=1e-6)
    assert [(each.count, each.observed) for each in found.bins] == [(2, 0.5), (2, 1.0)]
    assert found.kinds["x"].value == 1
    assert found.kinds["y"].value is None  # no negatives
    low, high = found.auroc.low, found.auroc.high
    assert low is not None
    assert high is not None
    assert 0 <= low <= 5 / 6 <= high <= 1


def test_a_threshold_that_lets_everything_pass_is_no_better_than_chance() -> None:
    assert measure_judge("rows", ROWS, FixedJudge(), 0.01).balanced_accuracy.value == 0.5


def test_labels_of_one_kind_alone_have_no_accuracy() -> None:
    found = measure_judge("rows", ROWS[:1], FixedJudge(), 0.5)
    assert found.auroc.value is None
    assert found.balanced_accuracy.value is None


def test_progress_is_told() -> None:
    steps: list[tuple[int, int]] = []
    many = ROWS * 40
    measure_judge("x", many, FixedJudge(), 0.5, progress=lambda *it: steps.append(it[:2]))
    assert steps == [(64, 160), (128, 160), (160, 160)]


DOCUMENTS = {"a.txt": document("a.txt", "Ann came.\n")}


def pair(true: str, false: str, line: int = 1, kind: str = "actor") -> str:
    evidence = {"file": "a.txt", "line": line}
    return json.dumps({"kind": kind, "evidence": evidence, "true": true, "false": false}) + "\n"


def test_a_pair_is_right_where_only_its_true_claim_is_entailed(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        pair("Ann came.", "Bob came.")
        + pair("Ann came.", "Ann came.", kind="number")
        + pair("She came.", "Bob came.", kind="number")
    )
    found = measure_pairs(path, DOCUMENTS, FixedJudge(), 0.5)
    assert found.count == 6
    assert found.pairs_right is not None
    assert found.pairs_right.value == pytest.approx(1 / 3)
    assert {kind: figure.value for kind, figure in found.kinds.items()} == {"actor": 1, "number": 0}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (pair("x", "y", line=9), "has no a.txt:9"),
        (pair("x", "y").replace("a.txt", "b.txt"), "has no b.txt:1"),
        ('{"kind": "actor"}', "a field is missing"),
        ("", "has no rows"),
    ],
)
def test_pairs_that_do_not_fit_the_corpus_are_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "pairs.jsonl").write_text(text)
    with pytest.raises(EvaluationError) as caught:
        load_pairs(tmp_path / "pairs.jsonl", DOCUMENTS)
    assert says in str(caught.value)


def test_the_shipped_pairs_fit_the_articles() -> None:
    from summit_qa.documents.corpus import read_corpus

    root = Path(__file__).parents[2]
    documents = {each.path: each for each in read_corpus(root / "corpus").documents}
    rows = load_pairs(root / "eval" / "polarity.jsonl", documents)
    assert len(rows) >= 200
    for true, false in zip(rows[::2], rows[1::2], strict=True):
        assert true.evidence == false.evidence
        assert true.claim != false.claim
