"""The command `summit-qa models`: which language models there are, and which one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from summit_qa.cli.opening import print_json
from summit_qa.cli.options import JsonOption

if TYPE_CHECKING:
    from summit_qa.settings import Settings
    from summit_qa.writer.offered import Place

_NOBODY = "No model server answers on the usual ports of this machine."


def models(
    find: Annotated[
        bool, typer.Option("--find", help="Look for model servers on this machine's usual ports")
    ] = False,
    use: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Keep this model in your settings file")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of the endpoint [default: the configured one]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the language models at hand, and choose one.

    The configured endpoint is asked; with --find, instead, 127.0.0.1 at the ports 11434 (Ollama),
    1234 (LM Studio), 8080 (llama.cpp) and 8000 (vLLM).
    """
    if find and url is not None:
        raise typer.BadParameter("--find looks on this machine: give it or --url, not both")
    from summit_qa.settings import Settings
    from summit_qa.writer.offered import nearby

    settings = Settings.load(openai_base_url=url)
    places = nearby(settings) if find else [_configured(settings)]
    again = " --find" if find else f" --url {url}" if url else ""
    if use is not None:
        _keep(use, places, again, as_json=as_json)
        return
    if as_json:
        told = [{"name": at.name, "url": at.url, "models": list(at.models)} for at in places]
        print_json({"chosen": settings.llm, "places": told})
        return
    _show(places, settings, again)


def _configured(settings: Settings) -> Place:
    """What the configured endpoint offers."""
    from summit_qa.errors import ConfigurationError
    from summit_qa.writer.endpoint import Endpoint
    from summit_qa.writer.offered import Place, offered

    if not settings.openai_api_key and not settings.openai_base_url:
        raise ConfigurationError(
            "No endpoint is set: --find looks on this machine, --url names one, or set "
            "OPENAI_API_KEY."
        )
    endpoint = Endpoint(settings)
    return Place(endpoint.host, endpoint.url, offered(settings))


def _show(places: list[Place], settings: Settings, again: str) -> None:
    """The models by place; ``again`` are the options that found them, which --use needs too."""
    from summit_qa.documents.visible import visible

    console = Console(highlight=False, soft_wrap=True)
    if not places:
        console.print(_NOBODY)
    for place in places:
        console.print(f"{place.name} at {visible(place.url)}", markup=False, style="bold")
        for model in place.models:
            mark = "*" if model == settings.llm else " "
            console.print(f"  {mark} {visible(model)}", markup=False)
        if not place.models:
            console.print("    it has no model yet")
    if any(place.models for place in places):
        hint = f"Choose one: summit-qa models{again} --use MODEL"
        console.print(hint, style="dim", markup=False)


def _keep(model: str, places: list[Place], again: str, *, as_json: bool) -> None:
    """Write the model and its address into the user's settings file."""
    from summit_qa.errors import ConfigurationError
    from summit_qa.settings import Settings, keep_settings

    place = next((at for at in places if model in at.models), None)
    if not places:
        raise ConfigurationError(_NOBODY)
    if place is None:
        listing = f"`summit-qa models{again}` lists them"
        raise ConfigurationError(f"No model {model!r} is offered; {listing}.")
    path = keep_settings({"llm": model, "base_url": place.url})
    if as_json:
        print_json({"chosen": model, "url": place.url, "file": str(path)})
        return
    now = Settings.load()
    if (now.llm, now.openai_base_url) == (model, place.url):
        said = (
            f"{model} at {place.url} answers from now on ({path}). Questions and the passages "
            "found for them go there."
        )
    else:
        said = (
            f"{model} at {place.url} is kept in {path}, but the environment or .env comes first: "
            f"{now.llm} at {now.openai_base_url or 'OpenAI'}."
        )
    Console(highlight=False, soft_wrap=True).print(said, markup=False)
