#!/usr/bin/python3
"""Writes the fixtures of this folder with Debian's python3-torch (1.13), python3-numpy and python3-h5py.

Run it here: /usr/bin/python3 make_fixtures.py. Beside each file it notes in expected.json what every tensor must be:
type, shape and the SHA-256 of its dense row-major little-endian bytes. The tests read the files and never run this script.
"""
import collections, hashlib, io, json, os, pickle, struct, tarfile, zipfile
import h5py, numpy as np, torch

torch.manual_seed(1)
rng = np.random.default_rng(1)
expected = {}


def bits(array):
    array = np.ascontiguousarray(array)
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def note(file, name, dtype, shape, raw):
    expected.setdefault(file, {})[name] = {
        "dtype": dtype, "shape": list(shape), "sha256": hashlib.sha256(raw).hexdigest()}


def note_torch(file, name, tensor):
    dtype = str(tensor.dtype).replace("torch.", "")
    plain = tensor.detach().contiguous().resolve_conj()
    raw = bits(plain.view(torch.int16).numpy()) if dtype == "bfloat16" else bits(plain.numpy())
    note(file, name, dtype, tensor.shape, raw)


def torch_tensors():
    base = torch.randn(4, 6)
    tensors = collections.OrderedDict()
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        tensors["t_" + str(dtype)[6:]] = torch.randn(3, 5).to(dtype)
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        low = 0 if dtype == torch.uint8 else -100
        tensors["t_" + str(dtype)[6:]] = torch.randint(low, 100, (7,), dtype=dtype)
    tensors["t_bool"] = torch.tensor([[True, False, True]])
    tensors["t_complex64"] = torch.randn(2, 3, dtype=torch.complex64)
    tensors["t_complex128"] = torch.randn(2, 2, dtype=torch.complex128)
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["empty_middle"] = torch.zeros(3, 0, 2)
    tensors["base"] = base
    tensors["row"] = base[2]
    tensors["column"] = base[:, 1]
    tensors["transposed"] = base.t()
    tensors["window"] = base[1:3, 2:5]
    tensors["repeated"] = torch.tensor([1.0, 2.0]).expand(3, 2)
    tensors["permuted"] = torch.randn(2, 3, 4).permute(2, 0, 1)
    tensors["channels_last"] = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    tensors["one_by_one"] = torch.randn(8)[3:4].view(1, 1)
    return tensors


def save(file, value, tensors, **options):
    torch.save(value, file, **options)
    for name, tensor in tensors.items():
        note_torch(file, name, tensor)


everything = torch_tensors()
save("torch_zip.pt", everything, everything)
save("torch_legacy.pt", everything, everything, _use_new_zipfile_serialization=False)
for protocol in (3, 4):
    save(f"torch_zip_protocol{protocol}.pt", everything, everything, pickle_protocol=protocol)
    save(f"torch_legacy_protocol{protocol}.pt", everything, everything, pickle_protocol=protocol,
         _use_new_zipfile_serialization=False)

# A training state: dictionaries and lists in each other, numbers between them, an optimiser.
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
optimizer = torch.optim.Adam(model.parameters())
model(torch.randn(5, 3)).sum().backward()
optimizer.step()
nested = {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict(),
          "history": [torch.arange(3), {"loss": torch.tensor([0.5])}, (torch.ones(2), "text", None)],
          "numbers": np.arange(6, dtype=np.float32).reshape(2, 3), 7: torch.zeros(1)}
names = {f"model.{k}": v for k, v in model.state_dict().items()}
for index, state in optimizer.state_dict()["state"].items():
    names.update({f"optimizer.state.{index}.{k}": v for k, v in state.items()})
names.update({"history.0": nested["history"][0], "history.1.loss": nested["history"][1]["loss"],
              "history.2.0": nested["history"][2][0], "numbers": torch.from_numpy(nested["numbers"]), "7": nested[7]})
save("torch_nested.pt", nested, names)

# A whole module: classes of torch that mean nothing here, with the same tensors inside.
save("torch_module.pt", model, model.state_dict())
save("torch_module_legacy.pt", model, model.state_dict(), _use_new_zipfile_serialization=False)

