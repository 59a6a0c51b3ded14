-- What became of a replayed record: under whose name it stands, and whether it left quarantine.
UPDATE feedback.present_quarantine SET reason = $3, provider = $4, event_key = $5, digest = $6, event = $7, outcome = $8
WHERE partition = $1 AND log_offset = $2
