-- Write down that an operator ($3) replayed a record and what came of it ($4); steps are numbered from 1, behind the partition's fence.
INSERT INTO feedback.quarantine_step (partition, log, log_offset, step, at, action, actor, result)
SELECT f.partition, f.log, $2::bigint, coalesce(s.last, 0) + 1, clock_timestamp(), 'replay', $3::text, $4::text
FROM feedback.fence f
CROSS JOIN LATERAL (
    SELECT max(step) AS last
    FROM feedback.quarantine_step
    WHERE partition = f.partition AND log = f.log AND log_offset = $2
) s
WHERE f.partition = $1::smallint
