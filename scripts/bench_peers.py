"""Times a forward pass of this program, ONNX Runtime and PyTorch (as it is, and frozen for inference) on the same networks, interleaved, and prints ratios.

usage: python3 scripts/bench_peers.py --bagnet ./bagnet [--rounds 5] [--runs 10] [--size 224] [--networks bagnet33,resnet50]

NETWORKS are bagnet9, bagnet17, bagnet33 and torchvision's by name (scripts/networks.py). Needs torch and torchvision
(Debian's python3-torch and python3-torchvision) and npm, which fetches onnxruntime-node (its package carries the CPU library; no
install script is run) into a cache directory. Batch 1, float32, random weights. In each round every program runs once
in a process of its own and reports the median over its passes; the table shows the median over the rounds, and the
median of the rounds' ratios: machines drift, ratios within a round less so.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def network(name):
    """A network with random weights, in evaluation mode."""
    import networks
    import reference

    if name.startswith("bagnet"):
        q = int(name.removeprefix("bagnet"))
        return reference.randomize(reference.BagNet("v1", q), q).eval()
    return networks.published(name, 0)


def time_torch(name, path, size, threads, runs, frozen):
    """Run in a process of its own (--torch): prints the median in ms. Frozen for inference, convolutions have
    their BatchNorms and ReLUs in them and run on oneDNN."""
    import torch
    import reference
    from torchvision import models

    torch.set_num_threads(threads)
    state = torch.load(path)
    if name.startswith("bagnet"):
        net = reference.BagNet.from_state_dict(state)
    else:
        net = getattr(models, name)(weights=None)
        net.load_state_dict(state)
    net.eval()
    x = torch.randn(1, 3, size, size)
    times = []
    with torch.no_grad():
        if frozen:
            net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, x)))
        else:
            net.to(memory_format=torch.channels_last)
            x = x.contiguous(memory_format=torch.channels_last)
        for i in range(-2, runs):
            start = time.perf_counter()
            net(x)
            if i >= 0:
                times.append((time.perf_counter() - start) * 1e3)
    print(statistics.median(times))


def number(command, **env):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env={**os.environ, **env})
    if done.returncode != 0:
        sys.exit(f"running {command[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def onnxruntime():
    """The directory of onnxruntime-node, fetched on first use, and its version."""
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "bagnet-bench")
    module = os.path.join(cache, "node_modules/onnxruntime-node")
    if not os.path.isdir(module):
        if not shutil.which("npm"):
            sys.exit("npm is missing: install Node.js with npm")
        os.makedirs(cache, exist_ok=True)
        subprocess.run(["npm", "install", "--ignore-scripts", "--prefix", cache, "onnxruntime-node"], check=True,
                       stdout=subprocess.DEVNULL)
    with open(os.path.join(module, "package.json")) as f:
        return module, json.load(f)["version"]


def export(directory, name, size):
    """(state dict file, ONNX file) of a network with random weights."""
    import torch

    net = network(name)
    weights, onnx = (os.path.join(directory, f"{name}.{kind}") for kind in ("pth", "onnx"))
    torch.save(net.state_dict(), weights)
    torch.onnx.export(net, torch.randn(1, 3, size, size), onnx, opset_version=13, input_names=["image"],
                      output_names=["logits"])
    return weights, onnx


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bagnet", help="the program")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--runs", type=int, default=10, help="passes a process")
    p.add_argument("--size", type=int, default=224)
    p.add_argument("--networks", default="bagnet33,bagnet17,bagnet9")
    p.add_argument("--threads", default="2,1")
    p.add_argument("--torch", nargs=3, metavar=("NETWORK", "WEIGHTS", "THREADS"), help=argparse.SUPPRESS)
    p.add_argument("--frozen", action="store_true", help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.torch:
        return time_torch(*args.torch[:2], args.size, int(args.torch[2]), args.runs, args.frozen)
    if not args.bagnet:
        p.error("--bagnet is missing")

    import torch
    import networks

    names = args.networks.split(",")
    known = ["bagnet9", "bagnet17", "bagnet33", *sum(networks.FAMILIES.values(), [])]
    if unknown := [n for n in names if n not in known]:
        p.error(f"no network is called {', '.join(unknown)}; there are {', '.join(known)}")
    module, version = onnxruntime()
    with open("/proc/cpuinfo") as f:
        info = f.read()
    features = [x for x in ("avx2", "avx512f", "amx_tile") if f" {x}" in info]
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, {' '.join(features)}; ONNX Runtime {version}, PyTorch "
          f"{torch.__version__.split('+')[0]}; {args.size} x {args.size} pixels, batch 1, float32; {args.rounds} rounds of "
          f"{args.runs} passes\n")
    print("| network | threads | kernel | bagnet, ms | ONNX Runtime, ms | PyTorch, ms | PyTorch frozen, ms | ratio to ONNX Runtime "
          "| to PyTorch | to PyTorch frozen |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for name in names:
            weights, onnx = export(directory, name, args.size)
            for threads in map(int, args.threads.split(",")):
                rounds = []
                for _ in range(args.rounds):
                    ours = json.loads(number([args.bagnet, "bench", "-m", weights, "--size", args.size, "--threads", threads,
                                              "--runs", args.runs, "--format", "json"]))
                    ort = number(["node", os.path.join(HERE, "bench_ort.js"), onnx, args.size, threads, args.runs],
                                 ORT_MODULE=module)
                    pt = [sys.executable, __file__, "--torch", name, weights, threads, "--size", args.size, "--runs", args.runs]
                    rounds.append((ours["median_ms"], float(ort), float(number(pt)), float(number(pt + ["--frozen"]))))
                times = " | ".join(f"{statistics.median(column):.0f}" for column in zip(*rounds))
                ratios = " | ".join(f"{statistics.median(r[0] / r[i] for r in rounds):.2f}" for i in (1, 2, 3))
                print(f"| {name} | {threads} | {ours['kernel']} | {times} | {ratios} |",
                      flush=True)


if __name__ == "__main__":
    main()
