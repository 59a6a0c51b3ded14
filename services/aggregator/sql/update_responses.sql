-- Requests that stood already and whose response changed; the background register of the row stays as it is.
UPDATE feedback.request AS r
SET response_at_us = n.response_at_us,
    response_withdrawn = n.response_withdrawn,
    response_key = n.response_key,
    questionnaire = n.questionnaire,
    answered_at_us = n.answered_at_us,
    answers = n.answers,
    withdrawal = n.withdrawal,
    target = n.target,
    response = n.response,
    month = n.month,
    target_days = n.target_days,
    respondent_days = n.respondent_days,
    points = n.points,
    rules = $17::smallint
FROM unnest(
    $1::smallint[], $2::integer[], $3::text[],
    $4::bigint[], $5::boolean[], $6::bytea[], $7::smallint[], $8::bigint[], $9::bytea[], $10::text[],
    $11::feedback.reason[], $12::feedback.reason[], $13::date[], $14::bigint[], $15::bigint[], $16::bigint[]
) AS n (
    partition, provider, subject,
    response_at_us, response_withdrawn, response_key, questionnaire, answered_at_us, answers, withdrawal,
    target, response, month, target_days, respondent_days, points
)
WHERE (r.partition, r.provider, r.subject) = (n.partition, n.provider, n.subject)
