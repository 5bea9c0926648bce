"""``aios model train``: a model from examples."""

from __future__ import annotations

from typing import Annotated

import typer

from aios_sdk.store import Store

from ._examples import After, DocumentsPath, ExamplesPath, ReadBy, Settings, reading_examples, settings_of
from ._printing import as_json, printable
from .model import By
from .store import AsJson, StorePath


def train(
    store: StorePath,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the model is called, such as intents.")],
    component: Annotated[str, typer.Option(help="The component that learns, such as lexical.")],
    examples: ExamplesPath,
    documents: DocumentsPath = None,
    pipeline: ReadBy = None,
    after: After = None,
    config: Settings = None,
    set_alias: Annotated[str, typer.Option(help="What stands for it. Default: champion for the first version, then challenger.")] = "",
    card: Annotated[typer.FileText | None, typer.Option(help="A file with what people should know of it (Markdown).")] = None,
    by: By = "",
    json: AsJson = False,
) -> None:
    """Train a component on examples, and add the model to the store (made if it is not there) as the next version of NAME.

    The first version becomes the champion, which a setting model=NAME stands for; later ones the challenger, until they are promoted.

    Examples:

      aios model train tickets.aios intents --component lexical --examples tickets.csv --config taxonomy=intent

      aios model train claims.aios kinds --component lexical --examples labelled/ --config taxonomy=document-kind

      aios model train claims.aios receipts --component fields --config output=models:Receipt --examples truth.csv --documents scans/

      aios model train tickets.aios intent-vote --component vote --examples kept-back.csv --config taxonomy=intent
      --after classify.lexical=words --after classify.sentence-transformers=meaning
    """
    from aios_sdk.learning import train as learn

    settings = settings_of(config)
    with Store(store) as opened, reading_examples(opened, examples, documents, pipeline, after) as found:
        text = card.read() if card is not None else ""
        model = learn(opened, name, component, found, config=settings, alias=set_alias, card=text, by=by)
    if json:
        typer.echo(as_json({"identity": model.identity, "aliases": model.aliases, "examples": model.examples, "metrics": model.metrics}))
        return
    figures = ", ".join(f"{key} {value:.4g}" for key, value in model.metrics.items())
    typer.echo(printable(f"{model} learned from {model.examples:,} examples; it is the {', '.join(model.aliases)}"))
    typer.echo(printable(f"  {model.task}, {model.format}, {len(model.classes):,} classes{f'; {figures}' if figures else ''}"))
    typer.echo(f"  {model.identity}")
    if "challenger" in model.aliases and model.version > 1:
        typer.echo(f"Next: aios model compare {store} {name}@champion {name}@challenger --examples FILE")
