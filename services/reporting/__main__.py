"""`python -m services.reporting`: the only module of the service that reads the environment."""

import asyncio
import os
import sys

from services.reporting.app import serve
from services.reporting.settings import ReportingSettings
from services.runtime.logging import configure_logging
from services.runtime.process import run


async def _main(stopping: asyncio.Event) -> None:
    settings = ReportingSettings.from_environ(os.environ)
    configure_logging(settings.log_format, settings.log_level, service="reporting")
    await serve(settings, stopping)


if __name__ == "__main__":
    sys.exit(run(_main))
