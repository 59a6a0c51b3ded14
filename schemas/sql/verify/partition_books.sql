-- Of every partition as many records are in the books as were read, of this log and of those before it.
SELECT f.partition, f.next_offset - f.first_offset AS records_read, o.records AS of_former_logs,
       d.records AS in_books, q.nameless
FROM feedback.fence f
CROSS JOIN LATERAL (
    SELECT coalesce(sum(next_offset - first_offset), 0) AS records
    FROM feedback.former_log WHERE partition = f.partition
) o
CROSS JOIN LATERAL (
    SELECT coalesce(sum(records), 0) AS records FROM feedback.provider_day WHERE partition = f.partition
) d
CROSS JOIN LATERAL (
    SELECT count(*) AS nameless FROM feedback.quarantine WHERE partition = f.partition AND provider IS NULL
) q
WHERE coalesce(f.next_offset - f.first_offset, 0) + o.records <> d.records + q.nameless
