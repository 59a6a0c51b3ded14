-- The OIDs of these numbers, for those who read a finding.
SELECT id, oid FROM feedback.oid WHERE id = ANY ($1::integer[])
