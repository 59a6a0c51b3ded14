-- Stand before a partition's writer for the length of a transaction; which log the partition knows.
SELECT topic, log_id FROM feedback.fence WHERE partition = $1 FOR UPDATE
