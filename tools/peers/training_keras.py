"""Keras' speed at the reference study's models: model.fit on NumPy columns, as the study ran it."""
import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import tensorflow
from keras import layers

from ratings import report

parser = argparse.ArgumentParser()
parser.add_argument("--model", choices=["mf", "nn", "hybrid"], required=True)
parser.add_argument("--batch-size", type=int, required=True)
for name in ("users", "items", "rows", "threads"):
    parser.add_argument("--" + name, type=int, required=True)
parser.add_argument("--seconds", type=float, default=2)
arguments = parser.parse_args()
tensorflow.config.threading.set_intra_op_parallelism_threads(arguments.threads)
tensorflow.config.threading.set_inter_op_parallelism_threads(arguments.threads)
DIM = HIDDEN = 64


class Bias(layers.Layer):
    def build(self, shape):
        self.bias = self.add_weight(name="bias", shape=(1,), initializer="zeros")

    def call(self, score):
        return score + self.bias


def make_model():
    def embedding(count, index, width):
        return layers.Flatten()(layers.Embedding(count, width)(index))

    counts = (arguments.users, arguments.items)
    indices = [keras.Input((1,), dtype="int32") for _ in counts]
    sides = [embedding(count, index, DIM) for count, index in zip(counts, indices)]
    if arguments.model == "mf":
        sides = [layers.Add()([side, embedding(count, index, 1)]) for side, count, index in zip(sides, counts, indices)]
        scores = [Bias()(layers.Dot(axes=1)([layers.Dropout(0.5)(side) for side in sides]))]
    else:
        hidden = layers.Dense(HIDDEN, activation="relu")(layers.Concatenate()([layers.Dropout(0.5)(side) for side in sides]))
        scores = [layers.Dense(1, activation="relu")(hidden)]
        if arguments.model == "hybrid":
            scores.append(layers.Dense(1, activation="sigmoid")(hidden))
    model = keras.Model(indices, scores)
    model.compile(keras.optimizers.Adam(1e-3), ["mse", "binary_crossentropy"][: len(scores)],
                  loss_weights=[1, 5][: len(scores)])
    return model


random = np.random.default_rng(42)


def index(count, power):
    popular = np.minimum((random.random(arguments.rows) ** power * count).astype("int32"), count - 1)
    return random.permutation(count).astype("int32")[popular]


inputs = [index(arguments.users, 2.0), index(arguments.items, 2.5)]
rating = random.integers(1, 11, arguments.rows).astype("float32")
targets = [rating, (rating > 5).astype("float32")] if arguments.model == "hybrid" else [rating]
model = make_model()


def fit(steps):
    """Seconds of an epoch of so many steps: a fit on the first rows, which it shuffles."""
    rows = min(steps * arguments.batch_size, arguments.rows)
    start = time.perf_counter()
    model.fit([column[:rows] for column in inputs], [column[:rows] for column in targets], verbose=0,
              batch_size=arguments.batch_size)
    return time.perf_counter() - start, rows


steps = 4
fit(steps)  # traces and compiles
while True:
    seconds, rows = fit(steps)
    if seconds >= arguments.seconds or rows == arguments.rows:
        break
    steps = 1 + int(steps * min(8, 1.2 * arguments.seconds / seconds))
report(samples_per_second=rows / seconds, keras=keras.__version__, backend=keras.backend.backend())
