-- What stands in quarantine of a lost log can never be replayed: close it, and write the step down.
WITH closed AS (
    UPDATE feedback.quarantine q SET outcome = 'closed'
    FROM feedback.fence f
    WHERE q.partition = ANY ($1::smallint[]) AND f.partition = q.partition AND q.log = f.log AND q.outcome IS NULL
    RETURNING q.partition, q.log, q.log_offset
)
INSERT INTO feedback.quarantine_step (partition, log, log_offset, step, at, action, actor, result, remark)
SELECT c.partition, c.log, c.log_offset, coalesce(s.last, 0) + 1, clock_timestamp(), 'close', 'log adopt', 'closed',
       'the log that held it was lost'
FROM closed c
CROSS JOIN LATERAL (
    SELECT max(step) AS last
    FROM feedback.quarantine_step
    WHERE partition = c.partition AND log = c.log AND log_offset = c.log_offset
) s
