-- Of the names in a batch, those that are in the ledger already.
SELECT l.partition, l.provider, l.event_key, l.digest, l.digest_key
FROM unnest($1::smallint[], $2::integer[], $3::bytea[]) AS e (partition, provider, event_key)
JOIN feedback.ledger l USING (partition, provider, event_key)
