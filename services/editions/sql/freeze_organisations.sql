-- A copy of the organisation table as it is loaded.
-- $1 number of the edition
INSERT INTO feedback.edition_organisation (edition, oid, business_id, institution_code, name_fi, name_sv, funded_years)
SELECT $1::integer, oid, business_id, institution_code, name_fi, name_sv, funded_years FROM reporting.organisation
