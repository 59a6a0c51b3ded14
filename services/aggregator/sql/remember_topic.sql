-- Write down which topic a partition's log is part of, where nobody has done so yet.
UPDATE feedback.fence SET topic_id = $3 WHERE partition = $1 AND epoch = $2 AND topic_id IS NULL
