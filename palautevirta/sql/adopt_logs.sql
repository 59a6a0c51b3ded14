-- Point the fences of the partitions $1 at the log $3 of the topic $4, from the offsets $2 on; whoever owned them is shut out.
UPDATE feedback.fence AS f
SET epoch = greatest(f.epoch, l.epoch) + 1, log = f.log + 1, log_id = $3, topic_id = $4, first_offset = n.begins,
    next_offset = n.begins, last_fingerprint = NULL, stopped = NULL
FROM unnest($1::smallint[], $2::bigint[]) AS n (partition, begins)
JOIN feedback.lease AS l USING (partition)
WHERE f.partition = n.partition
