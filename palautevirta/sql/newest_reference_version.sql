-- The newest version of a kind of reference data, $1.
SELECT version, day, digest FROM feedback.reference_version WHERE kind = $1 ORDER BY version DESC LIMIT 1
