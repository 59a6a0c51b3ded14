-- One edition is cut at a time: wait here, before the transaction takes its snapshot.
SELECT pg_advisory_lock(7245288346379)
