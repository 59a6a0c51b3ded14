-- A part of the canonical form that the digest is of. The shares of the year before.
-- $1 number of the edition
SELECT provider, share
FROM feedback.edition_funding_input
WHERE edition = $1::integer
ORDER BY provider
