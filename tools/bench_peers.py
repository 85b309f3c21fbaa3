#!/usr/bin/env python3
"""anirec beside what one would use instead: the same machine, the same run, by turns, on the same files.

Every measurement is a process of its own, timed from outside: its wall time and peak memory, and beside them what it says
of its own loop, imports and compilation left out. A round runs each contender once; rounds repeat. The peers (tools/peers)
are installed from PyPI into build/peers-venv; one that cannot be is named and left out. Needs a built program.

  training      samples a second: PyTorch's Adam, fused, compiled and SparseAdam, and Keras, at three batch sizes
  libmf         LIBMF: ratings a second of plain SGD without dropout, and the test RMSE after the same training time
  reading       pandas, Polars and Arrow reading an animelist.csv beside `anirec prepare`
  recommending  the top 10 for all users: implicit's recommend on the factors that anirec trained
  quality       from raw file to scores, whole processes: the time to each peer's best test RMSE, by mf, nn and hybrid
  scaling       what rows, and users, cost at a fixed batch size
  threads       two threads over one
  busy          the same beside a process that keeps one core busy

quality: every contender has settings and numbers of passes in QUALITY, k = 64 where they do not say otherwise; the fastest
of its runs that comes to the wanted RMSE counts, for all alike, and is then repeated. Scores are clipped to the range of the
ratings, whoever made them.
"""
import argparse
import collections
import json
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("ANIREC_BUILD_DIR", ROOT / "build"))
ENVIRONMENT, SCRATCH = BUILD / "peers-venv", BUILD / "peers"
PYTHON = ENVIRONMENT / "bin/python"
ANIREC = BUILD / "anirec"

# What all workers need, then the peers. One set of versions that go together; Python 3.11 or later.
COMMON = ["numpy==2.4.6", "pandas==2.3.3", "scipy==1.17.1", "safetensors==0.8.0"]
PEERS = {"torch": "torch==2.15.0", "keras": "tensorflow==2.21.0", "libmf": "libmf==0.9.2", "implicit": "implicit==0.7.3",
         "surprise": "scikit-surprise==1.1.5", "lenskit": "lenskit==2025.8.1", "cornac": "cornac==3.0.1",
         "polars": "polars==2.1.0", "pyarrow": "pyarrow==26.0.1"}
LIBMF_FLAGS = "-O3 -march=native"  # it is compiled here; without these it takes its slow path
if platform.machine() == "x86_64":
    LIBMF_FLAGS += " -DUSEAVX -mavx"
SECTIONS = {"training": ["torch", "keras"], "libmf": ["libmf"], "reading": ["polars", "pyarrow"],
            "recommending": ["implicit"], "quality": ["libmf", "surprise", "lenskit", "cornac", "torch"],
            "scaling": ["torch"], "threads": ["torch"], "busy": ["torch"]}
DATA = {"ml-100k": "ml-100k/u.data", "ml-latest-small": "ml-latest-small/ratings.csv",
        "anime2016": "anime2016/anime_ratings.dat", "mal2023": "mal2023/animelist_all.csv"}
GENERATED, LARGE = "generated", "generated-large"
SETS = [*DATA, GENERATED, LARGE]
MODELS = ["mf", "nn", "hybrid"]
ADAGRAD = ["--optimizer", "rowwise-adagrad", "--lr", 0.1, "--l2", 0.1, "--dropout", 0, "--batch-size", 1024]
DEFAULTS = []


def falling(dim, batch, rate, l2):
    """Adam without dropout whose rate falls to 0 at the last pass: good scores after few."""
    return ["--dim", dim, "--batch-size", batch, "--lr", rate, "--l2", l2, "--dropout", 0, "--lr-schedule", "cosine"]