# TorchScript keeps parameters in data.pkl and constants in constants.pkl.
script = torch.jit.trace(torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)).eval(), torch.randn(1, 3))
torch.jit.save(script, "torchscript.pt")
for name, tensor in script.state_dict().items():
    note_torch("torchscript.pt", name, tensor)

# Sparse and quantised tensors are read as their parts.
coo = torch.sparse_coo_tensor(torch.tensor([[0, 2], [1, 0]]), torch.tensor([3.0, 4.0]), (3, 2))
csr = torch.tensor([[0.0, 1.0], [2.0, 0.0]]).to_sparse_csr()
affine = torch.quantize_per_tensor(torch.tensor([-1.0, 0.0, 2.0]), 0.1, 10, torch.quint8)
channels = torch.quantize_per_channel(torch.randn(2, 3), torch.tensor([0.1, 0.2], dtype=torch.float64), torch.tensor([0, 0]), 0, torch.qint8)
torch.save({"coo": coo, "csr": csr, "affine": affine, "channels": channels}, "torch_composite.pt")
for name, tensor in {
        "coo.indices": coo._indices(), "coo.values": coo._values(), "coo.size": torch.tensor([3, 2]),
        "csr.crow_indices": csr.crow_indices(), "csr.col_indices": csr.col_indices(), "csr.values": csr.values(), "csr.size": torch.tensor([2, 2]),
        "affine.int_repr": affine.int_repr(), "affine.scale": torch.tensor(affine.q_scale(), dtype=torch.float64),
        "affine.zero_point": torch.tensor(affine.q_zero_point()),
        "channels.int_repr": channels.int_repr(), "channels.scale": channels.q_per_channel_scales(),
        "channels.zero_point": channels.q_per_channel_zero_points(), "channels.axis": torch.tensor(0)}.items():
    note_torch("torch_composite.pt", name, tensor)


# The oldest format: nobody writes it any more, so it is put together here as torch reads it, and torch proves it below.
def old_tar(file, tensors):
    storages, members = io.BytesIO(), io.BytesIO()
    roots = {}
    for tensor in tensors.values():
        roots.setdefault(tensor.storage().data_ptr(), tensor)
    kinds = {torch.float32: "FloatStorage", torch.int64: "LongStorage", torch.uint8: "ByteStorage"}
    pickle.dump(len(roots), storages, protocol=2)
    keys = {}
    for number, (pointer, tensor) in enumerate(roots.items()):
        keys[pointer] = 1000 + number
        pickle.dump((1000 + number, "cpu", getattr(torch, kinds[tensor.dtype])), storages, protocol=2)
        storage = torch.tensor([], dtype=tensor.dtype).set_(tensor.storage())
        storages.write(struct.pack("<q", storage.numel()) + bits(storage.numpy()))
    pickle.dump([], storages, protocol=2)
    pickle.dump(len(tensors), members, protocol=2)
    for number, tensor in enumerate(tensors.values()):
        pickle.dump((number, keys[tensor.storage().data_ptr()], torch.FloatTensor), members, protocol=2)
        members.write(struct.pack("<i", tensor.dim()) + b"\0\0\0\0")
        members.write(struct.pack(f"<{tensor.dim()}q", *tensor.shape) + struct.pack(f"<{tensor.dim()}q", *tensor.stride()))
        members.write(struct.pack("<q", tensor.storage_offset()))

    class Reference:
        def __init__(self, number):
            self.number = number

    class Pickler(pickle._Pickler):
        def persistent_id(self, value):
            return str(value.number) if isinstance(value, Reference) else None

    body = io.BytesIO()
    Pickler(body, protocol=2).dump(collections.OrderedDict((name, Reference(i)) for i, name in enumerate(tensors)))
    with tarfile.open(file, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, stream in (("sys_info", io.BytesIO(pickle.dumps({"protocol_version": 1000}, protocol=2))),
                             ("storages", storages), ("tensors", members), ("pickle", body)):
            info = tarfile.TarInfo(name)
            info.size = len(stream.getvalue())
            tar.addfile(info, io.BytesIO(stream.getvalue()))


old = {k: everything[k] for k in ("t_float32", "t_int64", "t_uint8", "base", "row", "transposed", "window", "repeated")}
old_tar("torch_oldest.tar", old)
for name, tensor in torch.load("torch_oldest.tar").items():
    assert torch.equal(tensor, old[name]), name
    note_torch("torch_oldest.tar", name, tensor)

# numpy: every type, both byte orders, both layouts.
arrays = {}
for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "c8", "c16", "?"):
    plain = rng.integers(0, 2 if code == "?" else 100, (3, 4)).astype(code)
    arrays["little_" + code.replace("?", "bool")] = plain
    if plain.dtype.itemsize > 1:
        arrays["big_" + code] = plain.astype(plain.dtype.newbyteorder(">"))
    arrays["fortran_" + code.replace("?", "bool")] = np.asfortranarray(plain)
