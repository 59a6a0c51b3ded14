-- Close a record in quarantine; the books still count it as what it was.
UPDATE feedback.quarantine SET outcome = 'closed'
WHERE partition = $1 AND log_offset = $2
  AND log = (SELECT log FROM feedback.fence WHERE partition = $1)
