"""`python -m services.aggregator`: settings from the environment, then the composition root."""

import asyncio
import os
import sys

from services.aggregator.app import serve
from services.aggregator.settings import AggregatorSettings
from services.runtime.logging import configure_logging
from services.runtime.process import run


async def main(stopping: asyncio.Event) -> None:
    """Serve until told to stop."""
    settings = AggregatorSettings.from_environ(os.environ)
    configure_logging(settings.log_format, settings.log_level, service="aggregator")
    await serve(settings, stopping)


if __name__ == "__main__":
    sys.exit(run(main))
