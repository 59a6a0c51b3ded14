-- An organisation that was known already, and now posts: it gets the partition of its events.
-- Rows are locked in the order given, which is sorted so that two processes can't lock each other out.
UPDATE feedback.oid AS o
SET partition = n.partition
FROM unnest($1::text[], $2::smallint[]) AS n (oid, partition)
WHERE o.oid = n.oid AND o.partition IS NULL AND n.partition IS NOT NULL
