-- Keep what can't be applied, with its reason; pointers travel as one text, separated by newlines.
INSERT INTO feedback.quarantine
    (partition, log, log_offset, reason, pointers, provider, event_key, digest, event, received_at)
SELECT q.partition, f.log, log_offset, reason, string_to_array(pointers, E'\n'), provider, event_key, digest, event,
       to_timestamp(ms::double precision / 1000)
FROM unnest(
    $1::smallint[], $2::bigint[], $3::text[], $4::text[], $5::integer[], $6::bytea[], $7::bytea[], $8::text[], $9::bigint[]
) AS q (partition, log_offset, reason, pointers, provider, event_key, digest, event, ms)
JOIN feedback.fence AS f ON f.partition = q.partition
