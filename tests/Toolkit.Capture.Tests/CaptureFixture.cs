using Toolkit.Capture.Inputs;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Tests;

/// <summary>A model and its samples in a folder, and captures of them.</summary>
internal sealed class CaptureFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CaptureFixture(ModelProto model, params (string Name, HostTensor Values)[] arrays)
    {
        OnnxModelFile.Save(model, ModelPath);
        NpzWriter.Write(InputsPath, arrays.Select(a => KeyValuePair.Create(a.Name, a.Values)));
    }

    public string ModelPath => _folder["model.onnx"];

    public string InputsPath => _folder["inputs.npz"];

    public string this[string name] => _folder[name];

    public CaptureOptions Options(string run) => new()
    {
        ModelPath = ModelPath,
        Folder = this[run],
        Inputs = inputs => InputSources.Open(new InputOptions { Source = InputsPath }, inputs),
        Time = new FixedTime(),
    };

    public RunReader Capture(string run, Func<CaptureOptions, CaptureOptions>? change = null)
    {
        CaptureOnly(change is null ? Options(run) : change(Options(run)));
        return RunReader.Open(this[run]);
    }

    public static void CaptureOnly(
        CaptureOptions options, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        using var preparation = CapturePreparation.Create(options);
        Task.Run(() => CaptureSession.RunAsync(preparation, progress, cancellation), CancellationToken.None)
            .GetAwaiter()
            .GetResult();
    }

    /// <summary>What ONNX Runtime itself gives for a range of samples.</summary>
    public byte[] Expect(string value, long first, int samples, int batch)
    {
        using var preparation = CapturePreparation.Create(Options("never") with { Batch = batch });
        var bytes = new List<byte>();
        for (var at = first; at < first + samples; at += batch)
        {
            using var result = preparation.Engine.Run(
                preparation.Source.Read(at, (int)Math.Min(batch, first + samples - at)),
                preparation.Exposed.OutputNames);
            bytes.AddRange(result[preparation.Exposed.Outputs.First(o => o.Value.Key == value).OutputName].Bytes);
        }

        return [.. bytes];
    }

    public static HostTensor Normals(params long[] shape)
    {
        var random = new Random(11);
        var tensor = new TensorShape(shape);
        var values = new float[tensor.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(
                2 * Math.PI * random.NextDouble()));
        }

        return HostTensor.Float32(tensor, values);
    }

    /// <summary>Every file of a run with its bytes, by relative name.</summary>
    public SortedDictionary<string, string> Files(string run) => new(
        Directory.EnumerateFiles(this[run], "*", SearchOption.AllDirectories)
            .ToDictionary(
                p => Path.GetRelativePath(this[run], p),
                p => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(p)))),
        StringComparer.Ordinal);

    public void Dispose() => _folder.Dispose();

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }
}

/// <summary>Samples that end the process's work at a chosen batch, as a crash would.</summary>
internal sealed class FailingInputs(IInputSource inner, long failAt) : IInputSource
{
    public string Source => inner.Source;

    public string? Sha256 => inner.Sha256;

    public string? LabelsSha256 => inner.LabelsSha256;

    public long Samples => inner.Samples;

    public int? FixedBatch => inner.FixedBatch;

    public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples) =>
        firstSample > 0
            && firstSample >= failAt ? throw new IOException("the lights went out") : inner.Read(firstSample, samples);

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) => inner.Describe(firstSample, samples);
}
