package dataset

import (
	"strings"
	"testing"
)

func TestShardOfJob(t *testing.T) {
	for _, c := range []struct {
		environment string // variables, with spaces between
		rest        string
		want        Shard
		wrong       string // a part of the error
	}{
		{"", "/4", Shard{}, "this is no job of an array"},
		{"SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=4", "", Shard{2, 4}, ""},
		{"SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MAX=3", "", Shard{2, 4}, ""},
		{"SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MAX=4", "", Shard{}, "do not run from 0 to 3"},
		{"SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MAX=4", "/8", Shard{2, 8}, ""},
		{"SLURM_ARRAY_TASK_ID=two", "/8", Shard{}, `$SLURM_ARRAY_TASK_ID is "two"`},
		{"JOB_COMPLETION_INDEX=0", "/8", Shard{0, 8}, ""},
		{"JOB_COMPLETION_INDEX=0", "", Shard{}, "$JOB_COMPLETION_INDEX does not say how many"},
		{"PARALLEL_SEQ=1", "/8", Shard{0, 8}, ""},
		{"PARALLEL_SEQ=9", "/8", Shard{}, "there is no shard 8"},
		{"PARALLEL_SEQ=1 JOB_COMPLETION_INDEX=5", "/8", Shard{5, 8}, ""},
	} {
		getenv := func(name string) string {
			for _, v := range strings.Fields(c.environment) {
				if key, value, _ := strings.Cut(v, "="); key == name {
					return value
				}
			}
			return ""
		}
		got, err := ShardOfJob(c.rest, getenv)
		if c.wrong == "" && (err != nil || got != c.want) || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s, %q: %v, %v", c.environment, c.rest, got, err)
		}
	}
}
