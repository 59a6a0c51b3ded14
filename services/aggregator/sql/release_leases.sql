-- Give partitions back before their time.
UPDATE feedback.lease SET owner = NULL, until = '-infinity'
WHERE owner = $1 AND partition = ANY ($2::smallint[])
