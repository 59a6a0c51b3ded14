-- Of every provider each record read is standing, superseded, duplicate, in conflict or rejected, and no more.
SELECT *
FROM reporting.book
WHERE records <> standing + superseded + duplicate + conflict + rejected OR superseded < 0
