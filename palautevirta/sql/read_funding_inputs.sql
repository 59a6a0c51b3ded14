-- The funding inputs' version $1.
SELECT funding_year, provider, share FROM feedback.funding_input WHERE version = $1 ORDER BY funding_year, provider
