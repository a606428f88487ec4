"""The numbers of SimilarityTests, by the textbook formulas with whole n x n kernels (numpy)."""
import numpy as np

n = 12
x = np.array([[(7 * i + 3 * j) % 11 - 5 for j in range(3)] for i in range(n)], float)
y = np.array([[(5 * i + 2 * j) % 7 - 3 for j in range(2)] for i in range(n)], float)
h = np.eye(n) - 1 / n


def hsic(k, l):
    return np.trace(k @ h @ l @ h)


def unbiased(k, l):
    k, l, one = k.copy(), l.copy(), np.ones(n)
    np.fill_diagonal(k, 0)
    np.fill_diagonal(l, 0)
    return (np.trace(k @ l) + one @ k @ one * (one @ l @ one) / (n - 1) / (n - 2) - 2 / (n - 2) * one @ k @ l @ one) / n / (n - 3)


kx, ky = x @ x.T, y @ y.T
print("cka", repr(hsic(kx, ky) / np.sqrt(hsic(kx, kx) * hsic(ky, ky))))
print("debiased", repr(unbiased(kx, ky) / np.sqrt(unbiased(kx, kx) * unbiased(ky, ky))))

xc, yc = x - x.mean(0), y - y.mean(0)


# Canonical correlations by whitened covariances of the kept directions, the features being those directions times their singular values.
def kept(m):
    u, s, _ = np.linalg.svd(m, full_matrices=False)
    k = np.searchsorted(np.cumsum(s**2) / (s**2).sum(), 0.99) + 1
    return u[:, :k] * s[:k]


fx, fy = kept(xc), kept(yc)
wx = np.linalg.inv(np.linalg.cholesky(fx.T @ fx)).T
wy = np.linalg.inv(np.linalg.cholesky(fy.T @ fy)).T
a, rho, _ = np.linalg.svd((fx @ wx).T @ (fy @ wy), full_matrices=False)
print("svcca", repr(rho.mean()))
weights = np.abs((fx @ wx @ a).T @ fx).sum(1)
print("pwcca", repr((weights * rho).sum() / weights.sum()))
print("procrustes", repr(np.linalg.svd(xc.T @ yc)[1].sum() / np.linalg.norm(xc) / np.linalg.norm(yc)))


def ranks(v):
    v = np.round(v, 9)
    return np.array([(v < t).sum() + ((v == t).sum() - 1) / 2 for t in v])


pairs = np.triu_indices(n, 1)
dx = np.linalg.norm(x[:, None] - x[None], axis=-1)[pairs]
dy = np.linalg.norm(y[:, None] - y[None], axis=-1)[pairs]
print("rsa", repr(np.corrcoef(ranks(dx), ranks(dy))[0, 1]))
