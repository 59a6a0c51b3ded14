-- How many aggregators share the partitions; one that wasn't seen for the time of a lease is forgotten.
SELECT count(*) FROM feedback.aggregator WHERE seen_at > clock_timestamp() - $1::interval
