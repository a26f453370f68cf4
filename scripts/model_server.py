"""Serves a GGUF model on loopback with llama.cpp's own OpenAI-compatible server (`xllamacpp`).

For tests and measurements; run it with a Python that has xllamacpp (`scripts/model-server.sh`).
Prints the address once it listens, and serves until it is told to stop.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys

import xllamacpp


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="path of a GGUF file")
    parser.add_argument("--alias", required=True, help="the name that it is asked for by")
    parser.add_argument("--port", type=int, default=0, help="[default: any that is free]")
    parser.add_argument("--context", type=int, default=8192, help="tokens")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--embedding", action="store_true", help="serve /v1/embeddings")
    return parser.parse_args()


def serve(options: argparse.Namespace) -> None:
    """Load the model and serve it until SIGTERM or SIGINT."""
    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.model_alias = {options.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = options.port
    params.n_ctx = options.context
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.warmup = False
    params.ui = False
    params.cors_origins = "http://127.0.0.1"
    if options.embedding:
        params.embedding = True
        params.n_batch = params.n_ubatch = options.context
    stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)  # before it starts threads of its own
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}/v1\n")
    sys.stdout.flush()
    signal.sigwait(stop)
    os._exit(0)  # its threads may be within a reply that nobody waits for any more


if __name__ == "__main__":
    serve(arguments())