arrays["scalar"] = np.array(7.5)
arrays["empty"] = np.zeros((0, 3), np.int32)
arrays["cube_fortran"] = np.asfortranarray(rng.standard_normal((2, 3, 4)))
for file, write in (("numpy.npz", np.savez), ("numpy_compressed.npz", np.savez_compressed)):
    write(file, **arrays)
    for name, array in arrays.items():
        note(file, name, array.dtype.newbyteorder("=").name, array.shape, bits(array.astype(array.dtype.newbyteorder("<"))))
np.save("fortran.npy", arrays["cube_fortran"])
note("fortran.npy", "tensor", "float64", (2, 3, 4), bits(arrays["cube_fortran"]))
np.save("objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
for protocol in (0, 1, 2, 5):
    file = f"arrays_protocol{protocol}.pkl"
    with open(file, "wb") as stream:
        pickle.dump({"weights": [arrays["little_f4"], arrays["big_i4"]], "fortran": arrays["fortran_f8"], "scalar": np.float32(1.5)}, stream, protocol=protocol)
    for name, array in (("weights.0", arrays["little_f4"]), ("weights.1", arrays["big_i4"]), ("fortran", arrays["fortran_f8"]), ("scalar", np.array(1.5, np.float32))):
        note(file, name, array.dtype.newbyteorder("=").name, array.shape, bits(array.astype(array.dtype.newbyteorder("<"))))

# HDF5: a Keras weight file by hand, and every type, chunked and compressed too.
with h5py.File("keras_weights.h5", "w") as h5:
    h5.attrs["layer_names"] = [b"dense", b"bn"]
    for layer, shapes in (("dense", {"kernel:0": (3, 4), "bias:0": (4,)}), ("bn", {"gamma:0": (4,)})):
        group = h5.create_group(layer).create_group(layer)
        for name, shape in shapes.items():
            values = rng.standard_normal(shape).astype(np.float32)
            group[name] = values
            note("keras_weights.h5", f"{layer}/{layer}/{name}", "float32", shape, bits(values))
for libver in ("earliest", "latest"):
    file = f"types_{libver}.h5"
    with h5py.File(file, "w", libver=libver) as h5:
        for name, array in arrays.items():
            stored = np.ascontiguousarray(array) if array.ndim > 0 else array
            if array.size > 0 and array.ndim > 0 and name.startswith("little"):
                h5.create_dataset("chunked/" + name, data=stored, chunks=(2, 2), compression="gzip", shuffle=True)
                note(file, "chunked/" + name, array.dtype.newbyteorder("=").name, array.shape, bits(array))
            else:
                h5[name] = stored
                note(file, name, array.dtype.newbyteorder("=").name, array.shape, bits(stored.astype(stored.dtype.newbyteorder("<"))))

# Enumerations, of which one is h5py's bool; and groups of more than eight links, whose index is ordered by hashes.
names = [f"w{i}" for i in (3, 11, 0, 7, 2, 10, 1, 9, 4, 8)]
for libver in ("earliest", "latest"):
    file = f"names_{libver}.h5"
    with h5py.File(file, "w", libver=libver) as h5:
        h5["truth"] = np.array([True, False])
        for name, members, base in (("colour", {"RED": 0, "GREEN": 5}, ">i2"), ("flag", {"OFF": 0, "ON": 1}, "i1")):
            values = np.array(list(members.values()), dtype=base)
            h5.create_dataset(name, data=values, dtype=h5py.enum_dtype(members, basetype=base))
            note(file, name, np.dtype(base).newbyteorder("=").name, (2,), bits(values))
        note(file, "truth", "bool", (2,), bits(h5["truth"][()]))
        for group, is_tracked in (("made", True), ("named", False)):
            h5.create_group(group, track_order=is_tracked)
            for i, name in enumerate(names):
                h5[group][name] = np.array([i], np.float32)
                note(file, f"{group}/{name}", "float32", (1,), bits(np.array([i], np.float32)))

# Links and elements in other files must not be followed.
with h5py.File("external.h5", "w") as h5:
    h5["link"] = h5py.ExternalLink("keras_weights.h5", "/dense/dense/kernel:0")
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_external(b"expected.json", 0, 16)
    h5py.h5d.create(h5.id, b"outside", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((4,)), dcpl=plist)
    h5["soft"] = h5py.SoftLink("/inside")
    h5["inside"] = np.arange(4, dtype=np.float32)
    h5["texts"] = ["a", "b"]
    note("external.h5", "inside", "float32", (4,), bits(np.arange(4, dtype=np.float32)))

# Every index of chunks, holes, fill values and growth: (shape, largest shape, chunk, what is written, options).
layouts = {
    "tree": ((5, 7), None, (2, 3), np.s_[:], {}),
    "single": ((3, 4), None, (3, 4), np.s_[:], {}),
    "single_gzip": ((3, 4), None, (3, 4), np.s_[:], {"compression": "gzip"}),
    "fixed": ((5, 7), (9, 8), (2, 3), np.s_[:], {}),
    "fixed_gzip": ((5, 7), (5, 9), (2, 3), np.s_[:], {"compression": "gzip", "fletcher32": True}),
    "fixed_pages": ((3000,), None, (1,), np.s_[2100:2110], {"fillvalue": 7}),
    "extensible": ((40, 3), (None, 5), (2, 2), np.s_[:], {}),
    "extensible_second_axis": ((3, 41), (4, None), (2, 2), np.s_[:], {"compression": "lzf"}),
    "extensible_pages": ((9000,), (None,), (1,), np.s_[8500:8520], {"fillvalue": -3}),
    "extensible_holes": ((300,), (None,), (1,), np.s_[::7], {"fillvalue": 2.5}),
    "grows_both_ways": ((9, 11), (None, None), (2, 3), np.s_[:], {}),
    "grows_both_ways_lzf": ((30, 31), (None, None), (2, 3), np.s_[:], {"compression": "lzf", "shuffle": True}),
    "holes": ((6, 6), None, (2, 2), np.s_[2:4, 1:], {"fillvalue": 1.25}),
    "never_written": ((3, 3), None, None, None, {"fillvalue": 9}),
    "never_written_chunks": ((3, 3), None, (2, 2), None, {}),
    "big_endian_fill": ((4, 4), None, (2, 2), np.s_[0:2], {"fillvalue": 6.5, "dtype": ">f4"}),
}
for libver in ("earliest", "latest"):
    file = f"layouts_{libver}.h5"
    with h5py.File(file, "w", libver=libver) as h5:
        h5["committed"] = np.dtype("<f8")
        for name, (shape, largest, chunks, written, options) in layouts.items():
            data = h5.create_dataset(name, shape, maxshape=largest, chunks=chunks, **{"dtype": "<f4", **options})
            if written is not None:
                values = (np.arange(np.prod(shape)) % 1000 + 0.5).astype("f4").reshape(shape)
                data[written] = values[written]
        shrunk = h5.create_dataset("shrunk", (8, 4), maxshape=(None, 4), chunks=(2, 2), dtype="<i2")
        shrunk[:] = np.arange(32).reshape(8, 4)
        shrunk.resize((3, 4))
        dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        dcpl.set_layout(h5py.h5d.COMPACT)
        compact = h5py.Dataset(h5py.h5d.create(h5.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3,)), dcpl=dcpl))
        compact[:] = [1, 2, 3]
        early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        early.set_chunk((2, 2))
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        implicit = h5py.Dataset(h5py.h5d.create(h5.id, b"implicit", h5py.h5t.STD_I32BE, h5py.h5s.create_simple((3, 5), (4, 9)), dcpl=early))
        implicit[:] = np.arange(15).reshape(3, 5)
        typed = h5py.Dataset(h5py.h5d.create(h5.id, b"of_committed_type", h5["committed"].id, h5py.h5s.create_simple((2, 2))))
        typed[:] = [[1, 2], [3, 4]]
    with h5py.File(file, "r") as h5:
        for name in h5:
            if isinstance(h5[name], h5py.Dataset):
                array = h5[name][()]
                note(file, name, array.dtype.newbyteorder("=").name, array.shape, bits(array))

