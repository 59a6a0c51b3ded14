"""The previous release's aggregator, as an archive: it goes on writing while newer migrations are in the database."""
