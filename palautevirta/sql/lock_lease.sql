-- The lease of partition $1 before its fence, as those who take leases do.
SELECT partition FROM feedback.lease WHERE partition = $1 FOR UPDATE
