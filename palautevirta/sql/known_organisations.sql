-- Which of the OIDs $1 the newest organisation table or the record knows.
SELECT oid FROM unnest($1::text[]) AS named (oid)
WHERE EXISTS (SELECT FROM reporting.organisation o WHERE o.oid = named.oid)
   OR EXISTS (SELECT FROM feedback.oid o WHERE o.oid = named.oid)
