"""The edge of every operator's command: what couldn't be asked ends it with exit code 2 and one sentence.

Exit code 1 is left for what was asked and isn't as it should be.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

import asyncpg
import click

from services.aggregator.consumer import LogUnavailable, LogUnreadable
from services.aggregator.store import DRIVER_ERRORS, StoreUnavailable
from services.editions.store import EditionsUnavailable
from services.runtime.settings import PostgresSettings, SettingsError

Role = Literal["owner", "aggregator", "reporting", "editions"]
"""Whose DATABASE_URL a command takes; `palautevirta env --role` prints it over a local stack."""

_WHOSE: Final[dict[Role, str]] = {
    "owner": "the owner's",
    "aggregator": "the aggregator's",
    "reporting": "reporting's",
    "editions": "the editions'",
}


class CouldNotAsk(click.ClickException):
    """Settings are missing or wrong, or a server is away: nothing is known yet."""

    exit_code = 2


@contextmanager
def edge(role: Role | None = None, and_then: Callable[[], str] = str) -> Iterator[None]:
    """Turn what a command is expected to fail with into CouldNotAsk; `and_then` says what was done and what to do.

    With the role that the command needs, a database that refuses another one is told as just that: the command would be
    refused again, so there is nothing to repeat.
    """
    try:
        yield
    except SettingsError as error:
        raise CouldNotAsk(str(error)) from error
    except (StoreUnavailable, LogUnavailable, LogUnreadable, EditionsUnavailable) as error:
        raise CouldNotAsk(_wrong_role(error, role) or f"{str(error).rstrip('.')}. {and_then()}".rstrip()) from error
    except DRIVER_ERRORS as error:
        told = str(error) or type(error).__name__
        raise CouldNotAsk(
            _wrong_role(error, role) or f"the database can't be asked: {told.rstrip('.')}. {and_then()}".rstrip()
        ) from error


def _wrong_role(error: Exception, role: Role | None) -> str | None:
    """What to do when the database refused the login's role; None when that isn't what happened."""
    refused = any(isinstance(one, asyncpg.InsufficientPrivilegeError) for one in (error, error.__cause__))
    if role is None or not refused:
        return None
    return (
        f"this login may not do that: it needs {_WHOSE[role]} DATABASE_URL (`palautevirta env --role {role}` of a "
        "local stack). Nothing was done."
    )


def database_url(_: click.Context, __: click.Parameter, given: str | None) -> str:
    """A DSN from an option or DATABASE_URL, looked at as the services do. Raises CouldNotAsk."""
    with edge():
        settings = PostgresSettings.from_environ({} if given is None else {"DATABASE_URL": given})
    return settings.database_url.get_secret_value()
