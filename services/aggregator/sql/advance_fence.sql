-- Move the partitions of a batch on, if they are still ours and still where we loaded them: fewer rows than
-- partitions means that somebody else owns one of them now. $6 is the broker's time of the last record, in ms; the
-- next record may bear the same one, so that only what came before it is known to be counted. A broker whose clock runs
-- ahead, and is set back later, must not promise what hasn't come yet: this database's clock bounds it.
UPDATE feedback.fence AS f
SET next_offset = n.next_offset,
    last_fingerprint = n.last_fingerprint,
    stopped = NULL,
    complete_until = greatest(
        f.complete_until, least(to_timestamp((n.last_ms - 1)::double precision / 1000), clock_timestamp())
    )
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bigint[])
    AS n (partition, epoch, loaded_offset, next_offset, last_fingerprint, last_ms)
WHERE f.partition = n.partition AND f.epoch = n.epoch AND f.next_offset = n.loaded_offset
