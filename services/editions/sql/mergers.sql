-- The mergers as they are loaded.
SELECT provider, successor, day FROM reporting.merger
