-- Requests that stood already and whose background changed; the response register of the row stays as it is.
UPDATE feedback.request AS r
SET background_at_us = n.background_at_us,
    background_cancelled = n.background_cancelled,
    background_key = n.background_key,
    survey_kind = n.survey_kind,
    institution = n.institution,
    site = n.site,
    qualification = n.qualification,
    trigger_date = n.trigger_date,
    valid_from = n.valid_from,
    valid_to = n.valid_to,
    exclusion = n.exclusion,
    work_period_end = n.work_period_end,
    duration_days = n.duration_days,
    entrepreneur = n.entrepreneur,
    cancellation = n.cancellation,
    particulars = n.particulars,
    target = n.target,
    response = n.response,
    month = n.month,
    target_days = n.target_days,
    respondent_days = n.respondent_days,
    points = n.points,
    rules = $26::smallint
FROM unnest(
    $1::smallint[], $2::integer[], $3::text[],
    $4::bigint[], $5::boolean[], $6::bytea[],
    $7::feedback.survey_kind[], $8::integer[], $9::integer[], $10::text[], $11::date[], $12::date[], $13::date[],
    $14::text[], $15::date[], $16::integer[], $17::boolean[], $18::text[], $19::text[],
    $20::feedback.reason[], $21::feedback.reason[], $22::date[], $23::bigint[], $24::bigint[], $25::bigint[]
) AS n (
    partition, provider, subject,
    background_at_us, background_cancelled, background_key,
    survey_kind, institution, site, qualification, trigger_date, valid_from, valid_to, exclusion,
    work_period_end, duration_days, entrepreneur, cancellation, particulars,
    target, response, month, target_days, respondent_days, points
)
WHERE (r.partition, r.provider, r.subject) = (n.partition, n.provider, n.subject)
