-- The shares of the funding year before the edition's, as they are loaded.
-- $1 number of the edition, $2 funding year
INSERT INTO feedback.edition_funding_input (edition, provider, share)
SELECT $1::integer, provider, share FROM reporting.funding_input WHERE funding_year = $2::integer
