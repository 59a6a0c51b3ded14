-- The newest table of mergers, whatever their days, and the Finnish day of this snapshot; one row without mergers.
SELECT (now() AT TIME ZONE 'Europe/Helsinki')::date AS today,
       (SELECT max(version) FROM reporting.reference_version WHERE kind = 'mergers') AS version,
       m.provider, m.successor, m.day
FROM (VALUES (1)) AS one_row
LEFT JOIN reporting.merger m ON true
