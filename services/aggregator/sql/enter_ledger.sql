-- Enter the distinct events of a batch; a name that is there already keeps what it has.
INSERT INTO feedback.ledger
    (partition, provider, event_key, digest, log_offset, received_at, subject, digest_key, form)
SELECT partition, provider, event_key, digest, log_offset, to_timestamp(ms::double precision / 1000), subject, $8, $9
FROM unnest($1::smallint[], $2::integer[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::text[])
    AS e (partition, provider, event_key, digest, log_offset, ms, subject)
ON CONFLICT DO NOTHING
