using Google.Protobuf;
using Toolkit.Formats.Onnx.Schema;

namespace Toolkit.Formats.Onnx;

/// <summary>Moves the raw data of large tensors out of a model into a file beside it.</summary>
internal static class ExternalDataWriter
{
    /// <summary>Every tensor starts at a page, so that readers may map it.</summary>
    private const int PageBytes = 4096;

    /// <summary>Writes <c>&lt;path&gt;.data</c> and returns a copy of the model that refers to it.</summary>
    public static ModelProto MoveOut(ModelProto model, string path, long fromBytes)
    {
        // A clone shares the immutable raw data: it costs no memory.
        var result = model.Clone();
        var location = Path.GetFileName(path) + ".data";
        AtomicFile.Write(path + ".data", stream =>
        {
            foreach (var tensor in OnnxTensors.All(result)
                .Where(tensor => tensor.HasRawData && tensor.RawData.Length >= fromBytes))
            {
                stream.Position = (stream.Position + PageBytes - 1) / PageBytes * PageBytes;
                var offset = stream.Position;
                tensor.RawData.WriteTo(stream);
                tensor.ExternalData.Clear();
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
                tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{offset}" });
                tensor.ExternalData.Add(
                    new StringStringEntryProto { Key = "length", Value = $"{tensor.RawData.Length}" });
                tensor.DataLocation = TensorProto.Types.DataLocation.External;
                tensor.ClearRawData();
            }
        });
        return result;
    }
}
