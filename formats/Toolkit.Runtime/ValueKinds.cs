using Microsoft.ML.OnnxRuntime;

namespace Toolkit.Runtime;

/// <summary>The runtime's kinds of values as ours.</summary>
internal static class ValueKinds
{
    public static ValueKind Of(OnnxValueType type) => type switch
    {
        OnnxValueType.ONNX_TYPE_TENSOR => ValueKind.Tensor,
        OnnxValueType.ONNX_TYPE_SEQUENCE => ValueKind.Sequence,
        OnnxValueType.ONNX_TYPE_MAP => ValueKind.Map,
        OnnxValueType.ONNX_TYPE_OPTIONAL => ValueKind.Optional,
        OnnxValueType.ONNX_TYPE_SPARSETENSOR => ValueKind.SparseTensor,
        _ => ValueKind.Opaque,
    };
}