# What Keras 3 saves: a zip of a description and of the weights as HDF5.
with h5py.File("model.weights.h5", "w") as h5:
    h5["layers/dense/vars/0"] = np.arange(6, dtype=np.float32).reshape(2, 3)
    note("model.keras", "layers/dense/vars/0", "float32", (2, 3), bits(h5["layers/dense/vars/0"][()]))
with zipfile.ZipFile("model.keras", "w") as keras:
    keras.writestr(zipfile.ZipInfo("metadata.json"), json.dumps({"keras_version": "3.0.0"}))
    keras.writestr(zipfile.ZipInfo("config.json"), json.dumps({"class_name": "Sequential"}))
    keras.writestr(zipfile.ZipInfo("model.weights.h5"), open("model.weights.h5", "rb").read())
os.remove("model.weights.h5")

# Tensors in a plain pickle: each storage is a torch file of its own inside.
for protocol in (0, 2, 4):
    file = f"torch_in_pickle_protocol{protocol}.pkl"
    tensors = {"a": torch.arange(6.0).reshape(2, 3), "half": torch.tensor([1.5, -2.0]).half()}
    tensors["a_transposed"] = tensors["a"].t()
    with open(file, "wb") as stream:
        pickle.dump(tensors, stream, protocol=protocol)
    for name, tensor in tensors.items():
        note_torch(file, name, tensor)

