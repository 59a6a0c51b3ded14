-- The model versions whose rules counted the requests, and how many each.
SELECT rules AS number, count(*) AS requests FROM feedback.request GROUP BY rules ORDER BY rules
