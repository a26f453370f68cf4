"""Trains the base model; the learning rate decays with the clock, so a run ends in time.

    python training/train_base.py --base DIR --out FILE --minutes 120 [--start FILE] [--resume FILE]

A checkpoint (weights, their running average, optimizer, place in the schedule) is kept every few
minutes; ``--resume`` goes on from it. On a processor without bf16 arithmetic leave ``--bf16`` off:
it is emulated there, sixty times slower.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from base_model import PADDING, Base
from base_rows import (
    UNKNOWN,
    Item,
    news_items,
    ranking_items,
    span_items,
    support_items,
    yes_no_items,
)
from train import filled, judge_loss, twin_loss

AVERAGE = 0.998
TWINS = 0.4
EVERY = 180.0  # seconds between two checkpoints


def load_tokenizer(base: Path, tokens: int) -> Tokenizer:
    """The official tokenizer; of a pair the longer is cut, which is nearly always the evidence."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(tokens, strategy="longest_first")
    return tokenizer


class Pairs:
    """Tokenized items; tensors of any of them."""

    def __init__(self, tokenizer: Tokenizer, items: Sequence[Item]) -> None:
        self.items = items
        self.ids: list[np.ndarray] = []
        self.evidence: list[np.ndarray] = []  # 1 where a token is of the evidence proper
        self.ends: list[tuple[int, int]] = []  # first and last token of the answer
        for begin in range(0, len(items), 4000):
            block = items[begin : begin + 4000]
            pairs = [(item.claim[:400], item.evidence) for item in block]
            for item, one in zip(block, tokenizer.encode_batch(pairs), strict=True):
                self.ids.append(np.array(one.ids, np.uint16))
                offsets, second = one.offsets, one.sequence_ids
                inside = [
                    1 if s == 1 and o[1] > o[0] and o[0] >= item.starts else 0
                    for s, o in zip(second, offsets, strict=True)
                ]
                self.evidence.append(np.array(inside, np.uint8))
                self.ends.append(self._ends(item, inside, offsets))

    @staticmethod
    def _ends(
        item: Item, inside: Sequence[int], offsets: Sequence[tuple[int, int]]
    ) -> tuple[int, int]:
        if not item.has_span:
            return UNKNOWN, UNKNOWN
        if item.span is None:
            return 0, 0
        begin, stop = item.span
        found = [
            at
            for at, (known, (a, b)) in enumerate(zip(inside, offsets, strict=True))
            if known and a < stop and b > begin
        ]
        return (found[0], found[-1]) if found else (UNKNOWN, UNKNOWN)

    def tensors(self, chosen: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Ids, mask and evidence (n, T), padded to the longest."""
        length = max(len(self.ids[index]) for index in chosen)
        ids = torch.full((len(chosen), length), PADDING, dtype=torch.long)
        mask = torch.zeros(len(chosen), length, dtype=torch.long)
        evidence = torch.zeros(len(chosen), length, dtype=torch.long)
        for row, index in enumerate(chosen):
            count = len(self.ids[index])
            ids[row, :count] = torch.from_numpy(self.ids[index].astype(np.int64))
            mask[row, :count] = 1
            evidence[row, :count] = torch.from_numpy(self.evidence[index].astype(np.int64))
        return ids, mask, evidence


def batches(pairs: Pairs, budget: int, chance: random.Random) -> Iterator[list[int]]:
    """Batches of like length with at most ``budget`` tokens; twins stay together."""
    units: dict[str, list[int]] = {}
    for index, item in enumerate(pairs.items):
        units.setdefault(item.group or f"#{index}", []).append(index)
    order = list(units.values())
    chance.shuffle(order)
    lengths = [max(len(pairs.ids[index]) for index in unit) for unit in order]
    for begin in range(0, len(order), 3000):
        made = list(filled(order[begin : begin + 3000], lengths[begin : begin + 3000], budget))
        chance.shuffle(made)
        yield from made


def loss_of(
    outputs: tuple[Tensor, Tensor, Tensor, Tensor], items: Sequence[Item], ends: Tensor
) -> Tensor:
    """The sum of what is known of the items, each head by its mean."""
    support, relevance, start, end = (output.float() for output in outputs)
    total = support.new_zeros(())
    count = len(items)
    known = [at for at, item in enumerate(items) if item.support != UNKNOWN]
    if known:
        labels = torch.tensor([items[at].support for at in known])
        groups = [items[at].group for at in known]
        part = judge_loss(support[known], labels)
        part = part + TWINS * twin_loss(support[known], labels, groups)
        total = total + part * len(known) / count
    known = [at for at, item in enumerate(items) if item.relevant != UNKNOWN]
    if known:
        wanted = torch.tensor([float(items[at].relevant) for at in known])
        part = functional.binary_cross_entropy_with_logits(relevance[known], wanted)
        total = total + part * len(known) / count
    spans = (ends[:, 0] >= 0).nonzero()[:, 0]
    if len(spans):
        part = functional.cross_entropy(start[spans], ends[spans, 0])
        part = part + functional.cross_entropy(end[spans], ends[spans, 1])
        total = total + 0.4 * part * len(spans) / count
    return total


def gather(seed: int, sample: int, siblings_base: Path | None) -> list[Item]:
    """A pass of items, shuffled; others for each seed."""
    from claims import made_pairs

    chance = random.Random(seed)
    siblings = None
    if siblings_base is not None:
        from words import Siblings

        siblings = Siblings.load(siblings_base)
    items = [
        *support_items(chance),
        *yes_no_items(chance),
        *span_items(chance),
        *ranking_items(chance),
    ]

    def make(seed: int, count: int) -> list[object]:
        return list(made_pairs(seed=seed, count=count, siblings=siblings))

    items += news_items(seed + 1000, 16_000 if not sample else sample // 4, make)
    chance.shuffle(items)
    return items[: sample or None]


class Run:
    """Model, optimizer, running average, and the place in the schedule."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(11)
        self.model = Base()
        self.model.load_official(options.base / "model.safetensors")
        if options.start:
            self.model.load_start(options.start)
        encoder = self.model.encoder
        frozen = [encoder.words, encoder.positions]
        if options.freeze:
            frozen += [encoder.norm, *encoder.layers[: options.freeze]]
        for module in frozen:
            module.requires_grad_(False)
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        self.moving = [p for _, p in named]
        body = [p for n, p in named if n.startswith("encoder")]
        heads = [p for n, p in named if not n.startswith("encoder")]
        scale = 2.0 if options.start else 5.0
        self.optimizer = torch.optim.AdamW(
            [{"params": body, "scale": 1.0}, {"params": heads, "scale": scale}],
            lr=options.rate,
            weight_decay=0.01,
            fused=True,
        )
        self.rate = options.rate
        self.average = [p.detach().clone() for p in self.moving]
        self.steps, self.spent, self.seen, self.passes = 0, 0.0, 0, 0

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
        torch._foreach_lerp_(self.average, [p.detach() for p in self.moving], 1 - decay)

    def save(self, path: Path) -> None:
        """Write the checkpoint beside its place, then move it there."""
        names = [name for name, p in self.model.named_parameters() if p.requires_grad]
        aside = path.with_suffix(".part")
        torch.save(
            {
                "model": self.model.state_dict(),
                "averaged": dict(zip(names, self.average, strict=True)),
                "optimizer": self.optimizer.state_dict(),
                "place": (self.steps, self.spent, self.seen, self.passes),
            },
            aside,
        )
        aside.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint, with its place in the schedule."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        names = [name for name, p in self.model.named_parameters() if p.requires_grad]
        self.average = [state["averaged"][name] for name in names]
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.spent, self.seen, self.passes = state["place"]


def main() -> None:
    """Train until the given minute and leave a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder of the official weights")
    parser.add_argument("--siblings", type=Path, help="folder of the official MiniLM weights")
    parser.add_argument("--start", type=Path, help="checkpoint of int8 rows to begin from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--budget", type=int, default=1500, help="tokens in a batch")
    parser.add_argument("--tokens", type=int, default=176, help="longest pair")
    parser.add_argument("--freeze", type=int, default=0, help="layers that stay as they are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sample", type=int, default=0, help="items in a pass; 0 for all")
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--bf16", action="store_true")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    tokenizer = load_tokenizer(options.base, options.tokens)
    run = Run(options)
    if options.resume and options.resume.exists():
        run.resume(options.resume)
    length = options.minutes * 60
    last = saved = told = time.monotonic()
    total, weight = 0.0, 0.0
    while run.spent < length:
        seed = options.seed + 7919 * run.passes + run.seen
        items = gather(seed, options.sample, options.siblings)
        pairs = Pairs(tokenizer, items)
        print(f"pass {run.passes + 1}: {len(items)} items", flush=True)
        last = time.monotonic()
        run.model.train()
        for chosen in batches(pairs, options.budget, random.Random(seed)):
            now = time.monotonic()
            run.spent += now - last
            last = now
            if run.spent >= length:
                break
            place = run.spent / length
            factor = min(1.0, (place + 1e-3) / 0.03, max(0.03, (1 - place) / 0.97))
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16):
                outputs = run.model(*pairs.tensors(chosen))
            ends = torch.tensor([pairs.ends[index] for index in chosen])
            loss = loss_of(outputs, [items[index] for index in chosen], ends)
            run.step(loss, factor)
            run.seen += len(chosen)
            total, weight = 0.99 * total + loss.item(), 0.99 * weight + 1
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(
                    f"  {run.spent / 60:.1f} min, {run.seen} pairs, "
                    f"{run.seen / run.spent:.1f}/s, loss {total / weight:.3f}",
                    flush=True,
                )
            if time.monotonic() - saved > EVERY:
                run.save(options.out)
                saved = time.monotonic()
        else:
            run.passes += 1
    run.save(options.out)


if __name__ == "__main__":
    main()
