"""`palautevirta documents`: the JSON Schemas, OpenAPI and AsyncAPI documents, and the reference of the code."""

import os
from pathlib import Path

import click

from palautevirta.reference import FILE, reference
from schemas.documents.files import FOLDER, documents, drifted, write

_REFERENCE = os.path.relpath(FILE, FOLDER)  # it stands beside the packages, so only in a checkout


@click.command("documents")
@click.option("--check", is_flag=True, help="Write nothing; fail when a document isn't what the models say.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=FOLDER,
    help="The folder of the schemas; this package's own by default.",
)
def command(*, check: bool, folder: Path) -> None:
    """Write the documents that are generated from the models, or check that they haven't drifted from them."""
    expected = documents(folder) | ({_REFERENCE: reference().encode()} if folder == FOLDER else {})
    changed = drifted(expected, folder)
    if check and changed:
        raise click.ClickException(
            f"not what the models say: {', '.join(changed)}. Run `palautevirta documents` and commit what it writes."
        )
    write(expected, changed, folder)
    for path in changed:
        click.echo(f"wrote {path}" if path in expected else f"deleted {path}")
    if not changed:
        click.echo("every document is what the models say")
