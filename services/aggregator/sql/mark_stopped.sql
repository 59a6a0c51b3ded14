-- Say why a partition stands still, or that it no longer does ($3 null).
UPDATE feedback.fence SET stopped = $3 WHERE partition = $1 AND epoch = $2 AND stopped IS DISTINCT FROM $3
