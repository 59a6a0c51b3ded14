-- Say that we are alive and keep what we hold, by this database's clock; a lease that ran out isn't revived.
WITH alive AS (
    INSERT INTO feedback.aggregator (owner, seen_at) VALUES ($1, clock_timestamp())
    ON CONFLICT (owner) DO UPDATE SET seen_at = excluded.seen_at
)
UPDATE feedback.lease SET until = clock_timestamp() + $2::interval
WHERE owner = $1 AND until > clock_timestamp()
RETURNING partition, epoch
