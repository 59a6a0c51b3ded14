-- Put every offset of partition $1 from its next one up to $2 into quarantine, as what an operator ($3) passed over for a
-- reason ($4), with the step that says so. No provider is known, and no time at which it was received.
WITH passed AS (
    INSERT INTO feedback.quarantine (partition, log, log_offset, reason, pointers, received_at)
    SELECT f.partition, f.log, passed, 'passed', '{}', clock_timestamp()
    FROM feedback.fence AS f
    CROSS JOIN LATERAL generate_series(f.next_offset, $2::bigint) AS passed
    WHERE f.partition = $1::smallint
    RETURNING partition, log, log_offset
)
INSERT INTO feedback.quarantine_step (partition, log, log_offset, step, at, action, actor, result, remark)
SELECT partition, log, log_offset, 1, clock_timestamp(), 'pass', $3::text, 'passed', $4::text
FROM passed
