-- Of the names that a batch tried to enter, those that another record had entered before. A record of a log that was
-- lost may have had the offset of ours, so a row is ours only if this very transaction made it.
SELECT l.partition, l.provider, l.event_key, l.digest, l.digest_key
FROM unnest($1::smallint[], $2::integer[], $3::bytea[], $4::bigint[]) AS e (partition, provider, event_key, log_offset)
JOIN feedback.ledger l USING (partition, provider, event_key)
WHERE l.log_offset <> e.log_offset OR l.xmin <> pg_current_xact_id()::xid
