-- Who posts events in partition $1, in the order in which the watch goes round.
SELECT id FROM feedback.oid WHERE partition = $1 ORDER BY id