# Contender: settings, numbers of passes.
QUALITY = {
    "anirec, defaults": (DEFAULTS, [3, 5, 8, 12, 20]),
    "anirec, falling": (falling(64, 1024, 0.008, 0.065), [3, 4, 5, 6, 8]),
    "anirec, falling, k = 32": (falling(32, 256, 0.0045, 0.075), [3, 4, 5, 6]),
    "anirec, falling, k = 8": (falling(8, 4096, 0.018, 0.066), [4, 5, 6, 8]),
    "libmf": (["--lr", 0.05, "--l2", 0.1], [10, 20, 30, 40]),
    "libmf, rate 0.1": (["--lr", 0.1, "--l2", 0.1], [10, 15, 20]),
    "surprise": (["--lr", 0.005, "--l2", 0.05], [20, 40, 60]),
    "cornac": (["--lr", 0.01, "--l2", 0.05], [10, 20, 40, 60]),
    "lenskit": (["--l2", 0.1], [5, 10, 20]),
    "torch": (["--lr", 3e-3, "--l2", 0.05, "--batch-size", 1024], [5, 10, 20, 30]),
}
# nn and hybrid, which of the peers PyTorch alone has.
MLP_QUALITY = {
    "anirec, defaults": (DEFAULTS, [2, 3, 4, 6, 8, 12]),
    "anirec, B=1,024": (["--batch-size", 1024, "--lr", 3e-3], [3, 4, 6, 8]),
    "anirec, lazy, falling": (["--optimizer", "lazy-adam", "--lr", 3e-3, "--lr-schedule", "cosine"], [3, 4, 5, 6]),
    "torch": (["--lr", 1e-3, "--l2", 0, "--batch-size", 256], [2, 4, 8]),
    "torch, falling": (["--lr", 3e-3, "--l2", 0, "--batch-size", 256, "--falling"], [3, 4, 5]),
    "torch, B=1,024": (["--lr", 3e-3, "--l2", 0, "--batch-size", 1024], [4, 8]),
}
# The same on the large set, where few passes are many steps, and take PyTorch minutes each.
LARGE_MLP_QUALITY = {
    "anirec, lazy, B=1,024": (["--optimizer", "lazy-adam", "--batch-size", 1024, "--lr", 3e-3], [1, 2]),
    "anirec, B=1,024": (["--batch-size", 1024, "--lr", 3e-3], [1, 2]),
    "anirec, B=4,096": (["--batch-size", 4096, "--lr", 6e-3], [1, 2, 3]),
    "torch, B=1,024": (["--lr", 3e-3, "--l2", 0, "--batch-size", 1024], [1, 2]),
    "torch, B=4,096": (["--lr", 6e-3, "--l2", 0, "--batch-size", 4096], [2]),
}


def parse_arguments():
    def words(text):
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=words, default=list(SECTIONS), help="sections, separated by commas [all]")
    parser.add_argument("--peers", type=words, default=list(PEERS), help="peers, separated by commas [all]")
    parser.add_argument("--models", type=words, default=MODELS, help="models, separated by commas [all; of them --quick takes the first]")
    parser.add_argument("--data", type=pathlib.Path, help="a folder with " + ", ".join(DATA.values()) + "; those there are used")
    parser.add_argument("--sets", type=words, default=[name for name in SETS if name != LARGE],
                        help=f"sets of libmf and quality, separated by commas, {LARGE} among them: the 20 million rows of reading,"
                        f" which few peers end in time [all but {LARGE}]")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every contender [all]")
    parser.add_argument("--rounds", type=int, default=3, help="of every contender [%(default)s]")
    parser.add_argument("--budget", type=int, default=2, help="seconds that a speed is timed for [%(default)s]")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a process is ended [%(default)s]")
    parser.add_argument("--install-limit", type=float, default=900, help="the same for a peer's installation [%(default)s]")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: does it all work?")
    parser.add_argument("--out", type=pathlib.Path, default=SCRATCH / "peers.json", help="the JSON, written after every process [build/peers/peers.json]")
    parser.add_argument("--markdown", type=pathlib.Path, help="also write the table here")
    arguments = parser.parse_args()
    for given, known in ((arguments.only, SECTIONS), (arguments.peers, PEERS), (arguments.models, MODELS), (arguments.sets, SETS)):
        if unknown := [name for name in given if name not in known]:
            parser.error(f"{unknown[0]} is none of {', '.join(known)}")
    return arguments


