-- Whose history belongs to whom.
-- $1 number of the edition; one element of each a merged provider: $2 provider, $3 successor
INSERT INTO feedback.edition_structure (edition, provider, successor)
SELECT $1::integer, provider, successor FROM unnest($2::text[], $3::text[]) AS merged (provider, successor)
