"""The base encoder (all-mpnet-base-v2) in plain PyTorch, with heads for support, relevance, span.

Written for training on a processor: one fused projection for query, key and value, and
``scaled_dot_product_attention`` with the relative position bias as its mask. There are no token
types; a pair is ``<s> question or claim </s></s> evidence </s>``.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

HIDDEN, LAYERS, HEADS, INNER, POSITIONS, WORDS = 768, 12, 12, 3072, 514, 30527
BUCKETS, FURTHEST = 32, 128
PADDING = 1  # id of the padding token; positions begin after it
MASKED = -1e4  # a logit that no softmax will choose


def buckets(length: int) -> Tensor:
    """Relative position buckets (length, length), as MPNet and T5 have them (bidirectional)."""
    places = torch.arange(length)
    distance = places[:, None] - places[None, :]
    half = BUCKETS // 2
    ahead = (distance < 0).long() * half
    distance = distance.abs()
    exact = half // 2
    far = exact + (
        torch.log(distance.float().clamp(min=1) / exact)
        / math.log(FURTHEST / exact)
        * (half - exact)
    ).long().clamp(max=half - 1 - exact)
    return ahead + torch.where(distance < exact, distance, far)


class Layer(nn.Module):
    """Self-attention and a feed-forward block, each with a residual norm."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.o = nn.Linear(HIDDEN, HIDDEN)
        self.n1 = nn.LayerNorm(HIDDEN, eps=1e-5)
        self.i = nn.Linear(HIDDEN, INNER)
        self.u = nn.Linear(INNER, HIDDEN)
        self.n2 = nn.LayerNorm(HIDDEN, eps=1e-5)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        """States (n, T, 768) and additive bias (n or 1, 12, T, T) to states."""
        count, length, _ = states.shape
        mixed = self.qkv(states).view(count, length, 3, HEADS, HIDDEN // HEADS)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        # Written out: with a mask and bf16, the fused kernel for processors is four times slower.
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2) + bias.to(query.dtype)
        context = scores.softmax(-1).to(value.dtype) @ value
        states = self.n1(states + self.o(context.transpose(1, 2).reshape(count, length, HIDDEN)))
        return self.n2(states + self.u(functional.gelu(self.i(states))))


class Encoder(nn.Module):
    """Token ids and mask (n, T) to states (n, T, 768); without dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-5)
        self.rel = nn.Embedding(BUCKETS, HEADS)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Contextual states of every token."""
        length = ids.shape[1]
        places = torch.arange(length, device=ids.device) + PADDING + 1
        states = self.norm(self.words(ids) + self.positions(places)[None])
        bias = self.rel(buckets(length).to(ids.device)).permute(2, 0, 1)[None]
        bias = bias + (1.0 - mask[:, None, None, :].to(states.dtype)) * MASKED
        for layer in self.layers:
            states = layer(states, bias)
        return states


class Base(nn.Module):
    """The encoder and its three heads."""

    outputs = ("support", "relevance", "start", "end")

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.pooled = nn.Linear(2 * HIDDEN, HIDDEN)
        self.support = nn.Linear(HIDDEN, 3)
        self.relevance = nn.Linear(HIDDEN, 1)
        self.span = nn.Linear(HIDDEN, 2)

    def forward(
        self, ids: Tensor, mask: Tensor, evidence: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Support (n, 3), relevance (n,), start and end (n, T).

        ``evidence`` (n, T) is 1 where a token may be part of an answer; the first token, which
        stands for "no answer", can be chosen too.
        """
        states = self.encoder(ids, mask)
        weight = mask[..., None].to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        pooled = torch.tanh(self.pooled(torch.cat([states[:, 0], mean], -1)))
        first = torch.zeros_like(evidence)
        first[:, 0] = 1
        closed = (1.0 - torch.clamp(evidence + first, max=1).to(states.dtype)) * MASKED
        spans = self.span(states)
        return (
            self.support(pooled),
            self.relevance(pooled)[:, 0],
            spans[..., 0] + closed,
            spans[..., 1] + closed,
        )

    def load_official(self, path: Path) -> None:
        """Take the encoder's weights from the official safetensors file."""
        source = load_file(str(path))
        named = {
            "words.weight": source["embeddings.word_embeddings.weight"],
            "positions.weight": source["embeddings.position_embeddings.weight"],
            "norm.weight": source["embeddings.LayerNorm.weight"],
            "norm.bias": source["embeddings.LayerNorm.bias"],
            "rel.weight": source["encoder.relative_attention_bias.weight"],
        }
        for number in range(LAYERS):
            old, new = f"encoder.layer.{number}.", f"layers.{number}."
            for kind in ("weight", "bias"):
                named[f"{new}qkv.{kind}"] = torch.cat(
                    [source[f"{old}attention.attn.{part}.{kind}"] for part in ("q", "k", "v")]
                )
                for ours, theirs in (
                    ("o", "attention.attn.o"),
                    ("n1", "attention.LayerNorm"),
                    ("i", "intermediate.dense"),
                    ("u", "output.dense"),
                    ("n2", "output.LayerNorm"),
                ):
                    named[f"{new}{ours}.{kind}"] = source[f"{old}{theirs}.{kind}"]
        self.encoder.load_state_dict(named)

    def load_start(self, path: Path) -> None:
        """Take the weights of a checkpoint: int8 rows with their scales (``.safetensors``), or
        one of train_base.py or restore.py, of which the running average counts."""
        if path.suffix != ".safetensors":
            whole = torch.load(path, weights_only=True, mmap=True)
            self.load_state_dict({**whole["model"], **whole["averaged"]})
            return
        kept = load_file(str(path))
        state = {}
        for name, tensor in kept.items():
            if name.endswith("|scale"):
                continue
            value = tensor.float()
            if tensor.dtype is torch.int8:
                value = value * kept[f"{name}|scale"].float()[:, None]
            state[name] = value
        missing, unknown = self.load_state_dict(state, strict=False)
        if unknown or set(missing) != {"encoder.words.weight", "encoder.positions.weight"}:
            raise SystemExit(f"{path} does not fit: {missing} {unknown}")
