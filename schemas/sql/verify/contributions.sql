-- A request adds only what its two reasons allow, and holds answers only as long as no withdrawal stands.
SELECT partition, provider, subject, target, response, month, target_days, respondent_days, points
FROM feedback.request
WHERE (target = 'counts') <> (month IS NOT NULL)
   OR (target <> 'counts' AND (response <> target OR target_days <> 0))
   OR (response <> 'counts' AND (respondent_days <> 0 OR points <> 0))
   OR (response_withdrawn AND answers IS NOT NULL)
