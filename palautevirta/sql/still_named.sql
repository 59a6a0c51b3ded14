-- Which organisations the newest mergers and funding inputs name, and which of the two does.
SELECT provider AS oid, 'mergers' AS named_by FROM reporting.merger
UNION SELECT successor, 'mergers' FROM reporting.merger
UNION SELECT provider, 'funding inputs' FROM reporting.funding_input
ORDER BY oid, named_by
