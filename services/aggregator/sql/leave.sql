-- Be no longer counted among the aggregators; also forget those that died an hour ago.
DELETE FROM feedback.aggregator WHERE owner = $1 OR seen_at < clock_timestamp() - interval '1 hour'
