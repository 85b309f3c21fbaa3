"""LIBMF by its Python binding: SGD with a learning rate a row, no biases."""
import time

import numpy as np
from libmf import mf

from ratings import Split, quality_arguments, report, write_scores

arguments = quality_arguments()
split = Split(arguments.train, arguments.test)
# The binding's own defaults add an L1 penalty, and its predict() reads its rows by columns.
engine = mf.MF(k=arguments.dim, nr_threads=arguments.threads, nr_iters=arguments.passes, eta=arguments.lr, lambda_p1=0,
               lambda_q1=0, lambda_p2=arguments.l2, lambda_q2=arguments.l2, quiet=True)
rows = np.column_stack([split.user, split.item, split.rating]).astype("float32")  # as the binding passes them on
start = time.perf_counter()
engine.fit(rows)
seconds = time.perf_counter() - start
scores = (engine.p_factors()[split.test_user] * engine.q_factors()[split.test_item]).sum(1)
write_scores(arguments.out, scores)
report(loop=seconds, rows_per_second=len(rows) * arguments.passes / seconds)
