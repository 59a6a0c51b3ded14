-- What stands in quarantine or stood there, in the order of the log.
-- $1 provider or null, $2 reasons or null, $3 outcomes or null ('standing' where there is none yet),
-- $4 partition, $5 number of the log and $6 offset of the last row seen or null, $7 limit
SELECT partition, log, log_offset, provider, reason, pointers, received_at, coalesce(outcome, 'standing') AS outcome, event
FROM reporting.quarantine
WHERE ($1::text IS NULL OR provider = $1)
  AND ($2::text[] IS NULL OR reason = ANY ($2))
  AND ($3::text[] IS NULL OR coalesce(outcome, 'standing') = ANY ($3))
  AND ($4::smallint IS NULL OR (partition, log, log_offset) > ($4, $5::smallint, $6::bigint))
ORDER BY partition, log, log_offset
LIMIT $7
