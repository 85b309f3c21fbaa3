"""Ratings as the peers take them, and what a worker gives back.

As a program: ratings.py RATINGS TRAIN.csv TEST.csv cuts rated rows of any of the known forms into two files, 9 : 1, by a
seed. A test row whose user or item has no training row goes to the training rows: what to say of the unknown is a
question of its own.
"""
import argparse
import json
import sys

import numpy as np
import pandas

COLUMNS = ["user_id", "anime_id", "rating"]


def read_any(path):
    """The three columns of an animelist.csv, MovieLens' ratings.csv and u.data, or a table with tabs and a header."""
    with open(path, encoding="utf-8") as file:
        first = file.readline()
    separator = "\t" if "\t" in first else ","
    table = pandas.read_csv(path, sep=separator, header=None if first[0].isdigit() else 0, usecols=[0, 1, 2])
    table.columns = COLUMNS
    return table[table["rating"] > 0]


def cut(path, train, test):
    table = read_any(path)
    is_test = np.random.default_rng(42).random(len(table)) < 0.1
    known = ~is_test
    for column in COLUMNS[:2]:
        is_test &= table[column].isin(table.loc[known, column].unique()).to_numpy()
    table[~is_test].to_csv(train, index=False)
    table[is_test].to_csv(test, index=False)
    ratings = table.loc[~is_test, "rating"]
    report(train_rows=int((~is_test).sum()), test_rows=int(is_test.sum()), lowest=float(ratings.min()), highest=float(ratings.max()),
           median=float(ratings.median()))


class Split:
    """Both files with dense indices."""

    def __init__(self, train, test):
        train, test = pandas.read_csv(train), pandas.read_csv(test)
        self.user_ids, self.user = np.unique(train["user_id"], return_inverse=True)
        self.item_ids, self.item = np.unique(train["anime_id"], return_inverse=True)
        self.rating = train["rating"].to_numpy("float32")
        self.test_user = np.searchsorted(self.user_ids, test["user_id"])
        self.test_item = np.searchsorted(self.item_ids, test["anime_id"])
        self.users, self.items, self.mean = len(self.user_ids), len(self.item_ids), float(self.rating.mean())


def quality_arguments():
    """What every program that trains on TRAIN and scores TEST is given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("out", help="a score a line, in the order of the test file")
    parser.add_argument("--passes", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--l2", type=float, default=0.05)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--falling", action="store_true", help="of PyTorch's: the rate falls to 0 at the last step, along a cosine")
    parser.add_argument("--model", default="mf", help="of PyTorch's: mf, nn or hybrid")
    parser.add_argument("--positive-from", type=float, default=0, help="hybrid: the lowest rating that counts as liked")
    return parser.parse_args()


def write_scores(path, scores):
    np.savetxt(path, scores, fmt="%.5f")


def report(**figures):
    sys.stdout.write("\n" + json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    cut(*sys.argv[1:])
