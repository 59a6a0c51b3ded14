-- The numbers of these OIDs.
SELECT oid, id FROM feedback.oid WHERE oid = ANY ($1::text[])
