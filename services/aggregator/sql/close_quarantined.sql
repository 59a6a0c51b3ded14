-- Close what stands in quarantine of partition $1 at offset $2, all of it when that is null, and write each step down:
-- who ($3) and why ($4). The books still count it as what it was.
WITH closed AS (
    UPDATE feedback.present_quarantine SET outcome = 'closed'
    WHERE partition = $1::smallint AND ($2::bigint IS NULL OR log_offset = $2) AND outcome IS NULL
    RETURNING partition, log, log_offset
)
INSERT INTO feedback.quarantine_step (partition, log, log_offset, step, at, action, actor, result, remark)
SELECT c.partition, c.log, c.log_offset, coalesce(s.last, 0) + 1, clock_timestamp(), 'close', $3::text, 'closed', $4::text
FROM closed c
CROSS JOIN LATERAL (
    SELECT max(step) AS last
    FROM feedback.quarantine_step
    WHERE partition = c.partition AND log = c.log AND log_offset = c.log_offset
) s
