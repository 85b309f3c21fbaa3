"""mf, nn and hybrid in PyTorch, as docs/design.md defines them, and how their steps are timed."""
import time

import torch
from torch import nn
from torch.nn import functional as F


def table(rows, width, sparse=False):
    embedding = nn.Embedding(rows, width, sparse=sparse)
    nn.init.uniform_(embedding.weight, -0.05, 0.05)
    return embedding


class Mf(nn.Module):
    """score = <dropout(Eu[u] + bu[u]), dropout(Ei[i] + bi[i])> + b; additive: the biases beside the product"""

    def __init__(self, users, items, dim, dropout, sparse=False, additive=False):
        super().__init__()
        self.dropout, self.additive = dropout, additive
        self.users, self.items = table(users, dim, sparse), table(items, dim, sparse)
        self.user_bias, self.item_bias = table(users, 1, sparse), table(items, 1, sparse)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, user, item):
        x, y, user_bias, item_bias = self.users(user), self.items(item), self.user_bias(user), self.item_bias(item)
        if self.additive:
            beside = (user_bias + item_bias).squeeze(1)
        else:
            x, y, beside = x + user_bias, y + item_bias, 0
        product = F.dropout(x, self.dropout, self.training) * F.dropout(y, self.dropout, self.training)
        return (product.sum(1) + beside + self.bias,)


class Mlp(nn.Module):
    """h = relu(W1 [dropout(Eu[u]); dropout(Ei[i])] + b1), one or two heads on it"""

    def __init__(self, users, items, dim, dropout, hidden, heads, sparse=False):
        super().__init__()
        self.dropout = dropout
        self.users, self.items = table(users, dim, sparse), table(items, dim, sparse)
        self.hidden = nn.Linear(2 * dim, hidden)
        self.heads = nn.ModuleList(nn.Linear(hidden, 1) for _ in range(heads))

    def forward(self, user, item):
        x = torch.cat([F.dropout(side, self.dropout, self.training) for side in (self.users(user), self.items(item))], 1)
        h = F.relu(self.hidden(x))
        scores = [head(h).squeeze(1) for head in self.heads]
        return (F.relu(scores[0]), *scores[1:])


def loss_of(scores, rating, label):
    loss = F.mse_loss(scores[0], rating)
    if len(scores) > 1:
        loss = loss + 5 * F.binary_cross_entropy_with_logits(scores[1], label)
    return loss


def adams(model, lr=1e-3, **others):
    """Adam; SparseAdam for the tables that give sparse gradients."""
    sparse = [module.weight for module in model.modules() if isinstance(module, nn.Embedding) and module.sparse]
    dense = [one for one in model.parameters() if not any(one is other for other in sparse)]
    optimizers = [torch.optim.Adam(dense, lr=lr, eps=1e-7, **others)]
    return optimizers + ([torch.optim.SparseAdam(sparse, lr=lr, eps=1e-7)] if sparse else [])


def sgemm_gflops(size=1024, seconds=0.3):
    """What the BLAS reaches: some builds come with a slow one."""
    a, b = torch.rand(size, size), torch.rand(size, size)
    a @ b
    products, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        a @ b
        products += 1
    return products * 2 * size**3 / (time.perf_counter() - start) / 1e9
