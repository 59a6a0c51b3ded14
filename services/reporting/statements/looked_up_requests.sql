-- What requests count as, and the times of both registers, in the order asked; nulls where there is no such request.
-- $1 providers, $2 subjects: one element of each a request
SELECT r.target, r.response, CASE WHEN r.target = 'excluded' THEN r.exclusion END AS exclusion,
       r.background_at_us, r.response_at_us
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (provider, subject, position)
LEFT JOIN reporting.request AS r USING (provider, subject)
ORDER BY asked.position
