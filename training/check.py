"""Quick figures of a checkpoint on the calibration data, while training runs.

    python training/check.py judge CHECKPOINT --base DIR [--sample 120]

Figures only: nothing is fitted. BUMP: the reference scored above its edited twin; FRANK and
WiCE: AUROC of the weakest sentence's support; Argus: balance of yes and no over the sentences.
For a reader: F1 of the span and AUROC of answerable on the held-out tenth, MAP on TREC-QA.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from data import rows, sentences, span_rows
from measures import auroc, average_precision, token_f1
from model import Judge, Reader
from train import Encoded, load_tokenizer

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))


class Scorer:
    """Support of claims by texts, with the windows that the package uses."""

    def __init__(self, checkpoint: Path, base: Path) -> None:
        self.model = Judge().eval()
        self.model.load_state_dict(torch.load(checkpoint, weights_only=True)["averaged"])
        self.tokenizer = load_tokenizer(base, 256)

    @torch.no_grad()
    def __call__(self, pairs: Sequence[tuple[str, str]]) -> Tensor:
        """Probabilities (n, 3) of (claim, evidence) pairs."""
        encoded = Encoded(self.tokenizer, [c for c, _ in pairs], [e for _, e in pairs])
        order = sorted(range(len(pairs)), key=lambda index: len(encoded.items[index].ids))
        out = torch.zeros(len(pairs), 3)
        for begin in range(0, len(order), 24):
            chosen = order[begin : begin + 24]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = self.model(*encoded.tensors(chosen))
            out[chosen] = logits.float().softmax(-1)
        return out

    def support(self, claim: str, text: str) -> float:
        """The highest support that any window of the text gives the claim."""
        from summit_qa.models.support import windows

        return float(self([(claim, part) for part in windows(text, claim)])[:, 0].max())


def _sentences(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text.replace(" .", "."))]


@torch.no_grad()
def check_reader(checkpoint: Path, base: Path, sample: int) -> None:
    """Figures of a reader."""
    model = Reader().eval()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["averaged"])
    tokenizer = load_tokenizer(base, 384)
    held = list(span_rows(held=True))
    f1, margins, relevances, wanted = [], [], [], []
    for row in random.Random(1).sample(held, 3 * sample):
        encoded = Encoded(tokenizer, [row["question"]], [row["context"]])
        relevance, start, end = model(*encoded.tensors([0]))
        start, end = start[0].log_softmax(-1), end[0].log_softmax(-1)
        together = start[1:, None] + end[None, 1:]
        together = together.triu().tril(24).masked_fill(together.triu().tril(24) == 0, -99)
        best = int(together.argmax())
        first, last = best // (len(start) - 1) + 1, best % (len(start) - 1) + 1
        offsets = encoded.items[0].offsets
        if row["answerable"]:
            f1.append(token_f1(row["context"][offsets[first][0] : offsets[last][1]], row["answer"]))
        margins.append(float(together.max() - start[0] - end[0]))
        relevances.append(float(relevance))
        wanted.append(row["answerable"])
    print(
        f"f1 {sum(f1) / len(f1):.3f}, answerable by span {auroc(margins, wanted):.3f}, "
        f"by relevance {auroc(relevances, wanted):.3f}"
    )
    precisions = []
    for row in list(rows("calibration-trecqa-dev"))[:sample]:
        if any(row["labels"]):
            encoded = Encoded(tokenizer, [row["question"]] * len(row["labels"]), row["candidates"])
            scores = [float(model(*encoded.tensors([i]))[0]) for i in range(len(row["labels"]))]
            precisions.append(average_precision(scores, [bool(label) for label in row["labels"]]))
    print(f"trecqa MAP {sum(precisions) / len(precisions):.3f}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["judge", "reader"])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=120)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.name == "reader":
        check_reader(options.checkpoint, options.base, options.sample)
    else:
        check_judge(options.checkpoint, options.base, options.sample)


def check_judge(checkpoint: Path, base: Path, count: int) -> None:
    """Figures of a judge."""
    scorer = Scorer(checkpoint, base)

    def sample(name: str) -> list[dict]:
        found = list(rows(name))
        return random.Random(1).sample(found, min(len(found), count))

    def weakest(claims: Sequence[str], text: str) -> float:
        return min(scorer.support(claim, text) for claim in claims)

    wins = []
    for row in sample("calibration-bump-task2"):
        one, two = _sentences(row["reference_summary"]), _sentences(row["edited_summary"])
        right, wrong = (
            [c for c in one if c not in two] or one,
            [c for c in two if c not in one] or two,
        )
        wins.append(weakest(right, row["article"]) > weakest(wrong, row["article"]))
    print(f"bump {sum(wins) / len(wins):.3f}", flush=True)
    kept = [row for row in sample("calibration-frank-valid") if row["dataset"] == "cnndm"]
    scores = [weakest(row["summary_sentences"], row["article"]) for row in kept]
    print(f"frank {auroc(scores, [row['factuality'] >= 1 for row in kept]):.3f}", flush=True)
    kept = sample("calibration-wice-dev")
    scores = [scorer.support(row["claim"], " ".join(row["evidence"])) for row in kept]
    print(f"wice {auroc(scores, [row['label'] == 'supported' for row in kept]):.3f}", flush=True)
    right = []
    for row in sample("calibration-argus-val"):
        each = scorer([(row["question"], text) for text in row["sentences"][:12]])
        right.append(float((each[:, 0] - each[:, 2]).sum()) > 0)
        right[-1] = right[-1] == (row["answer"] in ("yes", True))
    print(f"argus {sum(right) / len(right):.3f}", flush=True)


if __name__ == "__main__":
    main()
