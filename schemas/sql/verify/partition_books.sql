-- Of every partition as many records are in the books as were read, of this log and of those before it.
SELECT partition, records_read, of_providers, nameless
FROM feedback.partition_book
WHERE records_read <> of_providers + nameless
