-- Requests that add something else under other rules; their registers stay as they are.
UPDATE feedback.request AS r
SET target = n.target,
    response = n.response,
    month = n.month,
    target_days = n.target_days,
    respondent_days = n.respondent_days,
    points = n.points,
    rules = $10::smallint
FROM unnest(
    $1::smallint[], $2::integer[], $3::text[],
    $4::feedback.reason[], $5::feedback.reason[], $6::date[], $7::bigint[], $8::bigint[], $9::bigint[]
) AS n (partition, provider, subject, target, response, month, target_days, respondent_days, points)
WHERE (r.partition, r.provider, r.subject) = (n.partition, n.provider, n.subject)
