-- One load of reference data at a time; readers go on.
LOCK TABLE feedback.reference_version IN SHARE ROW EXCLUSIVE MODE