# Keys that are no text, and a storage by itself.
numbers = torch.arange(3.0)
torch.save({b"bytes": numbers, ("pair", b"of", 2): numbers + 1, 2.5: numbers + 2, "storage": numbers.storage()}, "torch_keys.pt")
for i, name in enumerate(("bytes", "pair.of.2", "2.5")):
    note_torch("torch_keys.pt", name, numbers + i)

# A quantised module as TorchScript keeps its weights in packed parameters.
if "fbgemm" in torch.backends.quantized.supported_engines or "qnnpack" in torch.backends.quantized.supported_engines:
    torch.backends.quantized.engine = torch.backends.quantized.supported_engines[-1]
quantised = torch.quantization.quantize_dynamic(torch.nn.Sequential(torch.nn.Linear(4, 3)), {torch.nn.Linear}, dtype=torch.qint8)
torch.jit.save(torch.jit.script(quantised), "torchscript_quantised.pt")
weight, bias = quantised[0]._packed_params._weight_bias()
packed = "0._packed_params._packed_params"
note_torch("torchscript_quantised.pt", packed + ".0.int_repr", weight.int_repr())
note_torch("torchscript_quantised.pt", packed + ".0.scale", torch.tensor(weight.q_scale(), dtype=torch.float64))
note_torch("torchscript_quantised.pt", packed + ".0.zero_point", torch.tensor(weight.q_zero_point()))
note_torch("torchscript_quantised.pt", packed + ".1", bias)

