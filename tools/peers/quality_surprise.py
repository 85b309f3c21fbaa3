"""Surprise's SVD, biased SGD on one thread."""
import time

import pandas
import surprise

from ratings import quality_arguments, report, write_scores

arguments = quality_arguments()
train, test = pandas.read_csv(arguments.train), pandas.read_csv(arguments.test)
scale = surprise.Reader(rating_scale=(train["rating"].min(), train["rating"].max()))
rows = surprise.Dataset.load_from_df(train, scale).build_full_trainset()
model = surprise.SVD(n_factors=arguments.dim, n_epochs=arguments.passes, reg_all=arguments.l2, lr_all=arguments.lr, random_state=42)
start = time.perf_counter()
model.fit(rows)
seconds = time.perf_counter() - start
write_scores(arguments.out, [model.predict(user, item).est for user, item in zip(test["user_id"], test["anime_id"])])
report(loop=seconds)
