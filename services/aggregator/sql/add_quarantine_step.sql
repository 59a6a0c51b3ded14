-- Write down what an operator did; steps are numbered from 1, behind the partition's fence.
INSERT INTO feedback.quarantine_step (partition, log_offset, step, at, action, actor, result, remark)
SELECT $1::smallint, $2::bigint, coalesce(max(step), 0) + 1, clock_timestamp(), $3::text, $4::text, $5::text, $6::text
FROM feedback.quarantine_step
WHERE partition = $1 AND log_offset = $2
