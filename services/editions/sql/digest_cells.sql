-- A part of the canonical form that the digest is of. The sums.
-- $1 number of the edition
SELECT provider, month, survey_kind, institution, site, qualification, copied, source_month, targets,
       respondents, target_days, respondent_days, points
FROM feedback.edition_cell
WHERE edition = $1::integer
ORDER BY provider, month, survey_kind, institution, site, qualification, copied
