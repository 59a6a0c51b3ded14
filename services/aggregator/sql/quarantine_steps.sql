-- What operators did about one record in quarantine, in order.
SELECT s.step, s.at, s.action, s.actor, s.result, s.remark
FROM feedback.present_quarantine q
JOIN feedback.quarantine_step s USING (partition, log, log_offset)
WHERE partition = $1 AND log_offset = $2
ORDER BY s.step
