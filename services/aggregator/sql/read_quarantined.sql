-- A record in quarantine, as it stands; whoever changes it locks its partition's fence first.
SELECT partition, log_offset, reason, provider, received_at, outcome
FROM feedback.present_quarantine
WHERE partition = $1 AND log_offset = $2
