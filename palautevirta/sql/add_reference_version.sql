-- A new version of the kind $1: its number $2, the day $3 that it is of, and the digest $4 of its rows.
INSERT INTO feedback.reference_version (kind, version, day, loaded_at, digest) VALUES ($1, $2, $3, now(), $4)
