-- The shares of the year before that an edition was cut with, exact fractions as texts.
-- $1 number of the edition
SELECT provider, share FROM reporting.edition_funding_input WHERE edition = $1::integer
