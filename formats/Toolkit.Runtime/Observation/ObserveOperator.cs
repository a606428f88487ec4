using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;

namespace Toolkit.Runtime.Observation;

/// <summary>
/// An operator of our own that shows its input to an observer and gives next to nothing: statistics of a value are
/// taken where the value is, in the middle of a run, and it is freed as in the plain model.
/// </summary>
public sealed unsafe class ObserveOperator : IDisposable
{
    /// <summary>The operator's domain.</summary>
    public const string Domain = "toolkit.observe";

    /// <summary>The operator's name.</summary>
    public const string OpType = "Observe";

    /// <summary>Any type of tensor, for ONNX Runtime.</summary>
    private const int AnyType = 0;

    private const int Required = 0;
    private const int Optional = 1;

    private readonly TensorObserver _observer;
    private readonly GCHandle _self;
    private CustomOperator* _operator;
    private nint _domain;
    private ExceptionDispatchInfo? _failure;

    internal ObserveOperator(TensorObserver observer)
    {
        _observer = observer;
        _self = GCHandle.Alloc(this);
        _operator = (CustomOperator*)NativeMemory.AllocZeroed((nuint)sizeof(CustomOperator));
        *_operator = new CustomOperator
        {
            Version = OrtApi.Version,
            GetName = &GetName,
            GetProvider = &GetProvider,
            GetInputType = &GetInputType,
            GetInputCount = &GetInputCount,
            GetOutputType = &GetOutputType,
            GetOutputCount = &GetOutputCount,
            DestroyKernel = &DestroyKernel,
            GetInputCharacteristic = &GetInputCharacteristic,
            GetOutputCharacteristic = &GetZero,
            GetInputMemoryType = &GetZero,
            GetVariadicInputMinArity = &GetOne,
            GetVariadicInputHomogeneity = &GetOne,
            GetVariadicOutputMinArity = &GetOne,
            GetVariadicOutputHomogeneity = &GetOne,
            CreateKernelV2 = &CreateKernel,
            ComputeV2 = &Compute,
            GetStartVersion = &GetOne,
            GetEndVersion = &GetLastVersion,
            Observation = GCHandle.ToIntPtr(_self),
        };
        _domain = OrtApi.CreateDomain(Domain);
        OrtApi.AddOperator(_domain, _operator);
    }

    /// <summary>A node that shows a value to the observer.</summary>
    /// <param name="input">The value.</param>
    /// <param name="output">A fresh name for the node's own, empty result.</param>
    /// <param name="id">The number that the observer gets.</param>
    /// <param name="after">The result of a node that is to come before; null for none.</param>
    /// <returns>The node; the model must import <see cref="Domain"/>, see <see cref="Import"/>.</returns>
    public static NodeProto Node(string input, string output, long id, string? after = null) => new()
    {
        Domain = Domain,
        OpType = OpType,
        Name = output,
        Input = { after is null ? [input] : [input, after] },
        Output = { output },
        Attribute = { new AttributeProto { Name = "id", Type = AttributeProto.Types.AttributeType.Int, I = id } },
    };

    /// <summary>Lets a model use the operator.</summary>
    /// <param name="model">The model.</param>
    public static void Import(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.OpsetImport.All(static set => set.Domain != Domain))
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = Domain, Version = 1 });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_operator is null)
        {
            return;
        }

        OrtApi.ReleaseDomain(_domain);
        NativeMemory.Free(_operator);
        _self.Free();
        _domain = 0;
        _operator = null;
    }

    internal void Register(SessionOptions options) => OrtApi.AddDomain(options, _domain);

    /// <summary>Throws what the observer threw during the last run, unchanged.</summary>
    internal void ThrowFailure() => Interlocked.Exchange(ref _failure, null)?.Throw();

    [UnmanagedCallersOnly]
    private static byte* GetName(CustomOperator* op) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference("Observe\0"u8));

    [UnmanagedCallersOnly]
    private static byte* GetProvider(CustomOperator* op) => null;

    /// <summary>What is shown, and what came before.</summary>
    [UnmanagedCallersOnly]
    private static nuint GetInputCount(CustomOperator* op) => 2;

    [UnmanagedCallersOnly]
    private static int GetInputCharacteristic(CustomOperator* op, nuint index) => index == 0 ? Required : Optional;

    [UnmanagedCallersOnly]
    private static int GetInputType(CustomOperator* op, nuint index) =>
        index == 0 ? AnyType : (int)ElementType.Boolean;

    [UnmanagedCallersOnly]
    private static int GetOutputType(CustomOperator* op, nuint index) => (int)ElementType.Boolean;

    [UnmanagedCallersOnly]
    private static nuint GetOutputCount(CustomOperator* op) => 1;

    [UnmanagedCallersOnly]
    private static int GetZero(CustomOperator* op, nuint index) => 0;

    [UnmanagedCallersOnly]
    private static int GetOne(CustomOperator* op) => 1;

    [UnmanagedCallersOnly]
    private static int GetLastVersion(CustomOperator* op) => int.MaxValue;

    [UnmanagedCallersOnly]
    private static void DestroyKernel(nint kernel) => GCHandle.FromIntPtr(kernel).Free();

    [UnmanagedCallersOnly]
    private static nint CreateKernel(CustomOperator* op, nint api, nint info, nint* kernel)
    {
        try
        {
            var id = OrtApi.IntegerAttribute(info, (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference("id\0"u8)));
            var owner = (ObserveOperator)GCHandle.FromIntPtr(op->Observation).Target!;
            *kernel = GCHandle.ToIntPtr(GCHandle.Alloc(new Kernel(owner, id)));
            return 0;
        }
#pragma warning disable CA1031 // Nothing may be thrown into native code: it would end the process.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return OrtApi.CreateStatus(failure.Message);
        }
    }

    [UnmanagedCallersOnly]
    private static nint Compute(nint kernel, nint context)
    {
        Kernel? self = null;
        try
        {
            self = (Kernel)GCHandle.FromIntPtr(kernel).Target!;
            var value = OrtApi.Input(context, 0);
            var (type, extents) = OrtApi.TypeAndShape(value);
            var shape = new TensorShape(extents);
            var address = (ElementType)type == ElementType.Text || shape.Count == 0 ? 0 : OrtApi.Data(value);
            self.Owner._observer(self.Id, new ObservedTensor((ElementType)type, shape, address));
            OrtApi.Output(context, 0, [0]);
            return 0;
        }
#pragma warning disable CA1031 // Nothing may be thrown into native code: it would end the process. Run throws it again.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (self is not null)
            {
                self.Owner._failure = ExceptionDispatchInfo.Capture(failure);
            }

            return OrtApi.CreateStatus(failure.Message);
        }
    }

    private sealed record Kernel(ObserveOperator Owner, long Id);
}
