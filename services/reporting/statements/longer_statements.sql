-- Until the transaction ends, a statement may take this long.
-- $1 milliseconds, as a text
SELECT set_config('statement_timeout', $1, true)
