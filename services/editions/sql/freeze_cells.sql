-- The sums of what counts, by month, survey kind, provider as posted, institution, site and qualification.
-- $1 number of the edition; one element of each a source: $2 survey kind, $3 month, $4 month in which the requests
-- count, $5 survey kind of the requests, $6 whether only entrepreneurs' requests add here, as a copy
INSERT INTO feedback.edition_cell (
    edition, provider, month, survey_kind, institution, site, qualification, copied, source_month,
    targets, respondents, target_days, respondent_days, points
)
SELECT $1::integer, r.provider, s.month, s.survey_kind::feedback.survey_kind, coalesce(r.institution, ''),
       coalesce(r.site, ''), r.qualification, s.copied, s.source_month,
       count(*), count(*) FILTER (WHERE r.response = 'counts'), sum(r.target_days), sum(r.respondent_days), sum(r.points)
FROM unnest($2::text[], $3::date[], $4::date[], $5::text[], $6::boolean[])
    AS s (survey_kind, month, source_month, source_kind, copied)
JOIN reporting.request r
    ON r.month = s.source_month AND r.kind = s.source_kind::feedback.survey_kind AND (r.entrepreneur OR NOT s.copied)
WHERE r.target = 'counts'
GROUP BY r.provider, s.month, s.survey_kind, coalesce(r.institution, ''), coalesce(r.site, ''), r.qualification,
         s.copied, s.source_month
