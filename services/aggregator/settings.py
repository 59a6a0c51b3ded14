"""The aggregator's settings."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr

from services.aggregator.decode import DigestKeys
from services.runtime.settings import KafkaSettings, OperationsSettings, PostgresSettings

_KEYS: Final = re.compile(r"[1-9][0-9]{0,3}:[0-9a-f]{64}(,[1-9][0-9]{0,3}:[0-9a-f]{64})*")


def _keys_have_form(secret: SecretStr) -> SecretStr:
    if not _KEYS.fullmatch(secret.get_secret_value()):
        raise ValueError("write NUMBER:KEY, or several separated by commas; a key is 64 hexadecimal digits")
    return secret


class AggregatorSettings(KafkaSettings, PostgresSettings, OperationsSettings):
    """Where the log and the record are, and how large a batch may be."""

    owner: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        default="aggregator", description="this process's name in leases; it is made unique at every start"
    )
    digest_keys: Annotated[SecretStr, AfterValidator(_keys_have_form)] = Field(
        description="the secret keys of the ledger's digests, NUMBER:HEX, kept outside the database; "
        "the highest number makes new digests, older ones are still compared"
    )
    batch_records: Annotated[int, Field(ge=1, le=20_000)] = Field(
        default=4_000, description="most records in one transaction"
    )
    transaction_timeout_seconds: Annotated[float, Field(ge=1, le=30)] = Field(
        default=10.0,
        description="how long Postgres lets a batch's transaction take; an aggregator that was stopped while it sent a "
        "batch may keep others from its partitions for so long",
    )

    def keys(self) -> DigestKeys:
        """The digest keys by number."""
        pairs = (pair.partition(":") for pair in self.digest_keys.get_secret_value().split(","))
        return DigestKeys({int(number): bytes.fromhex(key) for number, _, key in pairs})
