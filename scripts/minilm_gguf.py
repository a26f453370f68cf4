"""Writes all-MiniLM-L6-v2, as its authors published it, as a GGUF file for llama.cpp's server.

    python scripts/minilm_gguf.py FOLDER OUT      # FOLDER has model.safetensors and tokenizer.json

`training/official.py --minilm FOLDER` fetches the weights. Needs gguf, numpy and pyyaml.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np

LAYERS, HEADS, WIDTH, INNER, POSITIONS = 6, 12, 384, 1536, 512
UNUSED = ("pooler.", "embeddings.position_ids")  # the pooler is for classifying


def weights(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of a safetensors file: a length, a table in JSON, and the bytes."""
    whole = path.read_bytes()
    begin = 8 + int.from_bytes(whole[:8], "little")
    for name, entry in json.loads(whole[8:begin]).items():
        if name == "__metadata__" or name.startswith(UNUSED):
            continue
        first, last = (begin + at for at in entry["data_offsets"])
        yield name, np.frombuffer(whole[first:last], dtype="<f4").reshape(entry["shape"])


def words(path: Path) -> tuple[list[str], list[int]]:
    """The vocabulary as llama.cpp has it, words that begin with a mark, and what each entry is."""
    tokenizer = json.loads(path.read_text("utf-8"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    special = {entry["content"] for entry in tokenizer["added_tokens"]}
    tokens, kinds = [], []
    for token in sorted(vocabulary, key=vocabulary.__getitem__):
        kinds.append(gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL)
        if token in special:
            tokens.append(token)
        else:
            tokens.append(token[2:] if token.startswith("##") else f"\u2581{token}")
    return tokens, kinds


def write(folder: Path, out: Path) -> None:
    """Write the file; nothing is at ``out`` until it is whole."""
    unfinished = out.with_suffix(".unfinished")
    writer = gguf.GGUFWriter(unfinished, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_block_count(LAYERS)
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    tokens, kinds = words(folder / "tokenizer.json")
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_type_count(2)
    for token, add in (
        ("[UNK]", writer.add_unk_token_id),
        ("[SEP]", writer.add_sep_token_id),
        ("[PAD]", writer.add_pad_token_id),
        ("[MASK]", writer.add_mask_token_id),
        ("[CLS]", writer.add_bos_token_id),
    ):
        add(tokens.index(token))
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, LAYERS)
    for name, array in weights(folder / "model.safetensors"):
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if known is None:
            raise SystemExit(f"{folder}: llama.cpp has no name for {name}.")
        writer.add_tensor(known, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    unfinished.replace(out)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
