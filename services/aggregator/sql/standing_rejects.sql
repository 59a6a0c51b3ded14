-- The last rejects that stand in the newest records of these partitions, at most $4 each; $3 is how many records count.
-- What an operator passed over was judged by him, and is no sign of a deployment gone wrong.
SELECT n.partition, q.log_offset
FROM unnest($1::smallint[], $2::bigint[]) AS n (partition, next_offset)
CROSS JOIN LATERAL (
    SELECT log_offset
    FROM feedback.present_quarantine
    WHERE partition = n.partition AND log_offset >= n.next_offset - $3::bigint
      AND outcome IS NULL AND reason NOT IN ('conflict', 'passed')
    ORDER BY log_offset DESC
    LIMIT $4
) q
ORDER BY n.partition, q.log_offset