arguments = parse_arguments()
Sizes = collections.namedtuple("Sizes", "users items rows batches file_rows scaled_rows scaled_users")
FULL = Sizes(31000, 6000, 2000000, [64, 1024, 65536], 20000000,
             [1000000, 10000000, 50000000], [10000, 100000, 1000000])
SMALL = Sizes(2000, 500, 50000, [1024], 100000, [50000, 100000], [1000, 10000])
sizes = SMALL if arguments.quick else FULL
rounds = 1 if arguments.quick else arguments.rounds
models = arguments.models[:1] if arguments.quick else arguments.models
budget = 1 if arguments.quick else arguments.budget


# ---- the environment

def install():
    """Installs what the sections need; the peers that are there, by name and version."""
    wanted = [name for name in PEERS if name in arguments.peers and any(name in SECTIONS[one] for one in arguments.only)]
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    constraints = SCRATCH / "constraints.txt"
    constraints.write_text("\n".join(COMMON) + "\n")
    if reason := pip("what all workers need", *COMMON):
        sys.exit(f"bench_peers: {' '.join(COMMON)}: {reason}")
    missing = {}
    for name in wanted:
        if reason := pip(name, PEERS[name], "-c", constraints):
            missing[name] = reason
            print(f"{name} cannot be installed and is left out: {reason}", flush=True)
    return {name: PEERS[name] for name in wanted if name not in missing}, missing


def pip(name, *words):
    """Why it cannot be installed, in a line; nothing where it can."""
    print(f"Installing {name}", flush=True)
    environment = {**os.environ, "CFLAGS": LIBMF_FLAGS, "CXXFLAGS": LIBMF_FLAGS} if name == "libmf" else os.environ
    cache = ["--no-cache-dir"] if name == "libmf" else []  # a wheel compiled with other flags may lie there
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *cache, *words]
    try:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=arguments.install_limit)
    except subprocess.TimeoutExpired:
        return f"not done after {arguments.install_limit:.0f} s"
    if done.returncode == 0:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.lower().startswith("error")]
    return (errors or done.stderr.splitlines() or ["pip says nothing"])[0][:300]


# ---- processes

class Failed(Exception):
    pass


def peer_environment(threads):
    """Everybody has the same threads, whichever library starts them; nobody has a GPU."""
    names = ["OMP", "MKL", "OPENBLAS", "NUMEXPR"]
    return {**os.environ, **{f"{name}_NUM_THREADS": str(threads) for name in names}, "POLARS_MAX_THREADS": str(threads),
            "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1",
            "TORCHINDUCTOR_CACHE_DIR": str(SCRATCH / "inductor")}


