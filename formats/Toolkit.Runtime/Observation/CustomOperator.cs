using System.Runtime.InteropServices;

namespace Toolkit.Runtime.Observation;

/// <summary>
/// An operator as ONNX Runtime wants it described: struct OrtCustomOp of its C interface, version 17.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CustomOperator
{
    public uint Version;
    public nint CreateKernel;
    public delegate* unmanaged<CustomOperator*, byte*> GetName;
    public delegate* unmanaged<CustomOperator*, byte*> GetProvider;
    public delegate* unmanaged<CustomOperator*, nuint, int> GetInputType;
    public delegate* unmanaged<CustomOperator*, nuint> GetInputCount;
    public delegate* unmanaged<CustomOperator*, nuint, int> GetOutputType;
    public delegate* unmanaged<CustomOperator*, nuint> GetOutputCount;
    public nint Compute;
    public delegate* unmanaged<nint, void> DestroyKernel;
    public delegate* unmanaged<CustomOperator*, nuint, int> GetInputCharacteristic;
    public delegate* unmanaged<CustomOperator*, nuint, int> GetOutputCharacteristic;
    public delegate* unmanaged<CustomOperator*, nuint, int> GetInputMemoryType;
    public delegate* unmanaged<CustomOperator*, int> GetVariadicInputMinArity;
    public delegate* unmanaged<CustomOperator*, int> GetVariadicInputHomogeneity;
    public delegate* unmanaged<CustomOperator*, int> GetVariadicOutputMinArity;
    public delegate* unmanaged<CustomOperator*, int> GetVariadicOutputHomogeneity;
    public delegate* unmanaged<CustomOperator*, nint, nint, nint*, nint> CreateKernelV2;
    public delegate* unmanaged<nint, nint, nint> ComputeV2;
    public nint InferShape;
    public delegate* unmanaged<CustomOperator*, int> GetStartVersion;
    public delegate* unmanaged<CustomOperator*, int> GetEndVersion;

    /// <summary>Later members; never read at our version.</summary>
    public nint GetMayInplace;
    public nint ReleaseMayInplace;
    public nint GetAliasMap;
    public nint ReleaseAliasMap;

    /// <summary>Ours: who looks.</summary>
    public nint Observation;
}
