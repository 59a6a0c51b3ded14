-- Organisations in the national data set's rows of an edition for which its organisation table lacks the code that
-- the data set needs: a provider's business id, an institution's code.
-- $1 number of the edition, $2 the most that are named
WITH row AS (
    SELECT DISTINCT coalesce(s.successor, c.provider) AS provider, c.institution
    FROM reporting.edition_cell c
    LEFT JOIN reporting.edition_structure s ON s.edition = c.edition AND s.provider = c.provider
    WHERE c.edition = $1::integer
      AND (c.survey_kind::text NOT IN ('workplace', 'workplace_instructor') OR c.target_days > 0)
), named AS (
    SELECT oid, business_id, institution_code FROM reporting.edition_organisation WHERE edition = $1
)
SELECT 'business_id' AS code, provider AS oid
FROM row
WHERE NOT EXISTS (SELECT FROM named WHERE oid = provider AND business_id IS NOT NULL)
UNION
SELECT 'institution_code', institution
FROM row
WHERE institution <> '' AND NOT EXISTS (SELECT FROM named WHERE oid = institution AND institution_code IS NOT NULL)
ORDER BY code, oid
LIMIT $2
