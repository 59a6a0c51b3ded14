-- The Finnish date by this database's clock. As the first statement it takes the snapshot that the edition is of.
SELECT (now() AT TIME ZONE 'Europe/Helsinki')::date
