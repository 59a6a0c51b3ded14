-- The newest version of each table that the operator loads.
SELECT kind, max(version) AS version FROM reporting.reference_version GROUP BY kind
