using System.Runtime.InteropServices;
using Toolkit.Formats.Checkpoints.Scanning;
using Toolkit.Formats.Checkpoints.Sources;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Checkpoints.Onnx;

/// <summary>
/// An ONNX model seen as a checkpoint: initializers by their names and Constant nodes by the names of their outputs, in
/// every nested graph. Only descriptions are read; elements stay in the file (or in the files beside it).
/// </summary>
internal sealed class OnnxFormat : ICheckpointFormat
{
    private const int TextLimit = 1 << 16;

    public bool Recognises(ByteSource source)
    {
        if (source.Length < 8)
        {
            return false;
        }

        // ModelProto: a graph (7), and beside it only fields that ONNX has.
        var hasGraph = false;
        try
        {
            var model = new WireReader(new BufferedByteSource(source), 0, source.Length, source.Name);
            for (var fields = 0; model.Next() && fields < 10_000; fields++)
            {
                if (model.Field is not ((>= 1 and <= 8) or 14 or 20 or 25 or 26)
                    || (model.Field is 7 && model.WireType != 2))
                {
                    return false;
                }

                hasGraph |= model.Field == 7;
            }
        }
        catch (BadInputException)
        {
            return hasGraph;
        }

        return hasGraph;
    }

    public CheckpointContent Read(ByteSource source, CheckpointLimits limits, ScanLog scan)
    {
        scan.Format = "ONNX";
        var content = new CheckpointContent(source.Name, limits);
        var reader = new Walk(source, content, limits);
        var model = new WireReader(new BufferedByteSource(source), 0, source.Length, source.Name);
        while (model.Next())
        {
            switch (model.Field)
            {
                case 1:
                    content.Metadata["ir_version"] = model.Value.ToString(
                        System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case 2:
                    content.Metadata["producer_name"] = model.Text(TextLimit);
                    break;
                case 7:
                    reader.Graph(model.Message(), string.Empty, depth: 0);
                    break;
                case 25:
                    reader.Function(model.Message());
                    break;
            }
        }

        return content;
    }

    private sealed class Walk(ByteSource source, CheckpointContent content, CheckpointLimits limits)
    {
        private readonly OnnxExternalFiles _files = new(source, content);
        private readonly Dictionary<string, int> _repeated = new(StringComparer.Ordinal);
        private readonly HashSet<string> _names = new(StringComparer.Ordinal);

        public void Graph(WireReader graph, string scope, int depth)
        {
            if (depth > limits.MaxDepth)
            {
                throw new BadInputException($"{source.Name}: graphs are nested deeper than {limits.MaxDepth}.");
            }

            while (graph.Next())
            {
                if (graph.Field == 1)
                {
                    Node(graph.Message(), scope, depth);
                }
                else if (graph.Field == 5)
                {
                    var tensor = OnnxTensorTable.Read(graph.Message(), limits);
                    tensor.AddTo(content, Name(tensor.Name, scope), source, _files);
                }
                else if (graph.Field == 15)
                {
                    Sparse(graph.Message(), name: null, scope);
                }
            }
        }

        public void Function(WireReader function)
        {
            while (function.Next())
            {
                if (function.Field == 7)
                {
                    Node(function.Message(), "function", depth: 1);
                }
            }
        }

        private void Node(WireReader node, string scope, int depth)
        {
            var output = string.Empty;
            var operation = string.Empty;
            var attributes = new List<WireReader>();
            while (node.Next())
            {
                switch (node.Field)
                {
                    case 2 when output.Length == 0:
                        output = node.Text(TextLimit);
                        break;
                    case 4:
                        operation = node.Text(TextLimit);
                        break;
                    case 5:
                        attributes.Add(node.Message());
                        break;
                }
            }

            foreach (var attribute in attributes)
            {
                Attribute(attribute, operation == "Constant", output, scope, depth);
            }
        }

        private void Attribute(WireReader attribute, bool isConstant, string output, string scope, int depth)
        {
            var name = string.Empty;
            var graphs = new List<WireReader>();
            var floats = new List<float>();
            var integers = new List<long>();
            while (attribute.Next())
            {
                switch (attribute.Field)
                {
                    case 1:
                        name = attribute.Text(TextLimit);
                        break;
                    case 5 when isConstant:
                        OnnxTensorTable.Read(attribute.Message(), limits).AddTo(
                            content, Name(output, scope), source, _files);
                        break;
                    case 22 when isConstant:
                        Sparse(attribute.Message(), output, scope);
                        break;
                    case 2 when isConstant:
                        floats.Add(BitConverter.UInt32BitsToSingle((uint)attribute.Value));
                        break;
                    case 3 when isConstant:
                        integers.Add((long)attribute.Value);
                        break;
                    case 7 when isConstant && attribute.WireType == 2:
                        floats.AddRange(
                            MemoryMarshal.Cast<byte, float>(source.ReadBytes(attribute.Start, attribute.Length)));
                        break;
                    case 7 when isConstant:
                        floats.Add(BitConverter.UInt32BitsToSingle((uint)attribute.Value));
                        break;
                    case 8 when isConstant:
                        attribute.AddVarints(integers, int.MaxValue);
                        break;
                    case 6 or 11:
                        graphs.Add(attribute.Message());
                        break;
                }
            }

            switch (name)
            {
                case "value_float" or "value_floats" when isConstant:
                    AddNumbers(output, scope, ElementType.Float32, name == "value_floats", CollectionsMarshal.AsSpan(
                        floats));
                    break;
                case "value_int" or "value_ints" when isConstant:
                    AddNumbers(output, scope, ElementType.Int64, name == "value_ints", CollectionsMarshal.AsSpan(
                        integers));
                    break;
            }

            foreach (var graph in graphs)
            {
                Graph(graph, $"{output}.{name}", depth + 1);
            }
        }

        private void AddNumbers<T>(string output, string scope, ElementType type, bool isList, Span<T> numbers)
            where T : unmanaged
        {
            if (!isList && numbers.Length != 1)
            {
                return;
            }

            var bytes = MemoryMarshal.AsBytes(numbers).ToArray();
            var name = Name(output, scope);
            content.Add(new CheckpointTensor(
                name, type, isList ? new TensorShape(numbers.Length) : default, new LoadedStorage(
                    name, bytes.Length, () => bytes)));
        }

        private void Sparse(WireReader sparse, string? name, string scope)
        {
            OnnxTensorTable? values = null;
            OnnxTensorTable? indices = null;
            while (sparse.Next())
            {
                if (sparse.Field == 1)
                {
                    values = OnnxTensorTable.Read(sparse.Message(), limits);
                }
                else if (sparse.Field == 2)
                {
                    indices = OnnxTensorTable.Read(sparse.Message(), limits);
                }
            }

            var stem = name ?? values?.Name ?? string.Empty;
            values?.AddTo(content, Name($"{stem}.values", scope), source, _files);
            indices?.AddTo(content, Name($"{stem}.indices", scope), source, _files);
        }

        /// <summary>The plain name where it is free, else with the branch or loop body that it stands in.</summary>
        private string Name(string name, string scope)
        {
            var unique = name.Length == 0 ? "tensor" : name;
            if (!_names.Add(unique))
            {
                var stem = scope.Length == 0 ? unique : $"{scope}/{unique}";
                unique = stem;
                while (!_names.Add(unique))
                {
                    var number = _repeated.GetValueOrDefault(stem, 1) + 1;
                    _repeated[stem] = number;
                    unique = $"{stem}#{number}";
                }
            }

            return unique;
        }
    }
}
