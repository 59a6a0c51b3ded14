-- Add what a batch read to the books.
INSERT INTO feedback.provider_day AS d (partition, provider, day, records, duplicate, conflict, rejected)
SELECT * FROM unnest(
    $1::smallint[], $2::integer[], $3::date[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]
)
ON CONFLICT (partition, provider, day) DO UPDATE SET
    records = d.records + excluded.records,
    duplicate = d.duplicate + excluded.duplicate,
    conflict = d.conflict + excluded.conflict,
    rejected = d.rejected + excluded.rejected
