"""The MiniLM encoder in plain PyTorch, with the heads of the small reader."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

HIDDEN, LAYERS, HEADS, INNER, POSITIONS, WORDS = 384, 6, 12, 1536, 512, 30522
MASKED = -1e4  # a logit that no softmax will choose, and that fits in half precision


class Layer(nn.Module):
    """One BERT layer: self-attention and a feed-forward block, each with a residual norm."""

    def __init__(self) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.attended = nn.Linear(HIDDEN, HIDDEN)
        self.attended_norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.inner = nn.Linear(HIDDEN, INNER)
        self.outer = nn.Linear(INNER, HIDDEN)
        self.outer_norm = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        """States (n, T, 384) and additive attention bias (n, 1, 1, T) to states."""
        count, length, _ = states.shape
        mixed = self.query_key_value(states).view(count, length, 3, HEADS, HIDDEN // HEADS)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) * (HIDDEN // HEADS) ** -0.5 + bias
        context = scores.softmax(-1) @ value
        context = context.transpose(1, 2).reshape(count, length, HIDDEN)
        states = self.attended_norm(states + self.attended(context))
        return self.outer_norm(states + self.outer(functional.gelu(self.inner(states))))


class Encoder(nn.Module):
    """MiniLM-L6: token ids, token types and mask (n, T) to states (n, T, 384).

    Without dropout: a run sees few pairs twice, and drawing the masks took a tenth of its time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.types = nn.Embedding(2, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Contextual states of every token."""
        places = torch.arange(ids.shape[1], device=ids.device)
        states = self.words(ids) + self.positions(places)[None] + self.types(types)
        states = self.norm(states)
        bias = (1.0 - mask[:, None, None, :].to(states.dtype)) * MASKED
        for layer in self.layers:
            states = layer(states, bias)
        return states

    def load_official(self, path: Path) -> None:
        """Take the weights of the official all-MiniLM-L6-v2 safetensors file."""
        source = load_file(str(path))
        named = {
            "words.weight": source["embeddings.word_embeddings.weight"],
            "positions.weight": source["embeddings.position_embeddings.weight"],
            "types.weight": source["embeddings.token_type_embeddings.weight"],
            "norm.weight": source["embeddings.LayerNorm.weight"],
            "norm.bias": source["embeddings.LayerNorm.bias"],
        }
        for number in range(LAYERS):
            old, new = f"encoder.layer.{number}.", f"layers.{number}."
            for kind in ("weight", "bias"):
                named[f"{new}query_key_value.{kind}"] = torch.cat(
                    [
                        source[f"{old}attention.self.{part}.{kind}"]
                        for part in ("query", "key", "value")
                    ]
                )
                for ours, theirs in (
                    ("attended", "attention.output.dense"),
                    ("attended_norm", "attention.output.LayerNorm"),
                    ("inner", "intermediate.dense"),
                    ("outer", "output.dense"),
                    ("outer_norm", "output.LayerNorm"),
                ):
                    named[f"{new}{ours}.{kind}"] = source[f"{old}{theirs}.{kind}"]
        self.load_state_dict(named)


class Reader(nn.Module):
    """Encoder and heads for relevance (one logit) and span (start and end logits)."""

    outputs = ("relevance", "start", "end")

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.pooled = nn.Linear(2 * HIDDEN, HIDDEN)
        self.relevance = nn.Linear(HIDDEN, 1)
        self.span = nn.Linear(HIDDEN, 2)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Relevance (n,), start (n, T), end (n, T); only [CLS] and the evidence can be chosen."""
        states = self.encoder(ids, types, mask)
        weight = mask[..., None].to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        pooled = torch.tanh(self.pooled(torch.cat([states[:, 0], mean], -1)))
        relevance = self.relevance(pooled)[:, 0]
        allowed = (mask * types).to(states.dtype)
        first = torch.zeros_like(allowed)
        first[:, 0] = 1.0
        closed = (1.0 - torch.clamp(allowed + first, max=1.0)) * MASKED
        spans = self.span(states)
        return relevance, spans[..., 0] + closed, spans[..., 1] + closed