# Seeds for the fuzz tests: safetensors by hand (Debian has no package of it), ONNX by python3-onnx, TorchSharp's table by hand.
small = {k: v for k, v in everything.items() if k in ("t_float32", "t_int64", "t_float16", "scalar", "empty")}
header, data = {"__metadata__": {"format": "pt"}}, b""
codes = {torch.float32: "F32", torch.int64: "I64", torch.float16: "F16"}
for name, tensor in small.items():
    raw = bits(tensor.numpy())
    header[name] = {"dtype": codes[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
    note_torch("all.safetensors", name, tensor)
text = json.dumps(header).encode()
open("all.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)


def leb(value):
    out = b""
    while True:
        value, low = value >> 7, value & 0x7F
        out += bytes([low | (0x80 if value else 0)])
        if not value:
            return out


numbers = {torch.float32: 6, torch.int64: 4, torch.float16: 5}
with open("all.dat", "wb") as stream:
    stream.write(leb(len(small)))
    for name, tensor in small.items():
        stream.write(leb(len(name)) + name.encode() + leb(numbers[tensor.dtype]) + leb(tensor.dim()))
        stream.write(b"".join(leb(n) for n in tensor.shape) + bits(tensor.numpy()))
        note_torch("all.dat", name, tensor)

import onnx
from onnx import TensorProto, helper, numpy_helper

initializers = [numpy_helper.from_array(tensor.numpy(), name) for name, tensor in small.items()]
for name, tensor in small.items():
    note_torch("all.onnx", name, tensor)
typed = {"typed_float": (TensorProto.FLOAT, np.array([[1.5, 2.5]], np.float32)), "typed_double": (TensorProto.DOUBLE, np.array([1e300])),
         "typed_int32": (TensorProto.INT32, np.array([-5, 7], np.int32)), "typed_int64": (TensorProto.INT64, np.array([1 << 40, -1])),
         "typed_uint64": (TensorProto.UINT64, np.array([1 << 63], np.uint64)), "typed_uint8": (TensorProto.UINT8, np.array([200], np.uint8)),
         "typed_int8": (TensorProto.INT8, np.array([-3], np.int8)), "typed_bool": (TensorProto.BOOL, np.array([True, False])),
         "typed_complex64": (TensorProto.COMPLEX64, np.array([1 + 2j], np.complex64)), "typed_uint32": (TensorProto.UINT32, np.array([4000000000], np.uint32))}
for name, (kind, array) in typed.items():
    initializers.append(helper.make_tensor(name, kind, array.shape, array.flatten().tolist()))
    note("all.onnx", name, array.dtype.name, array.shape, bits(array))
half = TensorProto(name="typed_half", data_type=TensorProto.FLOAT16, dims=[2], int32_data=np.array([1.5, -2], np.float16).view(np.uint16).tolist())
initializers.append(half)
note("all.onnx", "typed_half", "float16", (2,), bits(np.array([1.5, -2], np.float16)))
brain = TensorProto(name="typed_bfloat16", data_type=TensorProto.BFLOAT16, dims=[2], int32_data=[0x3FC0, 0xC000])
initializers.append(brain)
note("all.onnx", "typed_bfloat16", "bfloat16", (2,), struct.pack("<HH", 0x3FC0, 0xC000))
for name, kind, packed in (("packed_int4", 22, bytes([0x21, 0x03])), ("packed_uint4", 21, bytes([0xF1, 0x0E])), ("float8_e4m3fn", 17, bytes([1, 2, 3])), ("float8_e5m2", 19, bytes([4, 5, 6]))):
    initializers.append(TensorProto(name=name, data_type=kind, dims=[3], int32_data=list(packed)))
    note("all.onnx", name, {22: "int4", 21: "uint4", 17: "float8_e4m3fn", 19: "float8_e5m2"}[kind], (3,), packed)
inner = helper.make_graph([helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.arange(3.0), "c"))], "then", [], [helper.make_tensor_value_info("c", TensorProto.DOUBLE, [3])])
other = helper.make_graph([helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.arange(3.0) + 1, "c"))], "else", [], [helper.make_tensor_value_info("c", TensorProto.DOUBLE, [3])])
note("all.onnx", "c", "float64", (3,), bits(np.arange(3.0) + 1))  # attributes are sorted: else_branch comes first
note("all.onnx", "chosen.then_branch/c", "float64", (3,), bits(np.arange(3.0)))
nodes = [helper.make_node("Constant", [], ["k"], value_floats=[1.0, 2.0]), helper.make_node("Constant", [], ["i"], value_int=7),
         helper.make_node("If", ["flag"], ["chosen"], then_branch=inner, else_branch=other)]
note("all.onnx", "k", "float32", (2,), bits(np.array([1, 2], np.float32)))
note("all.onnx", "i", "int64", (), bits(np.array(7)))
graph = helper.make_graph(nodes, "all", [helper.make_tensor_value_info("flag", TensorProto.BOOL, [])],
                          [helper.make_tensor_value_info("chosen", TensorProto.DOUBLE, [3])], initializers)
onnx.save(helper.make_model(graph), "all.onnx")

json.dump(expected, open("expected.json", "w"), indent=1)

