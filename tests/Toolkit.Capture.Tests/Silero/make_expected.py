#!/usr/bin/python3
"""Evaluates silero_vad.onnx in numpy, in float64, and writes what its nodes compute to expected.json.

Run it here with the path of the model and Debian's python3-onnx: /usr/bin/python3 make_expected.py MODEL. Operators are
written after the ONNX specification; no runtime is asked. Two samples of the signal below run one after the other, the
state carried; of the second, every value of the top graph and of the branches taken (constants left out) is noted by
its key: shape, sum, sum of squares, largest magnitude and about a dozen elements. The tests never run this script.
"""
import json, os, sys
import numpy as np, onnx
from onnx import helper, numpy_helper

TYPES = {1: np.float64, 7: np.int64, 9: np.bool_}


def signal(sample, length):
    """Integers over 4,000: exact in every language, then rounded to float32."""
    k = np.arange(length, dtype=np.int64) + 1000 * sample
    return (((k * k * 31 + k * 17) % 2001 - 1000) / 4000).astype(np.float32).astype(np.float64)


def array(tensor):
    values = numpy_helper.to_array(tensor)
    return values.astype(np.float64) if values.dtype == np.float32 else values


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def conv(x, w, bias, pads, stride):
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[1])))
    width = w.shape[2]
    places = range(0, x.shape[2] - width + 1, stride)
    y = np.stack([np.einsum("nck,ock->no", x[:, :, at:at + width], w) for at in places], 2)
    return y if bias is None else y + bias[None, :, None]


def lstm(hidden, x, w, r, bias, _, h, c):
    """One direction; gates in the order input, output, forget, cell."""
    w, r, h, c = w[0], r[0], h[0], c[0]
    bias = bias[0][:4 * hidden] + bias[0][4 * hidden:]
    steps = []
    for step in x:
        i, o, f, g = np.split(step @ w.T + h @ r.T + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        steps.append(h)
    return [np.stack(steps)[:, None], h[None], c[None]]


def cut(x, starts, ends, axes, steps=None):
    steps = [1] * len(starts) if steps is None else steps
    for axis, start, end, step in zip(axes, starts, ends, steps):
        start, end, step, extent = int(start), int(end), int(step), x.shape[axis]
        low, high = (0, extent) if step > 0 else (-1, extent - 1)
        start, end = [min(max(at + extent if at < 0 else at, low), high) for at in (start, end)]
        x = np.take(x, np.arange(start, end, step), axis=axis)
    return x


def compute(node, i):
    a = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    op = node.op_type
    if op == "Constant": return array(a["value"])
    if op == "Identity": return i[0]
    if op == "Equal": return i[0] == i[1]
    if op == "Not": return ~i[0]
    if op == "Add": return i[0] + i[1]
    if op == "Pow": return i[0] ** i[1]
    if op == "Sqrt": return np.sqrt(i[0])
    if op == "Relu": return np.maximum(i[0], 0)
    if op == "Sigmoid": return sigmoid(i[0])
    if op == "ReduceMean": return i[0].mean(axis=tuple(a["axes"]), keepdims=bool(a.get("keepdims", 1)))
    if op == "Transpose": return i[0].transpose(a["perm"])
    if op == "Cast": return i[0].astype(TYPES[a["to"]])
    if op == "Concat": return np.concatenate(i, axis=a["axis"])
    if op == "Gather": return np.take(i[0], i[1], axis=a.get("axis", 0))
    if op == "Shape": return np.array(i[0].shape, np.int64)
    if op == "Size": return np.array(i[0].size, np.int64)
    if op == "Reshape":
        return i[0].reshape([i[0].shape[k] if e == 0 and not a.get("allowzero", 0) else e for k, e in enumerate(i[1])])
    if op == "ConstantOfShape": return np.full(tuple(i[0]), array(a["value"])[0])
    if op == "Squeeze": return np.squeeze(i[0], tuple(i[1]))
    if op == "Unsqueeze": return np.expand_dims(i[0], tuple(i[1]))
    if op == "Slice": return cut(*i)
    if op == "Pad": return np.pad(i[0], i[1].reshape(2, -1).T, mode=a["mode"].decode())
    if op == "Conv": return conv(i[0], i[1], i[2] if len(i) > 2 else None, a["pads"], a["strides"][0])
    if op == "LSTM": return lstm(a["hidden_size"], *i)
    raise NotImplementedError(op)


def run(graph, outer, scope, seen):
    values = outer | {tensor.name: array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        inputs = [values[name] if name else None for name in node.input]
        if node.op_type == "If":
            branch = "then_branch" if inputs[0] else "else_branch"
            body = next(attribute.g for attribute in node.attribute if attribute.name == branch)
            results = run(body, values, f"{scope}{node.name}/{branch}/", seen)
        else:
            results = compute(node, inputs)
            results = results if isinstance(results, list) else [results]
        for name, value in zip(node.output, results):
            values[name] = np.asarray(value)
            if node.op_type != "Constant":
                seen[scope + name] = values[name]
    return [values[output.name] for output in graph.output]


def note(value):
    flat = value.ravel().astype(np.float64 if value.dtype == np.float64 else np.int64)
    step = max(1, flat.size // 12) | 1
    return {
        "dtype": {"f": "float32", "i": "int64", "b": "bool"}[value.dtype.kind],
        "shape": list(value.shape),
        "sum": float(flat.sum()),
        "squares": float((flat.astype(np.float64) ** 2).sum()),
        "largest": float(np.abs(flat).max(initial=0)),
        "step": step,
        "elements": [float(f"{x:.9g}") if value.dtype.kind == "f" else int(x) for x in flat[::step]],
    }


if __name__ == "__main__":
    model = onnx.load(sys.argv[1])
    expected = {}
    for rate, length in ((16000, 576), (8000, 288)):
        state = np.zeros((2, 1, 128))
        for sample in range(2):
            seen = {}
            inputs = {"input": signal(sample, length)[None], "state": state, "sr": np.array(rate)}
            _, state = run(model.graph, inputs, "", seen)
        expected[rate] = {key: note(value) for key, value in seen.items()}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.json")
    with open(path, "w") as file:
        for i, (rate, values) in enumerate(expected.items()):
            file.write(("{" if i == 0 else ",") + f'"{rate}":{{\n')
            file.write(",\n".join(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}"
                for key, value in values.items()) + "\n}")
        file.write("}\n")
