-- A provider's requests that don't count, as target or by their response, with reasons.
-- $1 provider, $2 reasons or null, $3 last subject seen or null, $4 limit
SELECT subject, survey_kind, target, response, CASE WHEN target = 'excluded' THEN exclusion END AS exclusion,
       background_at_us, response_at_us
FROM reporting.request
WHERE provider = $1::text
  AND (target <> 'counts' OR response <> 'counts')
  AND ($2::text[] IS NULL OR target = ANY ($2) OR response = ANY ($2))
  AND ($3::text IS NULL OR subject > $3)
ORDER BY subject
LIMIT $4
