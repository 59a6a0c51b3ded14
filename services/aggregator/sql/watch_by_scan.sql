-- The watch counts whole partitions on purpose: one process that scans is three times as quick as two by the index.
SELECT set_config('enable_seqscan', 'on', false), set_config('max_parallel_workers_per_gather', '0', false)