def run(command, threads):
    """Standard output, wall seconds and peak bytes of a process. What it says is kept in files: a pipe would be read by
    this one while the other is timed. This program stays small, since a child's peak counts from its parent's size."""
    command = [str(word) for word in command]
    environment = os.environ if command[0] == str(ANIREC) else peer_environment(threads)
    with tempfile.TemporaryFile("w+", dir=SCRATCH) as out, tempfile.TemporaryFile("w+", dir=SCRATCH) as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=environment, start_new_session=True)
        timer = threading.Timer(arguments.limit, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            timer.cancel()
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            said = errors.read().strip().splitlines() or ["no word"]
            raise Failed(f"ended after {arguments.limit:.0f} s" if wall >= arguments.limit else said[-1][:300])
        return out.read(), wall, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def last_object(text):
    """The JSON object that starts the last line that starts with one."""
    return json.JSONDecoder().raw_decode(text, ("\n" + text).rindex("\n{"))[0]


class Contender:
    """A name and the commands that make one measurement, one after the other; report(what the last one printed) gives
    what they say of themselves."""

    def __init__(self, name, *commands, report=last_object, threads=None):
        self.name, self.commands, self.report, self.threads = name, commands, report, threads or arguments.threads

    def measure(self):
        """A measurement as it goes into the JSON."""
        line = {"who": self.name, "load": os.getloadavg()[0]}
        try:
            ran = [run(command, self.threads) for command in self.commands]
            line.update(wall=sum(wall for _, wall, _ in ran), peak=max(peak for *_, peak in ran), **self.report(ran[-1][0]))
            if "speed" not in line:
                line.setdefault("loop", line["wall"])  # who does not tell is counted whole
        except (Failed, OSError, ValueError) as error:  # a process that failed, or what it wrote
            line["error"] = str(error)
        return line


class Record:
    """All measurements and what is to be compared; on disk after each."""

    def __init__(self, installed, missing):
        self.lines, self.comparisons = [], []
        self.about = {"machine": machine(), "threads": arguments.threads, "arguments": sys.argv[1:], "peers": installed,
                      "left_out": missing, "anirec": subprocess.run([ANIREC, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()}

    def measure(self, section, group, contender, number=0):
        line = {"section": section, "group": group, "round": number, **contender.measure()}
        self.lines.append(line)
        self.write()
        said = line.get("error") or ", ".join(f"{key} {value:.4g}" for key, value in line.items()
                                             if isinstance(value, float) and key != "load")
        print(f"{section}: {group}: {contender.name}: {said}", flush=True)
        return line

    def rounds(self, section, group, contenders):
        """Everybody once, then everybody again; one that failed is not tried again."""
        for number in range(rounds):
            for contender in contenders:
                failed = any("error" in line for line in self.of(section, group, contender.name))
                if not failed:
                    self.measure(section, group, contender, number)

    def of(self, section, group, who):
        return [line for line in self.lines if (line["section"], line["group"], line["who"]) == (section, group, who)]

    def compare(self, section, group, ours, peer, key, unit, figure=""):
        self.comparisons.append({"section": section, "group": group, "figure": f"{group}{figure}", "ours": ours, "peer": peer,
                                 "key": key, "unit": unit})
        self.write()

    def write(self):
        partial = arguments.out.with_name(arguments.out.name + ".tmp")
        partial.write_text(json.dumps({**self.about, "measurements": self.lines, "comparisons": self.comparisons}, indent=1) + "\n")
        partial.replace(arguments.out)

    def table(self):
        lines = ["| | figure | anirec | | peer | | ratio (min … max) |", "|---|---|---|---:|---|---:|---:|"]
        for one in self.comparisons:
            ours, peers = ({line["round"]: line for line in self.of(one["section"], one["group"], one[who])} for who in ("ours", "peer"))
            key, unit = one["key"], one["unit"]
            both = [(ours[n][key], peers[n][key]) for n in ours if n in peers and key in ours[n] and key in peers[n]]
            # Above 1 anirec is the better one.
            ratios = sorted(our / peer if unit.endswith("/s") else peer / our for our, peer in both)
            shown = f"**{statistics.median(ratios):.3g}** ({ratios[0]:.3g} … {ratios[-1]:.3g})" if ratios else "–"
            lines.append(f"| {one['section']} | {one['figure']} | {one['ours']} | {middle(ours, key, unit)} | "
                         f"{one['peer']} | {middle(peers, key, unit)} | {shown} |")
        return "\n".join(lines) + "\n"


def middle(lines, key, unit):
    values = [line[key] for line in lines.values() if key in line]
    if not values:
        return next((line["error"] for line in lines.values() if "error" in line), "–").replace("|", "/")
    value = statistics.median(values)
    if unit.endswith("/s"):
        scale, prefix = next(((s, p) for s, p in ((1e6, "M"), (1e3, "k")) if value >= s), (1, ""))
        return f"{value / scale:.3g} {prefix} {unit}".replace("  ", " ")
    return f"{value / 1e6:.0f} MB" if unit == "bytes" else f"{value:.4f}" if unit == "RMSE" else f"{value:.3g} {unit}"


def machine():
    try:
        names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")]
    except OSError:
        names = []
    return {"cpu": names[0] if names else platform.processor(), "cores": os.cpu_count(), "system": platform.platform(),
            "python": platform.python_version(), "load_at_start": os.getloadavg()[0],
            "openblas": {key: value for key, value in os.environ.items() if key.startswith("OPENBLAS")}}


# ---- contenders

def sizes_flags(users=None, rows=None):
    return ["--users", users or sizes.users, "--items", sizes.items, "--rows", rows or sizes.rows]


def anirec_bench(name, model, batch, optimizer="adam", threads=None, **others):
    return Contender(name, [ANIREC, "bench", "--model", model, "--batch-size", batch, "--optimizer", optimizer, "--device", "cpu",
                            "--threads", threads or arguments.threads, "--seconds", budget, *sizes_flags(**others)],
                     report=first_step, threads=threads)


def torch_bench(name, variant, model, batch, threads=None, **others):
    return Contender(name, [PYTHON, ROOT / "tools/bench_torch.py", "--model", model, "--variant", variant, "--batch-size", batch,
                            "--device", "cpu", "--threads", threads or arguments.threads, "--seconds", budget, *sizes_flags(**others)],
                     report=first_step, threads=threads)


def first_step(text):
    """Both programs' benchmarks print the same form."""
    said = last_object(text)
    step = said["steps"][0]
    if "error" in step:
        raise Failed(step["error"])
    return {"speed": step["samples_per_second"], **{key: said[key] for key in ("sgemm_gflops",) if key in said}}


def worker(name):
    return [PYTHON, ROOT / f"tools/peers/{name}.py"]


def generated(users, items, rows):
    path = SCRATCH / f"generated-{users}-{items}-{rows}.csv"
    if not path.exists():
        run([ANIREC, "generate", "--users", users, "--items", items, "--rows", rows, "--out", path], arguments.threads)
    return path


def large_file():
    return generated(sizes.users * (1 if arguments.quick else 10), sizes.items, sizes.file_rows)


# ---- training, scaling, threads, busy

def training(record, peers):
    for model in models:
        for batch in sizes.batches:
            group = f"{model}, B={batch:,}"
            contenders = [anirec_bench("Adam", model, batch), anirec_bench("lazy Adam", model, batch, "lazy-adam")]
            pairs = []
            if "torch" in peers:
                for variant, name in (("eager", "PyTorch Adam"), ("eager-fused", "PyTorch Adam, fused"),
                                      ("compile", "PyTorch, compiled"), ("sparse", "PyTorch SparseAdam")):
                    contenders.append(torch_bench(name, variant, model, batch))
                    pairs.append(("lazy Adam" if variant == "sparse" else "Adam", name))
                pairs.append(("Adam", "PyTorch SparseAdam"))
            if "keras" in peers and batch <= 1024:
                command = [*worker("training_keras"), "--model", model, "--batch-size", batch, "--threads", arguments.threads,
                           "--seconds", budget, *sizes_flags()]
                contenders.append(Contender("Keras fit", command, report=lambda text: {"speed": last_object(text)["samples_per_second"]}))
                pairs.append(("Adam", "Keras fit"))
            for ours, peer in pairs:
                record.compare("training", group, ours, peer, "speed", "samples/s")
            record.rounds("training", group, contenders)


def scaling(record, peers):
    first, *others = [anirec_bench(f"{rows:,} rows", "mf", 65536, rows=rows) for rows in sizes.scaled_rows]
    for other in others:
        record.compare("scaling", "mf, B=65,536", other.name, first.name, "speed", "samples/s")
    record.rounds("scaling", "mf, B=65,536", [first, *others])
    contenders = [anirec_bench(f"{users:,} users", "mf", 1024, users=users) for users in sizes.scaled_users]
    for other in contenders[1:]:
        record.compare("scaling", "mf, B=1,024", other.name, contenders[0].name, "speed", "samples/s")
    if "torch" in peers:
        for users in sizes.scaled_users:
            contenders.append(torch_bench(f"PyTorch Adam, {users:,} users", "eager", "mf", 1024, users=users))
            record.compare("scaling", "mf, B=1,024", f"{users:,} users", contenders[-1].name, "speed", "samples/s")
    record.rounds("scaling", "mf, B=1,024", contenders)


def threads(record, peers):
    for model in models:
        for batch in ([4096] if arguments.quick else [4096, 65536]):
            group = f"{model}, B={batch:,}"
            contenders = [anirec_bench(f"{n} thread{'s'[:n - 1]}", model, batch, threads=n) for n in (2, 1)]
            if "torch" in peers:
                contenders += [torch_bench(f"PyTorch Adam, {n} thread{'s'[:n - 1]}", "eager", model, batch, threads=n) for n in (2, 1)]
            for two, one in zip(contenders[::2], contenders[1::2]):
                record.compare("threads", group, two.name, one.name, "speed", "samples/s")
            record.rounds("threads", group, contenders)


class Beside(Contender):
    """Measured while another process keeps one core busy."""

    def __init__(self, contender):
        super().__init__(contender.name + ", beside a busy core", *contender.commands, report=contender.report, threads=contender.threads)

    def measure(self):
        spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            return super().measure()
        finally:
            spinning.kill()
            spinning.wait()


def busy(record, peers):
    for model in models:
        for batch in sizes.batches:
            group = f"{model}, B={batch:,}"
            contenders = [anirec_bench("Adam", model, batch)]
            if "torch" in peers:
                contenders.append(torch_bench("PyTorch Adam", "eager", model, batch))
            for contender in contenders:
                record.compare("busy", group, contender.name + ", beside a busy core", contender.name, "speed", "samples/s")
            record.rounds("busy", group, [one for contender in contenders for one in (contender, Beside(contender))])


# ---- reading

LOOP = "the peer's call alone, anirec's whole process"


def reading(record, peers):
    path = large_file()
    megabytes = path.stat().st_size / 1e6
    group = f"{megabytes:,.0f} MB"
    prepare = [ANIREC, "prepare", path, "--task", "rating", "--threads", arguments.threads, "--out", SCRATCH / "read.anirec.safetensors"]
    contenders = [Contender("prepare", prepare, report=lambda text: {})]
    whats = {"all": "all columns", "three": "three columns, typed", "dense": "the same, rated rows, dense ids"}
    for library in ("pandas", *(name for name in ("polars", "pyarrow") if name in peers)):
        for what, name in whats.items():
            contenders.append(Contender(f"{library}, {name}", [*worker("reading_tables"), library, what, path, arguments.threads]))
    for peer in contenders[1:]:
        for key, unit, figure in (("wall", "s", ", process"), ("loop", "s", f", {LOOP}"), ("peak", "bytes", ", peak memory")):
            record.compare("reading", group, "prepare", peer.name, key, unit, figure)
    record.rounds("reading", group, contenders)


# ---- recommending

def same_share(ours, theirs):
    """Share of the (user, rank) lines of both files that name the same item."""
    with open(ours, encoding="utf-8") as a, open(theirs, encoding="utf-8") as b:
        same = [x.split(",")[:3] == y.split(",")[:3] for x, y in zip(a, b)]
    return sum(same[1:]) / max(1, len(same) - 1)


def recommending(record, peers):
    dataset, folder = SCRATCH / "recommend.anirec.safetensors", SCRATCH / "recommend"
    run([ANIREC, "prepare", generated(sizes.users, sizes.items, sizes.rows), "--task", "rating", "--out", dataset], arguments.threads)
    run([ANIREC, "train", dataset, "--model", "mf", "--task", "rating", "--epochs", 2, "--device", "cpu", "--quiet", "--overwrite",
         "--out", folder], arguments.threads)
    ours, theirs = SCRATCH / "ours.csv", SCRATCH / "implicit.csv"
    command = [ANIREC, "recommend", folder, "--for-all-users", "--top", 10, "--device", "cpu", "--threads", arguments.threads, "--out", ours]
    contenders = [Contender("recommend", command, report=lambda text: {})]
    if "implicit" in peers:
        command = [*worker("recommending_implicit"), folder / "model.safetensors", dataset, theirs, arguments.threads]
        contenders.append(Contender("implicit", command, report=lambda text: {**last_object(text), "same_items": same_share(ours, theirs)}))
    group = f"top 10 of {sizes.items:,} for {sizes.users:,} users"
    for peer in contenders[1:]:
        for key, unit, figure in (("wall", "s", ", process"), ("loop", "s", f", {LOOP}"), ("peak", "bytes", ", peak memory")):
            record.compare("recommending", group, "recommend", peer.name, key, unit, figure)
    record.rounds("recommending", group, contenders)


# ---- quality, libmf

class Cut:
    """A set in two files, the same for everybody."""

    def __init__(self, name, path):
        self.name, self.train, self.test = name, SCRATCH / f"{name}-train.csv", SCRATCH / f"{name}-test.csv"
        text, *_ = run([*worker("ratings"), path, self.train, self.test], arguments.threads)
        about = last_object(text)
        self.rows, self.lowest, self.highest, self.median = (about[key] for key in ("train_rows", "lowest", "highest", "median"))

    def rmse(self, scores, header):
        """Of a file whose lines end in a score, against the test file: a line at a time, for anybody's file."""
        total = count = 0
        with open(scores, encoding="utf-8") as predicted, open(self.test, encoding="utf-8") as test:
            next(test)
            if header:
                next(predicted)
            for score, row in zip(predicted, test, strict=True):
                score, rating = (float(line.rsplit(",", 1)[-1]) for line in (score, row))
                total += (min(max(score, self.lowest), self.highest) - rating) ** 2
                count += 1
        return (total / count) ** 0.5

    def words(self, model):
        """What a run of the model is given; of a hybrid's ratings half count as liked."""
        return {"mf": ["--task", "rating", "--mf-bias", "additive"], "nn": ["--task", "rating"],
                "hybrid": ["--task", "hybrid", "--positive-from", self.median]}[model]

    def anirec(self, name, settings, passes, seconds=0, model="mf"):
        folder, scores = SCRATCH / "quality", SCRATCH / "quality.csv"
        train = [ANIREC, "train", self.train, "--model", model, *self.words(model), "--split", "1,0,0", "--patience", 0,
                 "--epochs", passes, "--max-seconds", seconds, "--threads", arguments.threads, "--device", "cpu", "--quiet",
                 "--overwrite", "--out", folder, *settings]
        predict = [ANIREC, "predict", folder, "--data", self.test, "--device", "cpu", "--threads", arguments.threads, "--out", scores]

        def report(text):
            metrics = folder / "metrics.jsonl"  # not there where time was up within the first epoch
            epochs = [json.loads(line)["seconds"] for line in metrics.read_text().splitlines()] if metrics.exists() else []
            speed = {"loop": sum(epochs), "speed": self.rows * len(epochs) / sum(epochs)} if epochs else {}
            return {"passes": passes, "rmse": self.rmse(scores, header=True), **speed}

        return Contender(name, train, predict, report=report)

    def peer(self, name, library, settings, passes, model="mf"):
        scores = SCRATCH / "quality.txt"
        if library == "torch":
            settings = [*settings, "--model", model, "--positive-from", self.median]
        command = [*worker(f"quality_{library}"), self.train, self.test, scores, "--passes", passes, "--threads", arguments.threads, *settings]

        def report(text):
            said = last_object(text)
            return {"passes": passes, "rmse": self.rmse(scores, header=False), "speed": self.rows * passes / said["loop"], **said}

        return Contender(name, command, report=report)


def cuts(names):
    """Those of the named sets that are asked for and there."""
    wanted = [name for name in names if name in arguments.sets]
    found = [(name, arguments.data / DATA[name]) for name in wanted
             if name in DATA and arguments.data and (arguments.data / DATA[name]).exists()]
    if arguments.quick:
        found = found[:1]
    if GENERATED in wanted:
        found.append((GENERATED, generated(sizes.users, sizes.items, sizes.rows)))
    if LARGE in wanted:
        found.append((LARGE, large_file()))
    return [Cut(name, path) for name, path in found]


def libmf(record, peers):
    if "libmf" not in peers:
        return
    settings, passes = QUALITY["libmf"][0], 5 if arguments.quick else 30
    for data in cuts(["ml-100k", GENERATED]):
        peer = data.peer("LIBMF", "libmf", settings, passes)
        first = record.measure("libmf", f"{data.name}, how long LIBMF takes", peer)
        if "error" in first:
            continue
        speeds = [data.anirec(f"{name}, B={batch:,}", ["--optimizer", name, "--dropout", 0, "--batch-size", batch], passes)
                  for name in ("sgd", "adagrad", "rowwise-adagrad") for batch in (1024, 4096)]
        for ours in speeds:
            record.compare("libmf", data.name, ours.name, "LIBMF", "speed", "ratings/s")
        qualities = [data.anirec(name, words, 100000, seconds=first["loop"])
                     for name, words in (("defaults", DEFAULTS), ("row-wise Adagrad, B=1,024", ADAGRAD))]
        for ours in qualities:
            record.compare("libmf", data.name, ours.name, "LIBMF", "rmse", "RMSE", f", RMSE after {first['loop']:.2g} s of training")
        record.rounds("libmf", data.name, [peer, *speeds, *qualities])


def library_of(name):
    return name.split(",")[0]


def ladder(record, group, data, model, name, settings, steps):
    """A contender's runs: (RMSE, wall seconds, contender), one a number of passes; not past a process that failed."""
    runs = []
    library = library_of(name)
    for passes in steps[:1] if arguments.quick else steps:
        full = f"{name}, {passes} passes"
        contender = (data.anirec(full, settings, passes, model=model) if library == "anirec"
                     else data.peer(full, library, settings, passes, model))
        line = record.measure("quality", f"{group}, numbers of passes", contender)
        if "error" in line:
            break
        runs.append((line["rmse"], line["wall"], contender))
    return runs


def quality(record, peers):
    for data in cuts(SETS):
        for model in models:
            contenders = QUALITY if model == "mf" else LARGE_MLP_QUALITY if data.name == LARGE else MLP_QUALITY
            contenders = {name: one for name, one in contenders.items() if library_of(name) in ("anirec", *peers)}
            if len({library_of(name) for name in contenders}) > 1:
                time_to_quality(record, data, model, contenders)


def time_to_quality(record, data, model, contenders):
    group = f"{data.name}, {model}"
    runs = collections.defaultdict(list)  # of a library, whatever the settings
    for name, (settings, steps) in contenders.items():
        runs[library_of(name)] += ladder(record, group, data, model, name, settings, steps)
    ours = runs.pop("anirec")
    chosen = {}
    for theirs in runs.values():
        if not theirs:
            continue
        wanted = min(theirs)[0]
        peer = min(theirs)[2]
        reached = [(wall, contender) for rmse, wall, contender in ours if rmse <= wanted]
        our = min(reached, key=lambda one: one[0])[1] if reached else min(ours)[2]
        chosen.update({one.name: one for one in (our, peer)})
        figure = f", RMSE {wanted:.4f}" if reached else f", RMSE {wanted:.4f}: not reached; {min(ours)[0]:.4f}"
        record.compare("quality", group, our.name, peer.name, "wall", "s", figure)
        record.compare("quality", group, our.name, peer.name, "loop", "s", figure + ", training alone")
    record.rounds("quality", group, list(chosen.values()))


def main():
    if not ANIREC.exists():
        sys.exit(f"bench_peers: there is no {ANIREC}; build it with tools/build")
    for folder in (SCRATCH, arguments.out.parent):
        folder.mkdir(parents=True, exist_ok=True)
    installed, missing = install()
    record = Record(installed, missing)
    load = record.about["machine"]["load_at_start"]
    if load > 0.5:
        print(f"The load is {load:.1f}: something else runs here, and ratios will scatter.", flush=True)
    try:
        for section in arguments.only:
            start = time.perf_counter()
            try:
                globals()[section](record, installed)
            except Failed as error:  # what a section needs first; the others go on
                print(f"{section}: {error}", flush=True)
            print(f"{section}: {time.perf_counter() - start:.0f} s", flush=True)
    except KeyboardInterrupt:
        print("Stopped; what there is follows.")
    record.write()
    print("\nAbove 1, anirec is better.\n\n" + record.table() + f"\nWrote {arguments.out}")
    if arguments.markdown:
        arguments.markdown.write_text(record.table())


main()
