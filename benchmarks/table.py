"""The figures of a benchmark as a page of Markdown."""

from __future__ import annotations

import json
from typing import Any


def rendered(result: dict[str, Any]) -> str:
    """The page: machine, side by side, whole answers, cold start, and everything as JSON."""
    machine = result["machine"]
    versions = ", ".join(
        f"{name} {machine[name]}" for name in ("chromadb", "llama-index-core", "onnxruntime")
    )
    lines = [
        f"# Speed, {result['date']}",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}; {versions}.",
        f"Load average {machine['load_before']} before and {machine['load_after']} after the run "
        f"(the run itself adds about {machine['cores']}). Made by `make bench` in "
        f"{result['seconds']:,} s; both sides in one process, with the same embedder.",
    ]
    sets = [name for name in result if isinstance(result[name], dict) and "ours" in result[name]]
    for name in sets:
        lines += ["", f"## {name[0].upper()}{name[1:]}, {result[name]['kilobytes']:,} KB", ""]
        lines += _side_by_side(result[name]["ours"], result[name]["stock"])
        lines += ["", _answers(result[name]["answers"])]
        lines += ["", _throughput(result[name]["ours"])]
    cold = result["cold"]
    lines += [
        "",
        "## Cold start",
        "",
        f"`summit-qa ask` as a whole process, index up to date: {cold['ask_seconds']} s. "
        f"`import chromadb, llama_index.core` alone: {cold['imports_seconds']} s. "
        f"Ratio {cold['ratio']} (median of {cold['runs']} alternating pairs).",
        "",
        "## Everything",
        "",
        "```json",
        json.dumps(result, indent=1),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _side_by_side(ours: dict[str, Any], stock: dict[str, Any]) -> list[str]:
    def passages(side: dict[str, Any]) -> str:
        return f"{side['passages']:,} at {side['passages_per_second']:,} a second"

    def found(side: dict[str, Any]) -> str:
        return f"{side['retrieve_ms']['p50']} / {side['retrieve_ms']['p95']} ms"

    rows = [
        ("to index", f"{ours['index_seconds']} s", f"{stock['index_seconds']} s"),
        ("passages", passages(ours), passages(stock)),
        ("to re-sync, nothing changed", f"{ours['resync_seconds']} s",
         f"{stock['resync_seconds']} s"),
        ("to re-sync, one file changed", f"{ours['one_file_changed_seconds']} s", "–"),
        ("to retrieve, warm (p50 / p95)", found(ours), found(stock)),
        ("on disk", f"{ours['megabytes']} MB", f"{stock['megabytes']} MB"),
    ]  # fmt: skip
    return [
        "| | Summit QA | stock LlamaIndex |",
        "|---|---|---|",
        *(f"| {what} | {left} | {right} |" for what, left, right in rows),
    ]


def _answers(answers: dict[str, Any]) -> str:
    total, ranking = answers["total_ms"], answers["ranking_ms"]
    return (
        f"A whole answer (retrieve, rank, quote), warm, {answers['questions']} questions once "
        f"each: p50 {total['p50']} ms, p95 {total['p95']} ms; of that, ranking p50 "
        f"{ranking['p50']} ms. Stock retrieves and has no answer without a language model."
    )


def _throughput(ours: dict[str, Any]) -> str:
    before, after = ours["raw_passages_per_second"]
    return (
        f"The embedder alone: {before} and {after} passages a second (before and after); "
        f"indexing reaches {ours['share_of_raw']:.0%} of their mean."
    )
