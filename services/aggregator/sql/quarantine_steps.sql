-- What operators did about one record in quarantine, in order.
SELECT step, at, action, actor, result, remark
FROM feedback.quarantine_step
WHERE partition = $1 AND log_offset = $2
  AND log = (SELECT log FROM feedback.fence WHERE partition = $1)
ORDER BY step
