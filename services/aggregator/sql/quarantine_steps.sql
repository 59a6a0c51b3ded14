-- What operators did about one record in quarantine of a log, in order.
SELECT step, at, action, actor, result, remark
FROM feedback.quarantine_step
WHERE partition = $1 AND log = $2 AND log_offset = $3
ORDER BY step
