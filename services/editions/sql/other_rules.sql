-- How many requests were counted by other rules than those of the edition.
-- $1 number of the model version
SELECT count(*) FROM feedback.request WHERE rules <> $1::smallint
