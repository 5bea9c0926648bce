"""``aios plugin new`` and ``update``: the skeleton of a plugin, and bringing an old one forward."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._exit import Exit


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the distribution, such as acme-ocr or aios-acme-ocr.")],
    stage: Annotated[str, typer.Option(help="ingest, extract, classify, summarize, check, redact or route.")],
    modality: Annotated[str, typer.Option(help="text, image or table. Default: the stage's usual one, text.")] = "",
    namespace: Annotated[str, typer.Option(help="Of the component's id. Default: the name's first word, after aios-.")] = "",
    into: Annotated[Path | None, typer.Option(help="The folder to write to, new or empty. Default: NAME.")] = None,
) -> None:
    """Write a plugin that works: a component, its tests and manifest, a README, a CI file, and an example to run.

    NAME is what people will install with pip. Its first word is the namespace of ids, and the rest names the component: acme-ocr has the
    component acme.ocr in the package acme_ocr.

    Examples:

      aios plugin new acme-ocr --stage extract --modality image

      aios plugin new claim-desk --stage route --namespace acme --into plugins/claim-desk
    """
    from aios_sdk.scaffold import Skeleton, create

    skeleton = Skeleton.of(name, stage, modality, namespace=namespace)
    folder = into or Path(name)
    paths = create(skeleton, folder)
    example = next(path for path in paths if path.parent.name == "example" and path.name != "pipeline.yaml")
    typer.echo(f"Wrote {folder}: the component {skeleton.id}, for {skeleton.stage} on {skeleton.modality}.\n")
    for path, about in (
        (f"src/{skeleton.package}/_component.py", "the component: begin here"),
        (f"tests/test_{skeleton.package}.py", "what it promises"),
        ("example/", "a pipeline, and a document to run it on"),
    ):
        typer.echo(f"  {path:<{len(skeleton.package) + 24}} {about}")
    typer.echo(
        f"\nNext:\n\n  cd {folder}\n  pip install -e '.[test]'\n  aios plugin check {skeleton.id}\n"
        f"  aios run example/pipeline.yaml {example} --store example.aios\n  pytest"
    )


def update(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The project: the folder that holds its pyproject.toml.")] = Path(),
) -> None:
    """Bring the skeleton of a plugin forward to this version of aios-sdk, and keep the author's edits.

    What changed in the template since the plugin was written is merged by git into the files, for you to look at and commit. Where you
    and the template changed the same lines, the file holds both between git's marks, and the exit code is 1. Everything must be
    committed before.

    Examples:

      aios plugin update

      aios plugin update plugins/acme-ocr
    """
    from aios_sdk.scaffold import update as bring_forward

    done = bring_forward(folder)
    if done.after == done.before:
        typer.echo(f"The skeleton of {done.after.distribution} is up to date (aios-sdk {done.after.template}).")
        return
    typer.echo(f"{done.after.distribution}: from the skeleton of aios-sdk {done.before.template} to that of {done.after.template}\n")
    for word, paths in (("changed", done.changed), ("conflict", done.conflicts)):
        for path in paths:
            typer.echo(f"  {word:<9} {path}")
    if done.conflicts:
        typer.echo(
            "\nIn the files with a conflict you and the template changed the same; they hold both sides between git's marks.\n"
            "Edit them and `git add` them; those that you had deleted, `git rm` again.\n"
            "To have everything as it was: git reset --hard"
        )
        raise typer.Exit(Exit.FAILED)
    typer.echo(
        f"\nNext:\n\n  git diff --cached\n  aios plugin build {done.after.package}\n  aios plugin check {done.after.id}\n  git commit"
    )
