-- The newest version of each kind of reference data, and the day that it is of.
SELECT DISTINCT ON (kind) kind, version, day FROM reporting.reference_version ORDER BY kind, version DESC
