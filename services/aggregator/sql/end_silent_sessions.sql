-- End our role's sessions whose transaction has lasted longer than $1 while they wait for their client amid a COPY: the
-- time-outs of Postgres don't look at those, so a process that was stopped there would keep its fences for good.
SELECT pid, pg_terminate_backend(pid) AS ended
FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
  AND state = 'active' AND wait_event = 'ClientRead' AND xact_start < clock_timestamp() - $1::interval
