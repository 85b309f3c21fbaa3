#!/usr/bin/env python3
"""Holds anirec to Keras: the five reference models as one writes them in Keras, beside `build/anirec`.

  golden  trains each model for 300 steps without dropout and writes where it started, where it came to and every
          step's loss to tests/golden/, which tests hold every engine to; then lets the program train the same
  seeds   trains each model with dropout 0.5 from eight starts, each side in an order and with masks of its own, and
          draws the validation losses of both: docs/images/keras_seeds.svg

Data is made by `anirec generate`. The packages go to an environment of their own, build/keras-venv. Needs a built
program; no test needs this.

The Keras is the reference study's, Keras 2 (tf-keras). --keras jax and --keras tensorflow take Keras 3 on either
backend instead, and write to build/ alone. On TensorFlow its Adam squares the gradients of a row that occurs twice in a
batch one by one, so that it ends elsewhere than the other two (docs/numerics.md).
"""
import argparse
import datetime
import json
import math
import os
import pathlib
import platform
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
ENVIRONMENT = BUILD / "keras-venv"
PACKAGES = ["tensorflow==2.21.0", "tf-keras==2.21.0", "keras==3.15.1", "jax==0.10.2", "numpy==2.4.6",
            "safetensors==0.8.0", "matplotlib==3.11.2"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["golden", "seeds"])
    parser.add_argument("--keras", choices=["2", "jax", "tensorflow"], default="2", help="see above [%(default)s]")
    return parser.parse_args()


def enter_environment():
    """Goes on in the environment with the packages above, which it makes where it is not there yet."""
    if pathlib.Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        return
    python = ENVIRONMENT / "bin/python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
    os.execv(python, [python, *sys.argv])


arguments = parse_arguments()
enter_environment()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # in float32, on the CPU
import numpy as np
import safetensors
from safetensors.numpy import save_file

if arguments.keras == "2":
    import tf_keras as keras
else:
    os.environ["KERAS_BACKEND"] = arguments.keras
    import keras
layers, losses = keras.layers, keras.losses

SCRATCH = BUILD / "keras-reference" / arguments.keras
# model, task, weights of labels 0 and 1, weights of the rating and the interaction loss
MODELS = [("mf", "rating", None, None), ("mf", "interaction", (2.5, 1), None), ("nn", "rating", None, None),
          ("nn", "interaction", (2.5, 1), None), ("hybrid", "hybrid", None, (1, 5))]


def name_of(model, task):
    return model if model == task else f"{model}_{task}"


# ---- anirec

