-- A record in quarantine, as it stands behind its partition's fence.
SELECT partition, log_offset, reason, provider, received_at, outcome
FROM feedback.present_quarantine
WHERE partition = $1 AND log_offset = $2
FOR UPDATE
