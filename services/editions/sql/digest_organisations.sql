-- A part of the canonical form that the digest is of. The copy of the organisation table.
-- $1 number of the edition
SELECT oid, business_id, institution_code, name_fi, name_sv, funded_years
FROM feedback.edition_organisation
WHERE edition = $1::integer
ORDER BY oid
