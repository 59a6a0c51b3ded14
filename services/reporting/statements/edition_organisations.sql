-- An edition's copy of the organisation table.
-- $1 number of the edition
SELECT oid, business_id, institution_code, name_fi, funded_years
FROM reporting.edition_organisation
WHERE edition = $1::integer
