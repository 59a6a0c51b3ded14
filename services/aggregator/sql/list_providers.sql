-- Who posts events ($1: these of them, or all when null), with the number of requests of each.
SELECT o.oid, o.id, o.partition,
       (SELECT count(*) FROM feedback.request r WHERE r.partition = o.partition AND r.provider = o.id) AS requests
FROM feedback.oid o
WHERE o.partition IS NOT NULL AND ($1::text[] IS NULL OR o.oid = ANY ($1))
ORDER BY o.partition, o.oid
