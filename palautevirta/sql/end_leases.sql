-- Nobody holds the partitions $1 any more; whoever takes them loads their fences.
UPDATE feedback.lease SET until = '-infinity' WHERE partition = ANY ($1::smallint[])
