-- Give every new OID its number, in sorted order so that two processes can't lock each other out.
INSERT INTO feedback.oid (oid, partition)
SELECT n.oid, n.partition
FROM unnest($1::text[], $2::smallint[]) AS n (oid, partition)
WHERE NOT EXISTS (SELECT FROM feedback.oid o WHERE o.oid = n.oid)
ORDER BY n.oid
ON CONFLICT (oid) DO NOTHING
