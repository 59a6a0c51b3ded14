-- Requests whose response changed; the background register of the row stays as it is.
INSERT INTO feedback.request (
    partition, provider, subject,
    response_at_us, response_withdrawn, response_key, questionnaire, answered_at_us, answers, withdrawal,
    target, response, month, target_days, respondent_days, points, rules
)
SELECT *, $17::smallint
FROM unnest(
    $1::smallint[], $2::integer[], $3::text[],
    $4::bigint[], $5::boolean[], $6::bytea[], $7::smallint[], $8::bigint[], $9::bytea[], $10::text[],
    $11::feedback.reason[], $12::feedback.reason[], $13::date[], $14::bigint[], $15::bigint[], $16::bigint[]
)
ON CONFLICT (partition, provider, subject) DO UPDATE SET
    response_at_us = excluded.response_at_us,
    response_withdrawn = excluded.response_withdrawn,
    response_key = excluded.response_key,
    questionnaire = excluded.questionnaire,
    answered_at_us = excluded.answered_at_us,
    answers = excluded.answers,
    withdrawal = excluded.withdrawal,
    target = excluded.target,
    response = excluded.response,
    month = excluded.month,
    target_days = excluded.target_days,
    respondent_days = excluded.respondent_days,
    points = excluded.points,
    rules = excluded.rules
