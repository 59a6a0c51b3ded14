-- What requests count as, and the times of both registers, in the order asked; nulls where there is no such request.
-- OFFSET 0 keeps each look-up one by key: the planner would rather scan all requests once for all of them.
-- $1 providers, $2 subjects: one element of each a request
SELECT r.target, r.response, CASE WHEN r.target = 'excluded' THEN r.exclusion END AS exclusion,
       r.background_at_us, r.response_at_us
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (provider, subject, position)
LEFT JOIN LATERAL (
    SELECT *
    FROM reporting.request AS known
    WHERE known.provider = asked.provider AND known.subject = asked.subject
    OFFSET 0
) AS r ON true
ORDER BY asked.position
