#!/usr/bin/env python3
"""PyTorch's speed at anirec's training steps: mf, nn and hybrid as docs/design.md defines them, on one device.

Samples lie on the device, in a fresh random order, long-tailed on both sides as `anirec bench` makes them. A variant is
a way to run the same step:
  eager        nn.Embedding with dense gradients, torch.optim.Adam as it comes
  eager-fused  the same with Adam(fused=True)
  compile      forward and backward by torch.compile, Adam(fused=True)
  graphs       a whole step with Adam(fused=True) captured in one CUDA graph and replayed
Prints one JSON object: {"torch", "device", "steps": [{model, variant, batch_size, dim, step_microseconds, …}]}.
"""
import argparse
import json
import sys
import time

VARIANTS = ["eager", "eager-fused", "compile", "graphs"]


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
    parser.add_argument("--budget", type=float, default=0, help="seconds after which nothing new is begun; 0: none")
    parser.add_argument("--out", help="file for the JSON, written again after every line; default: standard output")
    return parser.parse_args()


arguments = parse_arguments()  # --help works without torch
try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    sys.exit("bench_torch: this Python has no torch; pip install torch")


class Mf(nn.Module):
    """score = <dropout(Eu[u] + bu[u]), dropout(Ei[i] + bi[i])> + b"""

    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(arguments.users, dim), nn.Embedding(arguments.items, dim)
        self.user_bias, self.item_bias = nn.Embedding(arguments.users, 1), nn.Embedding(arguments.items, 1)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, user, item):
        x = F.dropout(self.users(user) + self.user_bias(user), arguments.dropout)
        y = F.dropout(self.items(item) + self.item_bias(item), arguments.dropout)
        return ((x * y).sum(1) + self.bias,)


class Mlp(nn.Module):
    """h = relu(W1 [dropout(Eu[u]); dropout(Ei[i])] + b1), one or two heads on it"""

    def __init__(self, heads):
        super().__init__()
        self.users, self.items = nn.Embedding(arguments.users, dim), nn.Embedding(arguments.items, dim)
        self.hidden = nn.Linear(2 * dim, arguments.hidden)
        self.heads = nn.ModuleList(nn.Linear(arguments.hidden, 1) for _ in range(heads))

    def forward(self, user, item):
        x = torch.cat([F.dropout(self.users(user), arguments.dropout), F.dropout(self.items(item), arguments.dropout)], 1)
        h = F.relu(self.hidden(x))
        scores = [head(h).squeeze(1) for head in self.heads]
        return (F.relu(scores[0]), *scores[1:])


def loss_of(scores, rating, label):
    loss = F.mse_loss(scores[0], rating)
    if len(scores) > 1:
        loss = loss + 5 * F.binary_cross_entropy_with_logits(scores[1], label)
    return loss


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
    model = (Mf() if name == "mf" else Mlp(2 if name == "hybrid" else 1)).to(device)
    for table in ("users", "items", "user_bias", "item_bias"):
        if hasattr(model, table):
            nn.init.uniform_(getattr(model, table).weight, -0.05, 0.05)
    fused = variant != "eager"
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=fused, capturable=variant == "graphs")
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
        optimizer.zero_grad(set_to_none=variant != "graphs")
        compiled(user, item, rating, label).backward()
        optimizer.step()

    if variant != "graphs":
        def step():
            places = next_places()
            train_on(*(column[places] for column in samples))

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
result = {"torch": torch.__version__,
          "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
          "users": arguments.users, "items": arguments.items, "rows": arguments.rows, "steps": []}
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
