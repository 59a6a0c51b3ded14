"""Every request counted anew under today's rules, a provider at a time, while everybody else goes on (storage).

A provider's requests and month rows change in one transaction behind the fence row of its partition, whose writer waits
meanwhile; next_offset stays as it is. Readers see the old figures until the commit. Whatever interrupts it leaves each
provider as it was or recomputed, and the sum of what its requests carry is its figures either way.
"""

from collections.abc import Callable, Iterable
from typing import Final

import asyncpg
from msgspec import Struct

from services.aggregator import rows
from services.aggregator.balances import broken_rows
from services.aggregator.recomputation import NewerRules, Recomputation, Replacement
from services.aggregator.store import DRIVER_ERRORS, SQL, Store, StoreError, StoreUnavailable

_REQUESTS_AT_ONCE: Final = 5_000
_COMPARED: Final = {name: broken_rows(name) for name in ("contributions", "month_figures", "month_answers")}


class Provider(Struct, frozen=True):
    """Who posts events, its number and partition, and about how many requests it has."""

    oid: str
    number: int
    partition: int
    requests: int


class Recomputed(Struct, frozen=True):
    """What became of a provider: requests looked at, contributions that are others now, month rows that were wrong.

    A month row is wrong when it wasn't the sum of what the requests carried before; what new rules change isn't.
    """

    requests: int
    changed: int
    wrong: int


class OutOfBalance(StoreError):
    """A provider's figures aren't the sum of its contributions even now: it was left as it was. Run `verify`."""


class Recompute(Store):
    """The record, for recomputing it."""

    async def providers(self, oids: Iterable[str] | None = None) -> list[Provider]:
        """Everybody who posts events, or those of these who do, by partition. Raises StoreUnavailable."""
        found = await self._fetch("list_providers", None if oids is None else sorted(oids))
        return [Provider(row["oid"], row["id"], row["partition"], row["requests"]) for row in found]

    async def recompute(self, provider: Provider, looked_at: Callable[[int], None]) -> Recomputed | None:
        """Bring a provider to today's rules, or to those rules again; None when it was counted under newer ones.

        `looked_at` is told how many requests were read, every few thousand. Raises OutOfBalance, or StoreUnavailable,
        after which the outcome is unknown: repeat it.
        """
        found = Recomputation(self._rules)
        try:
            async with self._connection.transaction():
                await self._connection.execute(SQL["lock_fence"], provider.partition)
                await self._requests(provider, found, looked_at)
                replacement = await self._months(provider, found)
                await self._compare(provider)
        except NewerRules:
            return None
        except asyncpg.LockNotAvailableError as error:
            busy = "another transaction kept the partition busy for longer than lock_timeout"
            raise StoreUnavailable(f"{busy} while recomputing {provider.oid}") from error
        except DRIVER_ERRORS as error:
            raise StoreUnavailable(f"{type(error).__name__} while recomputing {provider.oid}") from error
        return Recomputed(found.requests, found.changed, replacement.wrong)

    async def _requests(self, provider: Provider, found: Recomputation, looked_at: Callable[[int], None]) -> None:
        after = ""
        while True:
            stored = await self._connection.fetch(
                SQL["read_provider_requests"], provider.partition, provider.number, after, _REQUESTS_AT_ONCE
            )
            if not stored:
                return
            written = [rows.contribution_row(name, adds) for name, adds in found.look_at(stored)]
            await self._put("update_contributions", written, self._rules.number)
            looked_at(len(stored))
            after = stored[-1]["subject"]

    async def _months(self, provider: Provider, found: Recomputation) -> Replacement:
        name = provider.partition, provider.number
        months = await self._connection.fetch(SQL["read_month_figures"], *name)
        answers = await self._connection.fetch(SQL["read_month_answers"], *name)
        replacement = found.replacement(
            {tuple(row)[:5]: tuple(row)[5:] for row in months},
            {tuple(row)[:5]: (*row["heads"], *row["days"]) for row in answers},
        )
        await self._put("replace_month_figures", rows.replaced_month_figures(replacement.months))
        await self._put("replace_month_answers", rows.replaced_month_answers(replacement.answers))
        return replacement

    async def _compare(self, provider: Provider) -> None:
        """What `verify` asks of everybody, asked of one provider before its transaction ends."""
        for name, sql in _COMPARED.items():
            broken = await self._connection.fetchval(sql, provider.partition, provider.number)
            if broken:
                raise OutOfBalance(f"{provider.oid} was left as it was: {broken} rows break the statement {name}")
