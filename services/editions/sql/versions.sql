-- The newest version of each table that the operator loads.
SELECT DISTINCT ON (kind) kind, version, digest FROM reporting.reference_version ORDER BY kind, version DESC
