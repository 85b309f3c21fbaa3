"""mf with additive biases, nn and hybrid in PyTorch: model, penalty and dropout as anirec has them, dense or sparse Adam."""
import time

import numpy as np
import torch

from ratings import Split, quality_arguments, report, write_scores
from torch_models import Mf, Mlp, adams, loss_of

arguments = quality_arguments()
torch.manual_seed(42)
torch.set_num_threads(arguments.threads)
split = Split(arguments.train, arguments.test)
label = split.rating >= arguments.positive_from
columns = [torch.from_numpy(column.astype(kind)) for column, kind in
           ((split.user, "int64"), (split.item, "int64"), (split.rating, "float32"), (label, "float32"))]
# Where a batch touches most rows, the dense sweep is the faster one.
sparse = split.users + split.items > 8 * arguments.batch_size
if arguments.model == "mf":
    model = Mf(split.users, split.items, arguments.dim, dropout=0.5, sparse=sparse, additive=True)
    first_bias = model.bias
else:
    model = Mlp(split.users, split.items, arguments.dim, dropout=0.5, hidden=64, heads=1 + (arguments.model == "hybrid"),
                sparse=sparse)
    first_bias = model.heads[0].bias
with torch.no_grad():
    first_bias.fill_(split.mean)
optimizers = adams(model, arguments.lr)
steps = arguments.passes * -(-len(split.rating) // arguments.batch_size)
falls = [torch.optim.lr_scheduler.CosineAnnealingLR(one, steps) for one in optimizers] if arguments.falling else []

start = time.perf_counter()
for _ in range(arguments.passes):
    for places in torch.randperm(len(split.rating)).split(arguments.batch_size):
        user, item, rating, liked = (column.index_select(0, places) for column in columns)
        loss = loss_of(model(user, item), rating, liked)
        if arguments.l2 > 0:
            squares = model.users(user).square().sum() + model.items(item).square().sum()
            loss = loss + arguments.l2 * squares / len(places)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for one in [*optimizers, *falls]:
            one.step()
seconds = time.perf_counter() - start

model.eval()
with torch.no_grad():
    scores, *_ = model(torch.from_numpy(split.test_user.astype("int64")), torch.from_numpy(split.test_item.astype("int64")))
write_scores(arguments.out, np.asarray(scores))
report(loop=seconds, sparse=sparse)
