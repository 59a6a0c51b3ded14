-- The organisation table's version $1.
SELECT oid, business_id, institution_code, name_fi, name_sv, funded_years
FROM feedback.organisation WHERE version = $1 ORDER BY oid
