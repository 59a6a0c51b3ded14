-- Requests whose background changed; the response register of the row stays as it is.
INSERT INTO feedback.request (
    partition, provider, subject,
    background_at_us, background_cancelled, background_key,
    survey_kind, institution, site, qualification, trigger_date, valid_from, valid_to, exclusion,
    work_period_end, duration_days, entrepreneur, cancellation, particulars,
    target, response, month, target_days, respondent_days, points, rules
)
SELECT *, $26::smallint
FROM unnest(
    $1::smallint[], $2::integer[], $3::text[],
    $4::bigint[], $5::boolean[], $6::bytea[],
    $7::feedback.survey_kind[], $8::integer[], $9::integer[], $10::text[], $11::date[], $12::date[], $13::date[],
    $14::text[], $15::date[], $16::integer[], $17::boolean[], $18::text[], $19::text[],
    $20::feedback.reason[], $21::feedback.reason[], $22::date[], $23::bigint[], $24::bigint[], $25::bigint[]
)
ON CONFLICT (partition, provider, subject) DO UPDATE SET
    background_at_us = excluded.background_at_us,
    background_cancelled = excluded.background_cancelled,
    background_key = excluded.background_key,
    survey_kind = excluded.survey_kind,
    institution = excluded.institution,
    site = excluded.site,
    qualification = excluded.qualification,
    trigger_date = excluded.trigger_date,
    valid_from = excluded.valid_from,
    valid_to = excluded.valid_to,
    exclusion = excluded.exclusion,
    work_period_end = excluded.work_period_end,
    duration_days = excluded.duration_days,
    entrepreneur = excluded.entrepreneur,
    cancellation = excluded.cancellation,
    particulars = excluded.particulars,
    target = excluded.target,
    response = excluded.response,
    month = excluded.month,
    target_days = excluded.target_days,
    respondent_days = excluded.respondent_days,
    points = excluded.points,
    rules = excluded.rules
