"""What `verify` asks of everybody, asked of one provider: its statements held against two numbers."""

from typing import Final

from services.runtime.statements import load_statements

_VERIFY: Final = load_statements("schemas.sql", "verify")


def broken_rows(name: str) -> str:
    """SQL that counts the rows of provider $2 in partition $1 that break the statement of this name."""
    return f"SELECT count(*) FROM ({_VERIFY[name]}) AS broken WHERE partition = $1 AND provider = $2"  # noqa: S608 - our own files
