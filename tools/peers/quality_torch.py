"""mf with additive biases in PyTorch: the model, penalty and dropout that anirec is given, by dense or sparse Adam."""
import time

import numpy as np
import torch

from ratings import Split, quality_arguments, report, write_scores
from torch_models import Mf, adams

arguments = quality_arguments()
torch.manual_seed(42)
torch.set_num_threads(arguments.threads)
split = Split(arguments.train, arguments.test)
columns = [torch.from_numpy(column.astype(kind)) for column, kind in
           ((split.user, "int64"), (split.item, "int64"), (split.rating, "float32"))]
# Where a batch touches most rows, the dense sweep is the faster one.
sparse = split.users + split.items > 8 * arguments.batch_size
model = Mf(split.users, split.items, arguments.dim, dropout=0.5, sparse=sparse, additive=True)
with torch.no_grad():
    model.bias.fill_(split.mean)
optimizers = adams(model, arguments.lr)

start = time.perf_counter()
for _ in range(arguments.passes):
    for places in torch.randperm(len(split.rating)).split(arguments.batch_size):
        user, item, rating = (column.index_select(0, places) for column in columns)
        score, = model(user, item)
        penalty = (model.users(user).square().sum() + model.items(item).square().sum()) / len(places)
        loss = (score - rating).square().mean() + arguments.l2 * penalty
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
seconds = time.perf_counter() - start

model.eval()
with torch.no_grad():
    scores, = model(torch.from_numpy(split.test_user.astype("int64")), torch.from_numpy(split.test_item.astype("int64")))
write_scores(arguments.out, np.asarray(scores))
report(loop=seconds, sparse=sparse)
