#!/usr/bin/env python3
"""PyTorch's speed at anirec's training steps: mf, nn and hybrid as docs/design.md defines them, on one device.

Samples lie on the device, in a fresh random order, long-tailed on both sides as `anirec bench` makes them. A variant is
a way to run the same step:
  eager        nn.Embedding with dense gradients, torch.optim.Adam as it comes
  eager-fused  the same with Adam(fused=True)
  compile      forward and backward by torch.compile, Adam(fused=True)
  graphs       a whole step with Adam(fused=True) captured in one CUDA graph and replayed
  sparse       nn.Embedding(sparse=True) by SparseAdam, which is anirec's lazy-adam; the dense layers by Adam
Prints one JSON object: {"torch", "device", "steps": [{model, variant, batch_size, dim, step_microseconds, …}]}; on a CPU
also what its BLAS reaches, "sgemm_gflops".
"""
import argparse
import json
import sys
import time

VARIANTS = ["eager", "eager-fused", "compile", "graphs", "sparse"]


def parse_arguments():
    def numbers(text):
        return [int(part) for part in text.split(",")]

    def words(text):
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=words, default=["mf", "nn", "hybrid"])
    parser.add_argument("--variant", type=words, default=VARIANTS)
    parser.add_argument("--batch-size", type=numbers, default=[64, 1024, 65536])
    parser.add_argument("--dim", type=numbers, default=[64])
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--users", type=int, default=31000)
    parser.add_argument("--items", type=int, default=6000)
    parser.add_argument("--rows", type=int, default=2000000)
    parser.add_argument("--seconds", type=float, default=2, help="to time each for")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: as PyTorch chooses")
    parser.add_argument("--budget", type=float, default=0, help="seconds after which nothing new is begun; 0: none")
    parser.add_argument("--out", help="file for the JSON, written again after every line; default: standard output")
    return parser.parse_args()


arguments = parse_arguments()  # --help works without torch
try:
    import torch
except ImportError:
    sys.exit("bench_torch: this Python has no torch; pip install torch")
from peers.torch_models import Mf, Mlp, adams, loss_of, sgemm_gflops


def make_samples(device):
    generator = torch.Generator(device="cpu").manual_seed(42)

    def indices(count, power):
        popular = (torch.rand(arguments.rows, generator=generator, dtype=torch.float64) ** power * count).long().clamp_(max=count - 1)
        return torch.randperm(count, generator=generator)[popular].to(device)

    rating = torch.randint(1, 11, (arguments.rows,), generator=generator).float()
    return indices(arguments.users, 2.0), indices(arguments.items, 2.5), rating.to(device), (rating > 5).float().to(device)


def synchronize():
    if device.type == "cuda":
        torch.cuda.synchronize()


def make_step(name, variant, batch, samples):
    """A function without arguments that trains on the next batch."""
    torch.manual_seed(42)
    sizes, sparse = (arguments.users, arguments.items, dim, arguments.dropout), variant == "sparse"
    if name == "mf":
        model = Mf(*sizes, sparse=sparse)
    else:
        model = Mlp(*sizes, arguments.hidden, heads=2 if name == "hybrid" else 1, sparse=sparse)
    model.to(device)
    fused = variant not in ("eager", "sparse")
    optimizers = adams(model, fused=fused, capturable=variant == "graphs")
    batches = max(1, arguments.rows // batch)
    order = torch.randperm(arguments.rows, device=device)
    at = 0

    def next_places():
        nonlocal at, order
        if at == batches:
            order, at = torch.randperm(arguments.rows, device=device), 0
        places = order[at * batch : (at + 1) * batch]
        at += 1
        return places

    def forward_loss(user, item, rating, label):
        return loss_of(model(user, item), rating, label)

    compiled = torch.compile(forward_loss) if variant == "compile" else forward_loss

    def train_on(user, item, rating, label):
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=variant != "graphs")
        compiled(user, item, rating, label).backward()
        for optimizer in optimizers:
            optimizer.step()

    if variant != "graphs":
        def step():
            places = next_places()
            train_on(*(column.index_select(0, places) for column in samples))

        return step

    held = [column[next_places()].clone() for column in samples]
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # gradients, moments and workspaces come to be before the capture
        for _ in range(3):
            train_on(*held)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        train_on(*held)

    def replay():
        places = next_places()
        for to, column in zip(held, samples):
            torch.index_select(column, 0, places, out=to)
        graph.replay()

    return replay


def seconds_a_step(step):
    def run(wanted):
        steps, piece, start = 0, 1, time.perf_counter()
        while True:
            for _ in range(piece):
                step()
            synchronize()
            steps += piece
            passed = time.perf_counter() - start
            if passed >= wanted:
                return passed / steps
            piece = min(2 * piece, 256)

    step()  # compiles
    synchronize()
    run(arguments.seconds / 4)
    return run(arguments.seconds)


def write(result):
    text = json.dumps(result, indent=2)
    if arguments.out:
        with open(arguments.out, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    return text


torch.backends.cuda.matmul.allow_tf32 = True  # as anirec's default
device = torch.device(arguments.device)
if device.type == "cuda" and not torch.cuda.is_available():
    sys.exit("bench_torch: torch sees no GPU; give --device cpu to try it without")
if arguments.threads:
    torch.set_num_threads(arguments.threads)
result = {"torch": torch.__version__,
          "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
          "threads": torch.get_num_threads(), "users": arguments.users, "items": arguments.items, "rows": arguments.rows, "steps": []}
if device.type == "cpu":
    result["sgemm_gflops"] = sgemm_gflops()
all_samples = make_samples(device)
started = time.perf_counter()
# The variants outermost: what the budget cuts off is whole variants, the likeliest to fail last.
for variant in arguments.variant:
    for dim in arguments.dim:
        for name in arguments.model:
            for batch in arguments.batch_size:
                if arguments.budget and time.perf_counter() - started > arguments.budget:
                    continue
                line = {"model": name, "variant": variant, "batch_size": batch, "dim": dim}
                try:
                    a_step = seconds_a_step(make_step(name, variant, batch, all_samples))
                    line.update(step_microseconds=a_step * 1e6, samples_per_second=batch / a_step)
                except Exception as error:  # one that fails says so; the others go on
                    line["error"] = f"{type(error).__name__}: {error}".splitlines()[0][:300]
                result["steps"].append(line)
                write(result)
                if device.type == "cuda":
                    torch.cuda.empty_cache()
text = write(result)
if not arguments.out:
    print(text)
