"""SQL lives in `.sql` files, one named statement a file, whose first line says what it is for."""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType


def load_statements(package: str, folder: str) -> Mapping[str, str]:
    """The statements of a package's folder, by file name without `.sql`.

    Raises ValueError when a file doesn't begin with a comment, because then nobody says what it is for.
    """
    statements: dict[str, str] = {}
    for file in files(package).joinpath(folder).iterdir():
        if file.name.endswith(".sql"):
            text = file.read_text(encoding="utf-8")
            if not text.startswith("-- "):
                raise ValueError(f"{folder}/{file.name} has to begin with a comment that says what it is for")
            statements[file.name.removesuffix(".sql")] = text
    return MappingProxyType(statements)
