"""LensKit's BiasedMF: alternating least squares on the residuals of user and item means."""
import time

import lenskit.als
import numpy as np
import pandas
from lenskit.data import ItemList, from_interactions_df
from lenskit.training import TrainingOptions

from ratings import quality_arguments, report, write_scores

arguments = quality_arguments()
train, test = (pandas.read_csv(path).rename(columns={"anime_id": "item_id"}) for path in (arguments.train, arguments.test))
rows = from_interactions_df(train)
model = lenskit.als.BiasedMFScorer(embedding_size=arguments.dim, epochs=arguments.passes, regularization=arguments.l2)
start = time.perf_counter()
model.train(rows, TrainingOptions(rng=42))
seconds = time.perf_counter() - start
scores = np.empty(len(test))
for user, places in test.groupby("user_id").indices.items():
    scores[places] = model(int(user), ItemList(item_ids=test["item_id"].to_numpy()[places])).scores()
write_scores(arguments.out, scores)
report(loop=seconds)
