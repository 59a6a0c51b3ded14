-- Of the names that a batch tried to enter, those that another record had entered before.
SELECT l.partition, l.provider, l.event_key, l.digest, l.digest_key
FROM unnest($1::smallint[], $2::integer[], $3::bytea[], $4::bigint[]) AS e (partition, provider, event_key, log_offset)
JOIN feedback.ledger l USING (partition, provider, event_key)
WHERE l.log_offset <> e.log_offset