# Chains of layers for `inspect import --layers`: weights, description, and what torch computes.
torch.manual_seed(7)


def chain(name, module, layers, kind, shape, value):
    module.eval()
    torch.save(module.state_dict(), f"chain_{name}.pt")
    json.dump({"input": {"type": kind, "shape": shape}, "layers": layers}, open(f"chain_{name}.json", "w"), indent=1)
    with torch.no_grad():
        np.savez(f"chain_{name}.npz", input=value.numpy(), output=module(value).numpy())


chain("convolution",
      torch.nn.Sequential(torch.nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2), torch.nn.BatchNorm2d(6), torch.nn.GELU(), torch.nn.MaxPool2d(2),
                          torch.nn.Flatten(), torch.nn.Linear(24, 5), torch.nn.LayerNorm(5), torch.nn.Softmax(-1)),
      [{"kind": "conv", "name": "0", "stride": 2, "padding": 1, "groups": 2}, {"kind": "batch_norm", "name": "1"}, {"kind": "gelu"},
       {"kind": "max_pool", "kernel": 2}, {"kind": "flatten"}, {"kind": "linear", "name": "5"}, {"kind": "layer_norm", "name": "6"}, {"kind": "softmax"}],
      "float32", ["batch", 4, 8, 8], torch.randn(3, 4, 8, 8))


class Attend(torch.nn.Module):
    def __init__(self, causal):
        super().__init__()
        self.embed = torch.nn.Embedding(11, 8)
        self.attend = torch.nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = torch.nn.LayerNorm(8)
        self.out = torch.nn.Linear(8, 3)
        self.causal = causal

    def forward(self, tokens):
        x = self.embed(tokens)
        mask = torch.triu(torch.full((x.shape[1], x.shape[1]), float("-inf")), 1) if self.causal else None
        x = self.attend(x, x, x, attn_mask=mask, need_weights=False)[0]
        return torch.tanh(self.out(torch.nn.functional.silu(self.norm(x))))


for causal in (False, True):
    chain("causal" if causal else "attention", Attend(causal),
          [{"kind": "embedding", "name": "embed"}, {"kind": "attention", "name": "attend", "heads": 2, "causal": causal}, {"kind": "layer_norm", "name": "norm"},
           {"kind": "silu"}, {"kind": "linear", "name": "out"}, {"kind": "tanh"}],
          "int64", ["batch", "position"], torch.randint(0, 11, (3, 5)))

torch.manual_seed(8)


class RmsNorm(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.rand(width) + 0.5)

    def forward(self, x):
        return x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt() * self.weight


further = torch.nn.Sequential(
    torch.nn.Conv2d(3, 6, 3, padding=1), torch.nn.GroupNorm(2, 6), torch.nn.PReLU(6), torch.nn.AvgPool2d(3, 2, 1), torch.nn.MaxPool2d(3, 2, ceil_mode=True),
    torch.nn.ReLU6(), torch.nn.Flatten(), torch.nn.Linear(54, 8), torch.nn.Hardswish(), RmsNorm(8), torch.nn.ELU(0.5), torch.nn.GELU(approximate="tanh"),
    torch.nn.Dropout(), torch.nn.PReLU(), torch.nn.LogSoftmax(-1))
with torch.no_grad():
    further[1].weight.uniform_(0.5, 1.5)
    further[1].bias.normal_()
    further[2].weight.uniform_(0.1, 0.9)
chain("further", further,
      [{"kind": "conv", "name": "0", "padding": 1}, {"kind": "group_norm", "name": "1", "groups": 2}, {"kind": "prelu", "name": "2"},
       {"kind": "average_pool", "kernel": 3, "stride": 2, "padding": 1}, {"kind": "max_pool", "kernel": 3, "stride": 2, "ceil": True}, {"kind": "relu6"},
       {"kind": "flatten"}, {"kind": "linear", "name": "7"}, {"kind": "hard_swish"}, {"kind": "rms_norm", "name": "9"}, {"kind": "elu", "alpha": 0.5},
       {"kind": "gelu", "tanh": True}, {"kind": "dropout"}, {"kind": "prelu", "name": "13"}, {"kind": "log_softmax"}],
      "float32", ["batch", 3, 11, 11], torch.randn(3, 3, 11, 11))
