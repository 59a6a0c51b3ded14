-- The sums of the national data set's rows of an edition, in its structure and in the data set's order. A row of the
-- employers without target days is none. The columns are in the order of services.reporting.national.NationalCell.
-- $1 number of the edition
SELECT coalesce(s.successor, c.provider) AS provider, c.month, c.survey_kind::text AS survey_kind, c.institution,
       c.site, c.qualification,
       sum(c.targets)::bigint AS targets, sum(c.respondents)::bigint AS respondents,
       sum(c.target_days)::bigint AS target_days, sum(c.respondent_days)::bigint AS respondent_days,
       coalesce(sum(c.points) FILTER (WHERE NOT c.copied), 0)::bigint AS points,
       coalesce(sum(c.points) FILTER (WHERE c.copied), 0)::bigint AS copied_points,
       c.month = c.source_month AS actual
FROM reporting.edition_cell c
LEFT JOIN reporting.edition_structure s ON s.edition = c.edition AND s.provider = c.provider
WHERE c.edition = $1::integer
GROUP BY coalesce(s.successor, c.provider), c.month, c.survey_kind, c.institution, c.site, c.qualification, actual
HAVING c.survey_kind::text NOT IN ('workplace', 'workplace_instructor') OR sum(c.target_days) > 0
ORDER BY coalesce(s.successor, c.provider), c.month, c.survey_kind, c.institution, c.site, c.qualification
