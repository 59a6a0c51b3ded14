-- What became of events, in the order asked: the event that stands under each id, else the last copy in quarantine,
-- else nulls. OFFSET 0 keeps each look-up one by key: the planner would rather scan the ledger once for all of them.
-- $1 providers, $2 event keys: one element of each an event
SELECT CASE WHEN standing.state IS NOT NULL THEN standing.state
            WHEN held.reason = 'conflict' THEN 'conflict'
            WHEN held.reason IS NOT NULL THEN 'rejected' END AS state,
       held.reason,
       coalesce(standing.partition, held.partition) || '-' || coalesce(standing.log_offset, held.log_offset) AS receipt,
       coalesce(standing.received_at, held.received_at) AS received_at
FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS asked (provider, event_key, position)
LEFT JOIN LATERAL (
    SELECT state, partition, log_offset, received_at
    FROM reporting.event AS e
    WHERE e.provider = asked.provider AND e.event_key = asked.event_key
    OFFSET 0
) AS standing ON true
LEFT JOIN LATERAL (
    SELECT reason, partition, log_offset, received_at
    FROM reporting.quarantine AS q
    WHERE q.provider = asked.provider AND q.event_key = asked.event_key AND q.outcome IS DISTINCT FROM 'replayed'
    ORDER BY log DESC, log_offset DESC
    LIMIT 1
) AS held ON standing.state IS NULL
ORDER BY asked.position
