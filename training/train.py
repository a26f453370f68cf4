"""Trains the small reader; the learning rate decays with the clock, so a run ends in time.

A checkpoint (weights, their running average and
the optimizer) is kept every few minutes, and `--resume` goes on from it.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from data import Reading, readings, span_rows
from model import Reader

AVERAGE = 0.998  # decay of the running average of the weights, a step
NEWS = 45_000  # readings of questions made from news, a pass


@dataclass(frozen=True, slots=True)
class Item:
    """One tokenized pair: ids (T,), types (T,) and character offsets (T, 2)."""

    ids: NDArray[np.uint16]
    type_ids: NDArray[np.uint8]
    offsets: NDArray[np.uint16]


class Encoded:
    """Tokenized pairs, and batches of them as padded tensors."""

    def __init__(self, tokenizer: Tokenizer, firsts: Sequence[str], seconds: Sequence[str]) -> None:
        self.items: list[Item] = []
        for begin in range(0, len(firsts), 5000):  # the tokenizer's own objects are large
            block = zip(firsts[begin : begin + 5000], seconds[begin : begin + 5000], strict=True)
            self.items += [
                Item(
                    np.array(one.ids, np.uint16),
                    np.array(one.type_ids, np.uint8),
                    np.array(one.offsets, np.uint16),
                )
                for one in tokenizer.encode_batch(list(block))
            ]

    def tensors(self, chosen: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Ids, mask and types (n, T) of the chosen pairs, padded to the longest."""
        items = [self.items[index] for index in chosen]
        length = max(len(item.ids) for item in items)
        ids = torch.zeros(len(items), length, dtype=torch.long)
        mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
        for row, item in enumerate(items):
            count = len(item.ids)
            ids[row, :count] = torch.from_numpy(item.ids.astype(np.int64))
            types[row, :count] = torch.from_numpy(item.type_ids.astype(np.int64))
            mask[row, :count] = 1
        return ids, mask, types


def load_tokenizer(base: Path, tokens: int) -> Tokenizer:
    """The official tokenizer; the longer of the two texts is cut."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(tokens, strategy="longest_first")
    return tokenizer


def batches(encoded: Encoded, groups: Sequence[str], budget: int, seed: int) -> Iterator[list[int]]:
    """Batches of like length with at most ``budget`` tokens; twins of a group stay together."""
    chance = random.Random(seed)
    units: dict[str, list[int]] = {}
    for index in range(len(encoded.items)):
        units.setdefault(groups[index] or f"#{index}", []).append(index)
    order = list(units.values())
    chance.shuffle(order)
    lengths = [max(len(encoded.items[index].ids) for index in unit) for unit in order]
    pool = 4000
    made: list[list[int]] = []
    for begin in range(0, len(order), pool):
        made += filled(order[begin : begin + pool], lengths[begin : begin + pool], budget)
    chance.shuffle(made)
    yield from made


def filled(
    units: Sequence[Sequence[int]], lengths: Sequence[int], budget: int
) -> Iterator[list[int]]:
    """Units, the shortest first, as batches that have at most ``budget`` tokens when padded."""
    batch: list[int] = []
    longest = 0
    for at in sorted(range(len(units)), key=lengths.__getitem__):
        longest = max(longest, lengths[at])
        if batch and longest * (len(batch) + len(units[at])) > budget:
            yield batch
            batch, longest = [], lengths[at]
        batch.extend(units[at])
    yield batch


def judge_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy; label 3 (not entailed) is the sum of neutral and contradicted."""
    logs = functional.log_softmax(logits, -1)
    known = labels < 3
    plain = -logs.gather(1, labels.clamp(max=2)[:, None])[:, 0]
    smooth = 0.95 * plain - 0.05 * logs.mean(-1)
    either = -torch.logsumexp(logs[:, 1:], -1)
    return torch.where(known, smooth, either).mean()


def twin_loss(logits: Tensor, labels: Tensor, groups: Sequence[str]) -> Tensor:
    """How far a group's entailed claim fails to score above its twins that are not entailed."""
    score = logits[:, 0] - torch.logsumexp(logits[:, 1:], -1)
    members: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        if group:
            members.setdefault(group, []).append(index)
    true, wrong = [], []
    for indices in members.values():
        for one, other in itertools.permutations(indices, 2):
            if labels[one] == 0 and labels[other] > 0:
                true.append(one)
                wrong.append(other)
    if not true:
        return logits.new_zeros(())
    return functional.softplus(score[wrong] - score[true]).mean()


