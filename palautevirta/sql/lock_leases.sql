-- Leases before fences, as those who take leases do.
SELECT partition FROM feedback.lease ORDER BY partition FOR UPDATE
