#!/usr/bin/env bash
# Holds scripts/kubernetes against the API server's own validation, and runs what the manifests run, as root and where
# there is nothing but the program, as in an image FROM scratch. No cluster is needed, and none is tried.
#
# usage: scripts/check_kubernetes.sh
#
# The validation is Kubernetes' Go code, of the version below, which a module in a temporary directory gets as any other.
set -euo pipefail
cd "$(dirname "$0")/.."
kubernetes=1.34.2

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
manifests=(scripts/kubernetes/{volume,evaluate,merge}.yaml)

mkdir "$dir/validate"
sed '/^\/\/go:build/d' scripts/kubernetes/validate.go >"$dir/validate/main.go"
(
    cd "$dir/validate"
    export GOFLAGS=-mod=mod
    go mod init validate
    # k8s.io/kubernetes is developed in one tree with these, and asks for them as v0.0.0.
    for module in api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap \
        code-generator component-base component-helpers controller-manager cri-api cri-client csi-translation-lib \
        dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy \
        kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver; do
        go mod edit -replace "k8s.io/$module@v0.0.0=k8s.io/$module@v0.${kubernetes#1.}"
    done
    go mod edit -require "k8s.io/kubernetes@v$kubernetes"
    go mod tidy
    go build -o ../check .
) >"$dir/log" 2>&1 || { tail -n 20 "$dir/log"; exit 1; }
"$dir/check" "${manifests[@]}"

# What is wrong has to be found, each by itself.
while IFS= read -r mistake; do
    sed "$mistake" scripts/kubernetes/evaluate.yaml >"$dir/wrong.yaml"
    if cmp -s scripts/kubernetes/evaluate.yaml "$dir/wrong.yaml" || "$dir/check" "$dir/wrong.yaml" >/dev/null 2>&1; then
        echo "not found: $mistake" >&2
        exit 1
    fi
done <<'END'
s/completions: 16/completions: 8/
s/completionMode:/completionmode:/
s/completionMode: Indexed/completionMode: Index/
s/backoffLimitPerIndex: 3/backoffLimitPerIndex: "3"/
s/action: Ignore/action: Skip/
s/restartPolicy: Never/restartPolicy: OnFailure/
s/name: results, mount/name: result, mount/
s/memory: 1Gi/memory: 1Gb/
END

if [ "$(id -u)" != 0 ]; then
    echo "not root: what the manifests run was NOT run"
    exit 0
fi
root=$dir/root
mkdir -p "$root/images" "$root/results" "$root/alone"
chmod 755 "$dir"
chown 65534:65534 "$root/results" "$root/alone"
CGO_ENABLED=0 go build -trimpath -o "$root/bagnet" ./cmd/bagnet
go run ./scripts/crops -n 40 "$root/images/val" n01440764 n03000684 n03445777 n03888257
head -c 5000 "$root/images/val/n03445777/7.png" >"$dir/cut" && mv "$dir/cut" "$root/images/val/n03445777/7.png"
chmod -R a+rX "$root/images"

pod() { chroot --userspec=65534:65534 "$root" /bagnet "$@" 2>>"$dir/log"; } # as the Containerfile's USER
mapfile -t args < <("$dir/check" -args scripts/kubernetes/evaluate.yaml)
mapfile -t merge < <("$dir/check" -args scripts/kubernetes/merge.yaml)
statuses=()
for ((i = 0; i < 16; i++)); do
    for try in 1 2; do # a pod that fails is made again
        status=0
        JOB_COMPLETION_INDEX=$i pod "${args[@]}" || status=$?
        statuses+=("$i:$status")
        [ $status != 0 ] || break
    done
    [ "$status" = 0 ] || { echo "index $i, try $try: exit status $status" >&2; tail "$dir/log" >&2; exit 1; }
done
echo "exit statuses of pods, index:status: ${statuses[*]}"
status=0
pod "${merge[@]}" >"$dir/merged" || status=$?
echo "exit status of the merge, with a picture that cannot be read: $status"
pod evaluate --format=json --predictions=/alone/predictions.ndjson --confusion=/alone/confusion.csv /images/val >"$dir/alone" || true
sed -i -E 's/"images_per_second":[^,]*,"seconds":[^,]*,//' "$dir/merged" "$dir/alone"
cmp "$dir/alone" "$dir/merged"
for file in predictions.ndjson confusion.csv; do
    cmp "$root/alone/$file" "$root/results/$file"
done
echo "the merged report, predictions and confusion matrix are those of one run"
