using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Toolkit.Runtime.Observation;

/// <summary>
/// The few functions of ONNX Runtime's C interface that its .NET package does not pass on: those of operators of one's
/// own. The table of functions only ever grows at its end, so an index holds for every later version.
/// </summary>
/// <remarks>Source: onnxruntime_c_api.h, struct OrtApi; the indices are counted from its first member.</remarks>
internal static unsafe partial class OrtApi
{
    /// <summary>The version of the interface that we are written against: ONNX Runtime 1.17.</summary>
    public const uint Version = 17;

    private static readonly nint* Table = Open();

    public static nint CreateStatus(string message)
    {
        var text = Marshal.StringToCoTaskMemUTF8(message);
        try
        {
            const int fail = 1;
            return ((delegate* unmanaged<int, nint, nint>)Table[0])(fail, text);
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    public static nint CreateDomain(string name)
    {
        var text = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            nint domain;
            Check(((delegate* unmanaged<nint, nint*, nint>)Table[26])(text, &domain));
            return domain;
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    public static void AddOperator(nint domain, void* customOperator) =>
        Check(((delegate* unmanaged<nint, void*, nint>)Table[27])(domain, customOperator));

    public static void AddDomain(SessionOptions options, nint domain) =>
        Check(((delegate* unmanaged<nint, nint, nint>)Table[28])(options.DangerousGetHandle(), domain));

    public static void ReleaseDomain(nint domain) => ((delegate* unmanaged<nint, void>)Table[101])(domain);

    public static long IntegerAttribute(nint kernelInfo, byte* name)
    {
        long value;
        Check(((delegate* unmanaged<nint, byte*, long*, nint>)Table[86])(kernelInfo, name, &value));
        return value;
    }

    public static nint Input(nint context, nuint index)
    {
        nint value;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)Table[90])(context, index, &value));
        return value;
    }

    public static nint Output(nint context, nuint index, ReadOnlySpan<long> shape)
    {
        nint value;
        fixed (long* extents = shape)
        {
            Check(((delegate* unmanaged<nint, nuint, long*, nuint, nint*, nint>)Table[91])(
                context, index, extents, (nuint)shape.Length, &value));
        }

        return value;
    }

    public static nint Data(nint value)
    {
        nint address;
        Check(((delegate* unmanaged<nint, nint*, nint>)Table[51])(value, &address));
        return address;
    }

    /// <summary>The element type, as ONNX numbers it, and the extents of a tensor.</summary>
    public static (int Type, long[] Extents) TypeAndShape(nint value)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)Table[65])(value, &info));
        try
        {
            int type;
            nuint rank;
            Check(((delegate* unmanaged<nint, int*, nint>)Table[60])(info, &type));
            Check(((delegate* unmanaged<nint, nuint*, nint>)Table[61])(info, &rank));
            var extents = new long[(int)rank];
            fixed (long* first = extents)
            {
                Check(((delegate* unmanaged<nint, long*, nuint, nint>)Table[62])(info, first, rank));
            }

            return (type, extents);
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)Table[99])(info);
        }
    }

    private static void Check(nint status)
    {
        if (status == 0)
        {
            return;
        }

        var message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)Table[2])(status));
        ((delegate* unmanaged<nint, void>)Table[93])(status);
        throw new InvalidOperationException(message);
    }

    [LibraryImport("onnxruntime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial nint* OrtGetApiBase();

    private static nint* Open()
    {
        // The package loads the library first, from where it knows it to be.
        _ = OrtEnv.Instance();
        return (nint*)((delegate* unmanaged<uint, nint>)(*OrtGetApiBase()))(Version);
    }
}
