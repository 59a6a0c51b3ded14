-- The mergers' version $1.
SELECT provider, successor, day FROM feedback.merger WHERE version = $1 ORDER BY provider