def anirec(*words):
    done = subprocess.run([BUILD / "anirec", *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"keras_reference: anirec {' '.join(map(str, words))}\n{done.stderr}")


def read(path):
    with safetensors.safe_open(path, "numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


def prepare(task, users, items, rows):
    """A dataset of the program's own made-up ratings: tensors, metadata."""
    ratings, dataset = SCRATCH / f"{rows}.csv", SCRATCH / f"{rows}.{task}.anirec.safetensors"
    anirec("generate", "--users", users, "--items", items, "--rows", rows, "--out", ratings)
    anirec("prepare", ratings, "--task", task, "--out", dataset)
    return read(dataset)


def write_rows(dataset, rows, path):
    """These rows, in this order, as a dataset of their own with the same ids."""
    tensors, metadata = dataset
    columns = {name: values[rows] for name, values in tensors.items() if name in ("user", "item", "rating", "label")}
    counts = json.dumps({**json.loads(metadata["rows"]), "kept": len(rows)})
    save_file({**tensors, **columns}, path, {**metadata, "rows": counts})
    return columns


def train_flags(model, task, class_weight, loss_weights, dim, batch):
    flags = ["--model", model, "--task", task, "--dim", dim, "--batch-size", batch, "--split", "1,0,0", "--patience", 0]
    flags += ["--device", "cpu"]
    if model != "mf":
        flags += ["--hidden", dim]
    if class_weight:
        flags += ["--class-weight", ",".join(map(str, class_weight))]
    if loss_weights:
        flags += ["--loss-weights", ",".join(map(str, loss_weights))]
    return flags


# ---- Keras

class Bias(layers.Layer):
    """A number that is added."""

    def __init__(self, initializer, **others):
        super().__init__(**others)
        self.initializer = initializer

    def build(self, shape):
        self.bias = self.add_weight(name="bias", shape=(1,), initializer=self.initializer)

    def call(self, score):
        return score + self.bias


def keras_model(model, task, loss_weights, sizes, starts, dim, dropout):
    """A compiled model. Sizes are the numbers of users and items, starts what the heads' biases start at."""

    def embedding(side, index, kind, width):
        return layers.Flatten()(layers.Embedding(sizes[side], width, name=f"{side}_{kind}")(index))

    def start(target):
        return keras.initializers.Constant(starts[target])

    indices = {side: keras.Input((1,), dtype="int32", name=side) for side in ("user", "item")}
    sides = [embedding(side, index, "embedding", dim) for side, index in indices.items()]
    if model == "mf":
        biases = [embedding(side, index, "bias", 1) for side, index in indices.items()]
        sides = [layers.Dropout(dropout)(layers.Add()([row, bias])) for row, bias in zip(sides, biases)]
        target = "rating" if task == "rating" else "label"
        scores = [Bias(start(target), name="bias")(layers.Dot(axes=1)(sides))]
    else:
        inputs = layers.Concatenate()([layers.Dropout(dropout)(row) for row in sides])
        hidden = layers.Dense(dim, activation="relu", name="hidden_0")(inputs)
        scores = []
        if task != "interaction":
            scores.append(layers.Dense(1, "relu", bias_initializer=start("rating"), name="rating_head")(hidden))
        if task != "rating":
            scores.append(layers.Dense(1, bias_initializer=start("label"), name="interaction_head")(hidden))
    all_losses = {"rating": [losses.MeanSquaredError()], "interaction": [losses.BinaryCrossentropy(from_logits=True)]}
    all_losses["hybrid"] = all_losses["rating"] + all_losses["interaction"]
    result = keras.Model(list(indices.values()), scores)
    result.compile(keras.optimizers.Adam(1e-3), all_losses[task], loss_weights=loss_weights)
    return result


def keras_data(task, columns):
    def column(name, kind):
        return columns[name].astype(kind).reshape(-1, 1)

    targets = [column(name, "float32") for name in ("rating", "label") if name in columns]
    return [column(side, "int32") for side in ("user", "item")], targets if task == "hybrid" else targets[0]


def keras_class_weight(weights):
    return dict(enumerate(weights)) if weights else None


def keras_weights(model):
    """By the names of model.safetensors."""
    tensors = {}
    for layer in model.layers:
        name, weights = layer.name.replace("_0", ".0"), layer.get_weights()
        if isinstance(layer, layers.Embedding):
            tensors[name + ".weight"] = weights[0].ravel() if name.endswith("bias") else weights[0]
        elif isinstance(layer, layers.Dense):
            tensors[name + ".weight"], tensors[name + ".bias"] = weights[0].T.copy(), weights[1]
        elif isinstance(layer, Bias):
            tensors[name] = weights[0]
    return tensors


def write_model(like, weights, path):
    """Keras' weights as a model.safetensors, with the ids and the configuration of one that the program wrote."""
    tensors, metadata = read(like)
    if any(tensors[name].shape != values.shape for name, values in weights.items()):
        sys.exit(f"keras_reference: {like}: Keras' tensors have other shapes")
    save_file({**tensors, **weights}, path, metadata)


class StepLosses(keras.callbacks.Callback):
    """The loss of every batch by itself: Keras reports running means."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(str(np.float32(logs["loss"]))))


def check_adam():
    """What the contract says of Keras' Adam: a row's gradients are summed before they are squared, and a row that a
    batch does not touch moves all the same."""
    row = keras.Input((1,), dtype="int32")
    model = keras.Model(row, layers.Flatten()(layers.Embedding(4, 1)(row)))
    model.compile(keras.optimizers.Adam(1e-3), "mae")  # gradients of one size

    def movement(rows):
        before = model.get_weights()[0]
        model.fit(np.array(rows).reshape(-1, 1), np.full((len(rows), 1), 9.0), batch_size=len(rows), verbose=0)
        return (model.get_weights()[0] - before).ravel() / 1e-3

    first, second = movement([1, 1, 2]), movement([3])
    print(f"Adam's first step is {first[2]:.4f} learning rates for a row that occurs once, {first[1]:.4f} for one that "
          f"occurs twice; without them, the next step is {second[2]:.4f} and {second[1]:.4f}")
    if arguments.keras == "2" and not (abs(first[1] - 1) < 1e-4 and second[1] > 0.5):
        sys.exit("keras_reference: this is not the Adam of the contract")


# ---- golden

GOLDEN = ROOT / "tests/golden" if arguments.keras == "2" else SCRATCH / "golden"
GOLDEN_SEED = 1
GOLDEN_STARTS = {"rating": 5.5, "label": 0.0}  # off the mean: a bias that hardly moves would show the rounding of 7.06
GOLDEN_DATA = {"users": 100, "items": 60, "rows": 3000}
GOLDEN_ROWS, GOLDEN_BATCH, GOLDEN_DIM, GOLDEN_PASSES = 1590, 32, 8, 6  # 50 steps a pass, the last of 22 rows


def relative_to_movement(ours, theirs, start):
    """‖ours − theirs‖ / ‖theirs − start‖, and the same by the largest element."""
    error, movement = (a.astype("float64") - b for a, b in ((ours, theirs), (theirs, start)))
    return np.linalg.norm(error) / np.linalg.norm(movement), np.abs(error).max() / np.abs(movement).max()


def golden_of(model, task, class_weight, loss_weights):
    """Writes one model's files; its entry of keras.json, and how far the program is from Keras."""
    name, dataset_name = name_of(model, task), f"{task}.anirec.safetensors"
    dataset = prepare(task, **GOLDEN_DATA)
    order = np.random.default_rng(GOLDEN_SEED).permutation(len(dataset[0]["user"]))[:GOLDEN_ROWS]
    columns = write_rows(dataset, order, GOLDEN / dataset_name)
    sizes = {side: len(dataset[0][side + "_ids"]) for side in ("user", "item")}

    keras.utils.set_random_seed(GOLDEN_SEED)
    theirs = keras_model(model, task, loss_weights, sizes, GOLDEN_STARTS, GOLDEN_DIM, dropout=0)
    start = keras_weights(theirs)
    curve = StepLosses()
    inputs, targets = keras_data(task, columns)
    theirs.fit(inputs, targets, batch_size=GOLDEN_BATCH, epochs=GOLDEN_PASSES, shuffle=False, verbose=0,
               class_weight=keras_class_weight(class_weight), callbacks=[curve])
    end = keras_weights(theirs)

    flags = [GOLDEN / dataset_name, *train_flags(model, task, class_weight, loss_weights, GOLDEN_DIM, GOLDEN_BATCH)]
    flags += ["--overwrite", "--dropout", 0, "--no-shuffle", "--out", SCRATCH / name]
    anirec("train", *flags, "--epochs", 1)
    blank = SCRATCH / name / "model.safetensors"
    write_model(blank, end, GOLDEN / f"{name}.trained.safetensors")
    write_model(blank, start, GOLDEN / f"{name}.start.safetensors")
    anirec("train", *flags, "--epochs", GOLDEN_PASSES, "--init", GOLDEN / f"{name}.start.safetensors")
    ours, _ = read(blank)
    errors = [relative_to_movement(ours[key], end[key], start[key]) for key in end]
    entry = {"model": model, "task": task, "batch_size": GOLDEN_BATCH, "learning_rate": 1e-3,
             "class_weight": class_weight or (1, 1), "losses": curve.losses}
    return name, entry, [max(column) for column in zip(*errors)]


def golden():
    check_adam()
    GOLDEN.mkdir(exist_ok=True)
    made = {"command": "tools/keras_reference.py golden", "date": datetime.date.today().isoformat(),
            "keras": f"{keras.__name__} {keras.__version__}", "packages": PACKAGES,
            "python": platform.python_version(), "machine": platform.machine(),
            "seed": GOLDEN_SEED, "data": GOLDEN_DATA}
    models = {}
    print("anirec train from Keras' start, against Keras, as a share of a tensor's movement (the worst tensor's):")
    for line in MODELS:
        name, models[name], (by_norm, by_element) = golden_of(*line)
        print(f"  {name:16} {by_norm:.1e} by norm, {by_element:.1e} by the largest element")
    with open(GOLDEN / "keras.json", "w", encoding="utf-8") as file:
        lines = [f'  "{name}": {json.dumps(entry)}' for name, entry in models.items()]
        file.write(f'{{\n"made": {json.dumps(made)},\n"models": {{\n' + ",\n".join(lines) + "\n}\n}\n")


# ---- seeds

SEEDS, SEED_EPOCHS, SEED_BATCH, SEED_DIM = range(1, 9), 15, 256, 16
SEED_DATA = {"users": 2000, "items": 500, "rows": 60000}
VALIDATION_SHARE = 0.2
PICTURE = ROOT / "docs/images/keras_seeds.svg" if arguments.keras == "2" else SCRATCH / "seeds.svg"


def anirec_curve(flags, start, validation, run, seed):
    """Validation losses, an epoch at a time: the program goes on and is evaluated."""
    curve = []
    for epoch in range(1, SEED_EPOCHS + 1):
        first = [*flags, "--init", start, "--seed", seed, "--dropout", 0.5, "--overwrite"]
        anirec("train", *(first if epoch == 1 else ["--resume"]), "--epochs", epoch, "--out", run)
        anirec("evaluate", run, "--data", validation, "--device", "cpu")
        curve.append(json.loads((run / "evaluation.json").read_text())["loss"])
    return curve


def curves_of(model, task, class_weight, loss_weights):
    """{"anirec": [seeds, epochs], "Keras": [seeds, epochs]}, pair by pair from one start; the same rows throughout."""
    tensors, _ = dataset = prepare(task, **SEED_DATA)
    order = np.random.default_rng(0).permutation(len(tensors["user"]))
    kept = round(len(order) * VALIDATION_SHARE)
    files = [SCRATCH / f"{part}.{task}.anirec.safetensors" for part in ("validation", "train")]
    validation, train = (write_rows(dataset, rows, file) for rows, file in zip((order[:kept], order[kept:]), files))
    sizes = {side: len(tensors[side + "_ids"]) for side in ("user", "item")}
    starts = {target: float(train[target].mean()) for target in ("rating", "label") if target in train}
    if "label" in starts:
        starts["label"] = math.log(starts["label"] / (1 - starts["label"]))

    run, start = SCRATCH / f"{name_of(model, task)}_seeds", SCRATCH / f"{name_of(model, task)}_start.safetensors"
    flags = [files[1], *train_flags(model, task, class_weight, loss_weights, SEED_DIM, SEED_BATCH)]
    anirec("train", *flags, "--epochs", 1, "--overwrite", "--out", run)
    curves = {"anirec": [], "Keras": []}
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        theirs = keras_model(model, task, loss_weights, sizes, starts, SEED_DIM, dropout=0.5)
        write_model(run / "model.safetensors", keras_weights(theirs), start)
        curves["anirec"].append(anirec_curve(flags, start, files[0], run, seed))
        history = theirs.fit(*keras_data(task, train), batch_size=SEED_BATCH, epochs=SEED_EPOCHS, verbose=0,
                             class_weight=keras_class_weight(class_weight),
                             validation_data=keras_data(task, validation))
        curves["Keras"].append(history.history["val_loss"])
    return {side: np.array(lines) for side, lines in curves.items()}


def draw(all_curves):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "anirec", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot

    figure, grid = pyplot.subplots(2, 3, figsize=(9, 5), layout="constrained")
    for (name, curves), axes in zip(all_curves.items(), grid.flat):
        for (side, lines), color, style in zip(curves.items(), ("tab:blue", "tab:orange"), ("-", "--")):
            handles = axes.plot(range(1, SEED_EPOCHS + 1), lines.T, color=color, linestyle=style, linewidth=1)
            handles[0].set_label(f"{side}, {len(lines)} starts")
        axes.set_title(name)
        axes.set_xlabel("epoch")
        axes.set_ylabel("validation loss")
    grid.flat[-1].axis("off")
    grid.flat[-1].legend(*grid.flat[0].get_legend_handles_labels(), loc="center", frameon=False)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, metadata={"Date": None})
    figure.savefig(SCRATCH / "seeds.png", dpi=100)


def mean_and_deviation(values):
    return f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}"


def seeds():
    all_curves = {}
    print(f"| validation loss, epoch {SEED_EPOCHS} | anirec | Keras | difference of a pair | in standard errors |")
    print("|---|---:|---:|---:|---:|")
    for line in MODELS:
        name = name_of(*line[:2]).replace("_", " ")
        curves = all_curves[name] = curves_of(*line)
        ours, theirs = (lines[:, -1] for lines in curves.values())
        difference = ours - theirs
        errors = np.mean(difference) / (np.std(difference, ddof=1) / math.sqrt(len(SEEDS)))
        cells = [mean_and_deviation(values) for values in (ours, theirs, difference)]
        print("|", " | ".join([name, *cells, f"{errors:+.1f}"]), "|", flush=True)
    draw(all_curves)


SCRATCH.mkdir(parents=True, exist_ok=True)
print("with", ", ".join(PACKAGES))
{"golden": golden, "seeds": seeds}[arguments.part]()
