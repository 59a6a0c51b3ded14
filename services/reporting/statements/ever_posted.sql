-- Whether any of the providers $1 ever posted an event of a request.
SELECT EXISTS (SELECT FROM reporting.request WHERE provider = ANY ($1::text[])) AS ever_posted
