-- What stands in quarantine of the logs that the partitions $1 read now, counted by reason.
SELECT reason, count(*) AS records
FROM feedback.present_quarantine
WHERE partition = ANY ($1::smallint[]) AND outcome IS NULL
GROUP BY reason
ORDER BY reason
