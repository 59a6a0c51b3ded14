-- Which topic a partition's log is part of, by the id that its brokers gave it: one that is made anew under the same name
-- has another. Null until an aggregator that knows of it takes the partition up.

ALTER TABLE feedback.fence ADD COLUMN topic_id bytea;
