-- Say why a partition stands still; whatever moves it says that it no longer does.
UPDATE feedback.fence SET stopped = $3 WHERE partition = $1 AND epoch = $2 AND stopped IS DISTINCT FROM $3
