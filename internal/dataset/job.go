package dataset

import (
	"fmt"
	"strconv"
)

// jobIndices are the variables in which systems that run arrays of jobs tell each its
// number, the first of them that is set; count is the variable that has how many there are.
var jobIndices = []struct {
	name, index, count string
	first              int // number
}{
	{name: "Slurm", index: "SLURM_ARRAY_TASK_ID", count: "SLURM_ARRAY_TASK_COUNT"},
	{name: "Kubernetes", index: "JOB_COMPLETION_INDEX"},
	{name: "GNU parallel", index: "PARALLEL_SEQ", first: 1},
}

// ShardOfJob is the shard that the environment names, which getenv reads. rest is "" or "/N".
func ShardOfJob(rest string, getenv func(string) string) (Shard, error) {
	for _, system := range jobIndices {
		index := getenv(system.index)
		if index == "" {
			continue
		}
		i, err := strconv.Atoi(index)
		if err != nil {
			return Shard{}, fmt.Errorf("$%s is %q, which is no number", system.index, index)
		}
		if rest == "" {
			count := ""
			if system.count != "" {
				count = getenv(system.count)
			}
			if count == "" {
				return Shard{}, fmt.Errorf("auto: $%s does not say how many shards there are: give auto/N", system.index)
			}
			if highest := getenv("SLURM_ARRAY_TASK_MAX"); highest != "" && highest != previous(count) {
				return Shard{}, fmt.Errorf("auto: this array's numbers do not run from 0 to %s: for some shards of N give auto/N", previous(count))
			}
			rest = "/" + count
		}
		return ParseShard(strconv.Itoa(i-system.first) + rest)
	}
	return Shard{}, fmt.Errorf("auto: none of $SLURM_ARRAY_TASK_ID, $JOB_COMPLETION_INDEX and $PARALLEL_SEQ is set: this is no job of an array; give I/N")
}

// previous is the number before the one written as n.
func previous(n string) string {
	i, _ := strconv.Atoi(n)
	return strconv.Itoa(i - 1)
}
