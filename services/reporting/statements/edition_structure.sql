-- Whose history belongs to whom as of an edition's day.
-- $1 number of the edition
SELECT provider, successor FROM reporting.edition_structure WHERE edition = $1::integer
