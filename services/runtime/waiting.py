"""Waiting that a stop cuts short: no loop of a service sleeps longer than it takes to be told to end."""

import asyncio


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, at most so long; says whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
