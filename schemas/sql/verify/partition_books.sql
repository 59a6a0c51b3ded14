-- Of every partition as many records are in the books as were read: next offset - first offset.
SELECT f.partition, f.next_offset - f.first_offset AS records_read, d.records AS in_books, q.nameless
FROM feedback.fence f
CROSS JOIN LATERAL (
    SELECT coalesce(sum(records), 0) AS records FROM feedback.provider_day WHERE partition = f.partition
) d
CROSS JOIN LATERAL (
    SELECT count(*) AS nameless FROM feedback.quarantine WHERE partition = f.partition AND provider IS NULL
) q
WHERE coalesce(f.next_offset - f.first_offset, 0) <> d.records + q.nameless
