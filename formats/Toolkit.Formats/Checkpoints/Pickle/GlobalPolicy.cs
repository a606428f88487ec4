using System.Collections.Frozen;
using Toolkit.Formats.Checkpoints.Scanning;

namespace Toolkit.Formats.Checkpoints.Pickle;

/// <summary>
/// What is known about names of code in pickles. The reader resolves none of them; this is only the report's judgement.
/// </summary>
/// <remarks>
/// The dangerous ones are what published attacks use: everything in Python's standard library and in the common
/// numerical packages that starts a process, opens a file or socket, imports, evaluates, loads another pickle, or
/// reaches attributes by name.
/// </remarks>
internal static class GlobalPolicy
{
    private static readonly FrozenSet<string> Safe = new[]
    {
        "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "collections.deque",
        "builtins.dict", "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.int", "builtins.float",
        "builtins.bool", "builtins.complex", "builtins.str", "builtins.bytes", "builtins.bytearray", "builtins.slice", "builtins.range",
        "builtins.object", "_codecs.encode", "copyreg._reconstructor", "copy_reg._reconstructor",
        "datetime.datetime", "datetime.date", "datetime.timedelta", "datetime.timezone", "decimal.Decimal", "fractions.Fraction",
        "argparse.Namespace", "types.SimpleNamespace", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath", "uuid.UUID",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_sparse_tensor",
        "torch._utils._rebuild_sparse_csr_tensor", "torch._utils._rebuild_qtensor", "torch._utils._rebuild_nested_tensor",
        "torch._utils._rebuild_meta_tensor_no_storage", "torch._utils._rebuild_device_tensor_from_numpy",
        "torch._tensor._rebuild_from_type_v2", "torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
        "torch.Size", "torch.device", "torch.storage.UntypedStorage", "torch.storage.TypedStorage", "torch.storage._UntypedStorage",
        "torch.storage._TypedStorage", "torch.serialization._get_layout", "torch._C._TensorBase", "torch._C.Generator",
        "torch.storage._load_from_bytes", // The torch file inside is scanned as well; see TorchCalls.
        "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
        "torch.jit._pickle.build_tensorlist", "torch.jit._pickle.build_tensor_from_id", "torch.jit._pickle.restore_type_tag",
        "numpy.ndarray", "numpy.dtype", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer",
        "numpy.random._pickle.__randomstate_ctor", "numpy.random._pickle.__generator_ctor", "numpy.random._pickle.__bit_generator_ctor",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> TorchTypes = new[]
    {
        "FloatStorage", "DoubleStorage", "HalfStorage", "BFloat16Storage", "ByteStorage", "CharStorage", "ShortStorage", "IntStorage",
        "LongStorage", "BoolStorage", "ComplexFloatStorage", "ComplexDoubleStorage", "QUInt8Storage", "QInt8Storage", "QInt32Storage",
        "QUInt4x2Storage", "QUInt2x4Storage", "FloatTensor", "DoubleTensor", "HalfTensor", "BFloat16Tensor", "ByteTensor", "CharTensor",
        "ShortTensor", "IntTensor", "LongTensor", "BoolTensor", "float32", "float", "float64", "double", "float16", "half", "bfloat16",
        "uint8", "int8", "int16", "short", "int32", "int", "int64", "long", "bool", "complex32", "complex64", "complex128", "cfloat",
        "cdouble", "uint16", "uint32", "uint64", "quint8", "qint8", "qint32", "quint4x2", "quint2x4", "float8_e4m3fn", "float8_e5m2",
        "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "per_tensor_affine", "per_channel_affine",
        "per_channel_affine_float_qparams", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "strided", "contiguous_format",
        "channels_last", "preserve_format",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> DangerousModules = new[]
    {
        "os", "posix", "nt", "ntpath", "posixpath", "sys", "subprocess", "_posixsubprocess", "pty", "shutil", "socket", "_socket", "ssl", "select", "selectors",
        "socketserver", "http", "urllib", "urllib2", "ftplib", "smtplib", "poplib", "imaplib", "nntplib", "telnetlib", "xmlrpc", "webbrowser", "requests",
        "httpx", "aiohttp", "paramiko", "asyncio", "multiprocessing", "_winapi", "threading", "_thread", "concurrent", "sched", "signal", "ctypes", "_ctypes",
        "cffi", "mmap", "importlib", "imp", "_imp", "_frozen_importlib", "_frozen_importlib_external", "zipimport", "pkgutil", "runpy", "code", "codeop", "_codeop",
        "compileall", "py_compile", "bdb", "pdb", "cProfile", "profile", "_lsprof", "trace", "timeit", "doctest", "unittest", "pydoc", "inspect",
        "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "dbm", "sqlite3", "_sqlite3", "linecache", "fileinput", "glob",
        "tempfile", "io", "_io", "codecs", "tarfile", "zipfile", "gzip", "bz2", "lzma", "logging", "commands", "popen2", "platform", "site", "sysconfig",
        "distutils", "setuptools", "pip", "ensurepip", "venv", "idlelib", "lib2to3", "turtledemo", "antigravity", "this", "gc", "weakref", "atexit", "faulthandler",
        "rlcompleter", "readline", "cmd", "test", "tkinter", "nose", "pytest", "_pytest", "jinja2", "yaml", "IPython", "fsspec", "cgi", "cgitb", "wsgiref", "msilib",
        "winreg", "_winreg", "mailcap", "netrc", "getpass", "pwd", "grp", "spwd", "crypt", "termios", "tty", "fcntl", "resource", "syslog", "curses", "ptyprocess",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> DangerousNames = new[]
    {
        "builtins.eval", "builtins.exec", "builtins.compile", "builtins.execfile", "builtins.open", "builtins.file", "builtins.__import__", "builtins.getattr",
        "builtins.setattr", "builtins.delattr", "builtins.apply", "builtins.input", "builtins.raw_input", "builtins.breakpoint", "builtins.globals",
        "builtins.locals", "builtins.vars", "builtins.map", "builtins.filter", "builtins.reduce", "builtins.type", "builtins.memoryview", "builtins.help",
        "builtins.exit", "builtins.quit", "builtins.reload", "builtins.super", "builtins.classmethod", "builtins.staticmethod", "builtins.property",
        "operator.attrgetter", "operator.methodcaller", "operator.itemgetter", "operator.call", "_operator.attrgetter", "_operator.methodcaller",
        "_operator.itemgetter", "_operator.call", "functools.partial", "functools.reduce", "functools.partialmethod", "functools.singledispatch",
        "_functools.partial", "_functools.reduce", "types.FunctionType", "types.CodeType", "types.LambdaType", "types.MethodType", "types.ModuleType",
        "types.GeneratorType", "types.DynamicClassAttribute", "copyreg.add_extension", "copyreg.dispatch_table", "copyreg.pickle",
        "torch.load", "torch.hub.load", "torch.serialization.load", "torch.ops.load_library", "torch.classes.load_library",
        "torch.package.PackageImporter", "torch.compile", "numpy.load", "numpy.fromfile", "numpy.memmap", "numpy.save", "numpy.savez", "numpy.genfromtxt", "numpy.loadtxt",
        "pandas.eval", "pandas.read_pickle", "pandas.io.pickle.read_pickle", "pandas.core.computation.eval.eval", "itertools.starmap",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly string[] DangerousPrefixes =
    [
        "torch.utils.collect_env", "torch.utils.cpp_extension", "torch.utils.data.", "torch.utils.bottleneck", "torch.utils._", "torch.utils.show_pickle",
        "torch.utils.model_dump", "torch.utils.bundled_inputs", "torch.utils.file_baton", "torch.hub.", "torch.jit._script.", "torch.jit.load", "torch._dynamo", "torch._inductor", "torch.fx.", "torch.package.", "torch.distributed.",
        "torch.multiprocessing", "torch.testing.", "torch._ops.", "torch.backends.", "torch._utils_internal", "torch._export.", "torch.cuda.nvrtc",
        "numpy.testing", "numpy.distutils", "numpy.f2py", "numpy.lib.npyio", "numpy.ma.testutils", "scipy.io", "sklearn.externals", "pandas.io", "tensorflow.io",
        "onnx.external_data_helper",
    ];

    /// <summary>Judges a name by itself; that it is called adds nothing, for a load resolves it in any case.</summary>
    public static (ScanVerdict Verdict, string Reason) Judge(string module, string name)
    {
        var plainModule = module == "__builtin__" ? "builtins" : module;
        var full = $"{plainModule}.{name}";
        if (Safe.Contains(full) || IsSafeFamily(plainModule, name))
        {
            return (ScanVerdict.Safe, "Builds data only; here it is rebuilt without the code.");
        }

        if (name.Contains('.', StringComparison.Ordinal)
            && !plainModule.StartsWith("__torch__", StringComparison.Ordinal))
        {
            return (
                ScanVerdict.Dangerous,
                "Reaches into a module by a path of attributes, the usual way around lists of names.");
        }

        if (name.StartsWith("__", StringComparison.Ordinal))
        {
            return (ScanVerdict.Dangerous, "A special attribute of Python, through which any code can be reached.");
        }

        var top = plainModule.Split('.', 2)[0];
        if (DangerousNames.Contains(full) || DangerousModules.Contains(top)
            || Array.Exists(DangerousPrefixes, prefix => full.StartsWith(prefix, StringComparison.Ordinal)))
        {
            return (
                ScanVerdict.Dangerous, "Can run commands or code, reach files or the network, or load another pickle.");
        }

        return (
            ScanVerdict.Unknown,
            "Code that is not known here; loading it in Python would import and run it. It was not run.");
    }

    private static bool IsSafeFamily(string module, string name) => module switch
    {
        "torch" or "torch.cuda" or "torch.sparse" => TorchTypes.Contains(name),
        "numpy" => name.EndsWith("DType", StringComparison.Ordinal)
            || name is "float32" or "float64" or "int64" or "int32" or "bool_" or "float16",
        "numpy.dtypes" => name.EndsWith("DType", StringComparison.Ordinal),

        // The classes of a TorchScript archive are described in the archive itself and mean nothing outside of
        // libtorch's interpreter.
        _ => module == "__torch__" || module.StartsWith("__torch__.", StringComparison.Ordinal),
    };
}
