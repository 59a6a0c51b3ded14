-- The moment up to which every accepted event is counted; null while a partition was never read.
SELECT as_of FROM reporting.freshness
