"""implicit's recommend on the factors of a trained mf: MODEL.safetensors DATASET.anirec.safetensors OUT.csv THREADS.

x = Eu + bu and y = Ei + bi are the factors; the constant b changes no order and is added to what is written.
"""
import sys
import time

import numpy as np
import scipy.sparse
from implicit.cpu.als import AlternatingLeastSquares
from safetensors.numpy import load_file
from threadpoolctl import threadpool_limits

from ratings import report

model_path, dataset_path, out, threads = sys.argv[1:]
model, dataset = load_file(model_path), load_file(dataset_path)
ranker = AlternatingLeastSquares(factors=model["user_embedding.weight"].shape[1], num_threads=int(threads))
ranker.user_factors = model["user_embedding.weight"] + model["user_bias.weight"][:, None]
ranker.item_factors = model["item_embedding.weight"] + model["item_bias.weight"][:, None]
users, items = len(ranker.user_factors), len(ranker.item_factors)
seen = scipy.sparse.csr_matrix((np.ones(len(dataset["user"]), "float32"), (dataset["user"], dataset["item"])), (users, items))

start = time.perf_counter()
with threadpool_limits(1, "blas"):  # as implicit asks for: it has threads of its own
    best, scores = ranker.recommend(np.arange(users), seen, N=10, filter_already_liked_items=True)
seconds = time.perf_counter() - start

with open(out, "w", encoding="utf-8") as file:
    file.write("user_id,rank,item_id,score\n")
    for user, ids, row in zip(model["user_ids"], model["item_ids"][best], scores + model["bias"][0]):
        file.writelines(f"{user},{rank},{item},{score:.6g}\n" for rank, (item, score) in enumerate(zip(ids, row), 1))
report(loop=seconds, users_per_second=users / seconds)
