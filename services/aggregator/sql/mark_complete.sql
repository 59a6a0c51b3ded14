-- Nothing was left to read of these partitions when this database's clock stood at $4.
UPDATE feedback.fence AS f
SET stopped = NULL,
    complete_until = greatest(f.complete_until, $4)
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS n (partition, epoch, next_offset)
WHERE f.partition = n.partition AND f.epoch = n.epoch AND f.next_offset = n.next_offset
