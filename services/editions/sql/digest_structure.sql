-- A part of the canonical form that the digest is of. Whose history belongs to whom.
-- $1 number of the edition
SELECT provider, successor
FROM feedback.edition_structure
WHERE edition = $1::integer
ORDER BY provider
