-- Up to when every accepted event is in the snapshot; null while a partition was never read.
SELECT as_of FROM reporting.freshness
