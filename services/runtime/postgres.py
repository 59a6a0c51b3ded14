"""How to reach Postgres, for every asyncpg client of the house."""

import ssl
from typing import Any

from services.runtime.settings import PostgresSettings


def connect_options(settings: PostgresSettings) -> dict[str, Any]:
    """The arguments of `asyncpg.connect` that the settings decide: dsn, timeout in seconds, TLS.

    Raises OSError when a file of certificates can't be read, ssl.SSLError when it holds something else.
    """
    options: dict[str, Any] = {
        "dsn": settings.database_url.get_secret_value(),
        "timeout": settings.database_connect_timeout_seconds,
    }
    match settings.database_ssl_mode:
        case None:
            pass
        case "disable" | "prefer" as mode:
            options["ssl"] = mode
        case "require" | "verify-ca" | "verify-full" as mode:
            context = ssl.create_default_context(cafile=settings.database_ca_file)
            context.check_hostname = mode == "verify-full"
            context.verify_mode = ssl.CERT_NONE if mode == "require" else ssl.CERT_REQUIRED
            if settings.database_cert_file is not None:
                context.load_cert_chain(settings.database_cert_file, settings.database_key_file)
            options["ssl"] = context
    return options
