-- The whole shares of a funding year that an operator loaded, exact fractions as texts. $1 funding year
SELECT provider, share FROM reporting.funding_input WHERE funding_year = $1
