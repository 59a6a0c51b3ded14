-- What the newest organisation table says of when organisations are funded.
SELECT oid, funded_years FROM reporting.organisation WHERE funded_years IS NOT NULL
