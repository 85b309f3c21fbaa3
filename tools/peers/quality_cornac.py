"""Cornac's MF, biased SGD."""
import time

import cornac
import pandas

from ratings import quality_arguments, report, write_scores

arguments = quality_arguments()
train, test = pandas.read_csv(arguments.train), pandas.read_csv(arguments.test)
rows = cornac.data.Dataset.from_uir(train.itertuples(index=False), seed=42)
model = cornac.models.MF(k=arguments.dim, max_iter=arguments.passes, learning_rate=arguments.lr, lambda_reg=arguments.l2,
                         num_threads=arguments.threads, early_stop=False, seed=42)
start = time.perf_counter()
model.fit(rows)
seconds = time.perf_counter() - start
scores = [model.rate(rows.uid_map[user], rows.iid_map[item]) for user, item in zip(test["user_id"], test["anime_id"])]
write_scores(arguments.out, scores)
report(loop=seconds)