def reader_loss(
    outputs: tuple[Tensor, Tensor, Tensor], relevant: Tensor, starts: Tensor, ends: Tensor
) -> Tensor:
    """Binary cross entropy of relevance and cross entropy of the ends; -1 where unknown."""
    relevance, start, end = outputs
    loss = functional.binary_cross_entropy_with_logits(relevance, relevant)
    known = starts >= 0
    if known.any():
        spans = functional.cross_entropy(start[known], starts[known])
        loss = loss + 0.5 * (spans + functional.cross_entropy(end[known], ends[known]))
    return loss


def token_span(item: Item, span: tuple[int, int] | None) -> tuple[int, int]:
    """First and last token of a character span of the evidence; (0, 0) where there is none."""
    if span is None:
        return 0, 0
    inside = [
        index
        for index, (types, (begin, end)) in enumerate(zip(item.type_ids, item.offsets, strict=True))
        if types == 1 and end > begin and begin < span[1] and end > span[0]
    ]
    return (inside[0], inside[-1]) if inside else (-1, -1)


class Trainer:
    """A model, its optimizer and the running average of its weights."""

    def __init__(self, base: Path, rate: float) -> None:
        torch.manual_seed(7)
        self.model = Reader()
        self.model.encoder.load_official(base / "model.safetensors")
        # The word embeddings hold half of the weights and are good as they are: frozen.
        self.model.encoder.words.weight.requires_grad_(False)
        moving = [p for p in self.model.parameters() if p.requires_grad]
        heads = {id(p) for n, p in self.model.named_parameters() if not n.startswith("encoder")}
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in moving if id(p) not in heads], "scale": 1.0},
                {"params": [p for p in moving if id(p) in heads], "scale": 3.0},
            ],
            lr=rate,
            weight_decay=0.01,
            fused=True,
        )
        self.rate = rate
        self.moving = moving
        self.average = [p.detach().clone() for p in moving]
        self.steps = 0

    def step(self, loss: Tensor, factor: float) -> None:
        """One update at ``factor`` of the peak learning rate."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * group["scale"] * factor
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.moving, 1.0)
        self.optimizer.step()
        self.steps += 1
        decay = min(AVERAGE, self.steps / (self.steps + 20))
        torch._foreach_lerp_(self.average, self.moving_values(), 1 - decay)

    def averaged(self) -> dict[str, Tensor]:
        """The weights with their running average in place of the last step's."""
        state = {name: value.clone() for name, value in self.model.state_dict().items()}
        names = [name for name, p in self.model.named_parameters() if p.requires_grad]
        state.update(zip(names, (value.clone() for value in self.average), strict=True))
        return state

    def moving_values(self) -> list[Tensor]:
        """The trained weights, without their history."""
        return [p.detach() for p in self.moving]

    def save(self, path: Path) -> None:
        """Write the checkpoint beside its place, then move it there."""
        aside = path.with_suffix(".part")
        torch.save(
            {
                "model": self.model.state_dict(),
                "averaged": self.averaged(),
                "optimizer": self.optimizer.state_dict(),
                "average": self.average,
                "steps": self.steps,
            },
            aside,
        )
        aside.replace(path)

    def resume(self, path: Path, *, weights_only: bool) -> None:
        """Go on from a checkpoint; with ``weights_only`` a new schedule begins from its average."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["averaged"] if weights_only else state["model"])
        if weights_only:
            self.average = [p.detach().clone() for p in self.moving]
        else:
            self.optimizer.load_state_dict(state["optimizer"])
            self.average = state["average"]
            self.steps = state["steps"]


@torch.no_grad()
def validate(trainer: Trainer, tokenizer: Tokenizer, count: int) -> dict[str, float]:
    """Quick figures of the averaged weights on rows that are never trained on."""
    model = Reader()
    model.load_state_dict(trainer.averaged())
    model.eval()
    kept = [row for row in span_rows(held=True) if row["answerable"]][: count // 3]
    encoded = Encoded(tokenizer, [r["question"] for r in kept], [r["context"] for r in kept])
    exact = 0
    for index, row in enumerate(kept):
        _, start, end = model(*encoded.tensors([index]))
        item = encoded.items[index]
        begin, stop = int(start[0, 1:].argmax()) + 1, int(end[0, 1:].argmax()) + 1
        if begin <= stop:
            found = row["context"][item.offsets[begin][0] : item.offsets[stop][1]]
            exact += found.strip().lower() == row["answer"].strip().lower()
    return {"exact": exact / len(kept)}


def reader_rows(seed: int, limit: int, base: Path) -> list[Reading]:
    """Questions with what answers them and what does not, shuffled; new ones for each seed."""
    from news_questions import news_readings
    from yes_no import yes_no_readings

    found = [
        *readings(seed),
        *yes_no_readings(seed, base),
        *news_readings(seed, min(limit or NEWS, NEWS)),
    ]
    random.Random(seed).shuffle(found)
    return found[: limit or None]


def main() -> None:
    """Train until the given minute and leave a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--budget", type=int, default=1800, help="tokens in a batch")
    parser.add_argument("--tokens", type=int, default=192, help="longest pair")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--fresh", action="store_true", help="resume weights, begin a new schedule")
    parser.add_argument("--sample", type=int, default=0, help="rows in a pass; 0 for all")
    parser.add_argument("--curve", type=Path, help="CSV to append figures to")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    tokenizer = load_tokenizer(options.base, options.tokens)
    trainer = Trainer(options.base, options.rate)
    if options.resume:
        trainer.resume(options.resume, weights_only=options.fresh)
    began = time.monotonic()
    length = options.minutes * 60
    checked = saved = began
    seen, total, epoch = 0, 0.0, 0
    while time.monotonic() - began < length:
        seed = options.seed + epoch
        rows = reader_rows(seed, options.sample, options.base)
        encoded = Encoded(tokenizer, [r.question for r in rows], [r.evidence for r in rows])
        groups = [""] * len(rows)
        spans = [
            token_span(item, row.span) if row.has_span else (-1, -1)
            for item, row in zip(encoded.items, rows, strict=True)
        ]
        relevant = torch.tensor([float(row.relevant) for row in rows])
        starts = torch.tensor([span[0] for span in spans])
        ends = torch.tensor([span[1] for span in spans])
        print(f"pass {epoch + 1}: {len(rows)} pairs", flush=True)
        trainer.model.train()
        for chosen in batches(encoded, groups, options.budget, seed):
            elapsed = time.monotonic() - began
            if elapsed >= length:
                break
            place = elapsed / length
            factor = min(1.0, (place + 1e-3) / 0.04, max(0.02, (1 - place) / 0.96))
            tensors = encoded.tensors(chosen)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                outputs = trainer.model(*tensors)
            loss = reader_loss(
                tuple(output.float() for output in outputs),  # type: ignore[arg-type]
                relevant[chosen],
                starts[chosen],
                ends[chosen],
            )
            trainer.step(loss, factor)
            seen += len(chosen)
            total = 0.99 * total + 0.01 * loss.item()
            if trainer.steps % 100 == 0:
                rate = seen / (time.monotonic() - began)
                correct = total / (1 - math.pow(0.99, min(trainer.steps, 2000)))
                print(
                    f"  {elapsed / 60:.1f} min, {seen} pairs, {rate:.1f}/s, loss {correct:.3f}",
                    flush=True,
                )
            now = time.monotonic()
            if now - saved > 120:
                trainer.save(options.out)
                saved = now
            if options.curve and now - checked > 540:
                report(options, trainer, tokenizer, seen, (now - began) / 60, 900)
                checked = now
        epoch += 1
    trainer.save(options.out)
    if not options.curve:
        return
    report(options, trainer, tokenizer, seen, (time.monotonic() - began) / 60, 3000)


def report(
    options: argparse.Namespace,
    trainer: Trainer,
    tokenizer: Tokenizer,
    seen: int,
    minutes: float,
    count: int,
) -> None:
    """Print the quick figures and add them to the learning curve."""
    figures = validate(trainer, tokenizer, count)
    print(f"  checked after {seen} pairs: {figures}", flush=True)
    if options.curve:
        new = not options.curve.exists()
        with options.curve.open("a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["minutes", "pairs", *figures])
            writer.writerow([f"{minutes:.1f}", seen, *(f"{v:.4f}" for v in figures.values())])


if __name__ == "__main__":
    main()
