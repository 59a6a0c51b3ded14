-- The number of the edition that is being cut; nobody else cuts one meanwhile.
SELECT coalesce(max(number), 0) + 1 FROM feedback.edition
