using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tensors;
using Toolkit.Models.Networks;
using Toolkit.Runtime;
using Toolkit.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Train.Export;

/// <summary>
/// Exports a network and proves the file: ONNX Runtime and Torch run on the same pairs, and every named value is
/// compared. The file gets its final name only where all agree.
/// </summary>
/// <param name="tolerance">The largest allowed difference of a value, as a share of the value's largest magnitude.
/// Default of the program: 1e-4.</param>
internal sealed class ExportProof(double tolerance)
{
    // All pairs of a group of 127 elements; larger groups are proved on as many, evenly spaced.
    private const int MaximumPairs = 16_384;
    private const int BatchPairs = 2_048;

    /// <summary>Exports and proves.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="metadata">What the file says about itself.</param>
    /// <param name="path">The final path.</param>
    /// <returns>How closely the file agrees.</returns>
    /// <exception cref="ExportFailedException">A value differs by more than the tolerance.</exception>
    public ExportProofResult ExportProved(
        GroupNetwork network, TorchParameters parameters, ModelMetadata metadata, string path)
    {
        var model = GroupNetworkExport.ToOnnx(network, parameters.ToHost(), metadata);
        var temporary = Path.Combine(
            Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}{AtomicFile.TemporarySuffix}");
        try
        {
            OnnxModelFile.Save(model, temporary);
            var result = Prove(network, parameters, OnnxModelFile.Load(temporary), path);
            File.Move(temporary, path, overwrite: true);
            return result;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Compares a model with the network.</summary>
    internal ExportProofResult Prove(GroupNetwork network, TorchParameters parameters, ModelProto model, string path)
    {
        using var quiet = no_grad();
        using var all = NewDisposeScope();
        var total = (long)network.Order * network.Order;
        var pairs = (int)Math.Min(total, MaximumPairs);
        var device = parameters.Trained[0].device;
        InferenceEngine? engine = null;
        Dictionary<string, (double Difference, double Magnitude)> found = new(StringComparer.Ordinal);
        try
        {
            for (var start = 0; start < pairs; start += BatchPairs)
            {
                var count = Math.Min(BatchPairs, pairs - start);
                long[] a = new long[count], b = new long[count];
                for (var i = 0; i < count; i++)
                {
                    (a[i], b[i]) = Math.DivRem((start + i) * total / pairs, network.Order);
                }

                using var scope = NewDisposeScope();
                Dictionary<string, Tensor> trace = new(StringComparer.Ordinal);
                network.Forward(
                    new TorchTensorOps(parameters.All, trace), torch.tensor(a).to(device), torch.tensor(b).to(device));
                engine ??= InferenceEngine.Open(Expose(model, trace.Keys), path);
                using var result = engine.Run(new Dictionary<string, InputValue>(StringComparer.Ordinal)
                {
                    [GroupNetwork.InputA] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(count), a),
                    [GroupNetwork.InputB] = HostTensor.Create<long>(ElementType.Int64, new TensorShape(count), b),
                });
                foreach (var (name, expected) in trace)
                {
                    var (difference, magnitude) = Compare(expected, result[name], name, path);
                    var before = found.GetValueOrDefault(name);
                    found[name] = (Math.Max(before.Difference, difference), Math.Max(before.Magnitude, magnitude));
                }
            }
        }
        finally
        {
            engine?.Dispose();
        }

        var faults = found.Where(value => !(value.Value.Difference <= tolerance * value.Value.Magnitude)).ToList();
        if (faults.Count > 0)
        {
            var (name, (difference, magnitude)) = faults.MaxBy(fault => fault.Value.Difference / fault.Value.Magnitude);
            throw new ExportFailedException(
                $"{path}: not written: {faults.Count} of {found.Count} values differ between Torch and ONNX Runtime, "
                    + $"'{name}' the most: "
                + $"{difference:G3} at a largest magnitude of {magnitude:G3}, over the tolerance of {tolerance:G3}.");
        }

        return new ExportProofResult(
            found.Values.Max(value => value.Difference),
            found.Values.Max(value => value.Magnitude == 0 ? 0 : value.Difference / value.Magnitude),
            found.Count,
            pairs);
    }

    private static ModelProto Expose(ModelProto model, IEnumerable<string> names)
    {
        var exposed = model.Clone();
        foreach (var name in names.Where(name => exposed.Graph.Output.All(output => output.Name != name)))
        {
            exposed.Graph.Output.Add(new ValueInfoProto { Name = name });
        }

        return exposed;
    }

    private static (double Difference, double Magnitude) Compare(
        Tensor expected, NativeValue found, string name, string path)
    {
        var host = TorchParameters.ToHost(expected);
        if (host.Shape != found.Shape || host.Type != found.Type)
        {
            throw new ExportFailedException(
                $"{path}: not written: '{name}' is {host.Type.DisplayName()} {host.Shape} in Torch and "
                    + $"{found.Type.DisplayName()} {found.Shape} in ONNX Runtime.");
        }

        if (host.Type != ElementType.Float32)
        {
            return (host.Bytes.Span.SequenceEqual(found.Bytes) ? 0 : double.PositiveInfinity, 0);
        }

        double difference = 0, magnitude = 0;
        ReadOnlySpan<float> left = host.AsSpan<float>(), right = found.AsSpan<float>();
        for (var i = 0; i < left.Length; i++)
        {
            // NaN on either side must count as different: Math.Max keeps it.
            difference = Math.Max(difference, Math.Abs((double)left[i] - right[i]));
            magnitude = Math.Max(magnitude, Math.Abs((double)left[i]));
        }

        return (difference, magnitude);
    }
}
