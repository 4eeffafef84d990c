//go:build ignore

// Validate holds manifests against the API server's own validation: names of fields, types, values, and what has to agree
// between them; and that an Indexed Job has as many completions as its --shard=auto/N has parts. scripts/check_kubernetes.sh
// runs it in a module of its own, as the program needs none of what it imports.
//
//	validate FILE...
//	validate -args FILE    prints the container's arguments, one a line
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	checkbatch "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	checkcore "k8s.io/kubernetes/pkg/apis/core/validation"
)

func main() {
	args := flag.Bool("args", false, "print the container's arguments")
	flag.Parse()
	status := 0
	for _, path := range flag.Args() {
		object, err := read(path)
		if err == nil {
			err = check(object)
		}
		job, isJob := object.(*batch.Job)
		switch {
		case err != nil:
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			status = 1
		case *args && isJob:
			fmt.Println(strings.Join(job.Spec.Template.Spec.Containers[0].Args, "\n"))
		default:
			fmt.Printf("%s: good\n", path)
		}
	}
	os.Exit(status)
}

// read reads one manifest, with the defaults that the server gives it. Fields that there are not are errors.
func read(path string) (runtime.Object, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	object, _, err := codecs.UniversalDecoder(batch.SchemeGroupVersion, core.SchemeGroupVersion).Decode(text, nil, nil)
	return object, err
}

// check validates what is to be made, in the namespace that is the default.
func check(object runtime.Object) error {
	switch object := object.(type) {
	case *core.PersistentVolumeClaim:
		object.Namespace = "default"
		return checkcore.ValidatePersistentVolumeClaim(object, checkcore.PersistentVolumeClaimSpecValidationOptions{}).ToAggregate()
	case *batch.Job:
		object.Namespace = "default"
		selectPods(object)
		if err := checkbatch.ValidateJob(object, checkbatch.JobValidationOptions{RequirePrefixedLabels: true}).ToAggregate(); err != nil {
			return err
		}
		return completions(object)
	}
	return fmt.Errorf("%T is not looked for here", object)
}

// selectPods gives a job the labels by which the server finds its pods.
func selectPods(job *batch.Job) {
	job.UID = "0"
	labels := map[string]string{
		"controller-uid": "0", "batch.kubernetes.io/controller-uid": "0",
		"job-name": job.Name, "batch.kubernetes.io/job-name": job.Name,
	}
	job.Spec.Template.Labels = labels
	job.Spec.Selector = &v1.LabelSelector{MatchLabels: map[string]string{"batch.kubernetes.io/controller-uid": "0"}}
}

// completions compares their number with that of the parts.
func completions(job *batch.Job) error {
	args := job.Spec.Template.Spec.Containers[0].Args
	if job.Spec.CompletionMode == nil || *job.Spec.CompletionMode != batch.IndexedCompletion {
		return nil
	}
	if shard := fmt.Sprintf("--shard=auto/%d", *job.Spec.Completions); !slices.Contains(args, shard) {
		return fmt.Errorf("%d completions, but no %s", *job.Spec.Completions, shard)
	}
	return nil
}
