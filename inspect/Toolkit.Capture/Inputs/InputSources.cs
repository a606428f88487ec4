using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>Opens sources of samples by what the command line says.</summary>
public static class InputSources
{
    /// <summary>More random samples than any machine runs; far enough from the largest number to count with.</summary>
    private const long MostSamples = 1_000_000_000_000_000;

    /// <summary>The column of a run's samples that the run itself writes.</summary>
    private const string SampleId = "sample_id";

    /// <summary>Opens a source.</summary>
    /// <param name="options">The source and how samples are made of it.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="own">The source itself, where the caller knows it and only options of it are left to apply.</param>
    /// <returns>The samples.</returns>
    /// <exception cref="BadInputException">There is no such source, or it does not fit the inputs.</exception>
    public static IInputSource Open(
        InputOptions options, IReadOnlyList<ValueDescription> inputs, IInputSource? own = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(inputs);
        var source = options.Source;
        if (options.Ranges.Count > 0 && !source.StartsWith("random:", StringComparison.Ordinal))
        {
            throw new BadInputException(
                $"{source}: --range {options.Ranges.Keys.First()}: ranges are for random:SEED:N; these samples have "
                    + "values of their own.");
        }

        var opened = own is not null ? own
            : source.StartsWith("random:", StringComparison.Ordinal) ? OpenRandom(options, inputs)
            : Directory.Exists(source)
                || source.EndsWith(".pb", StringComparison.OrdinalIgnoreCase) ? OpenOnnx(source, inputs)
            : source.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? OpenParquet(options, inputs)
            : OpenArrays(options, inputs);
        try
        {
            return options.Labels is { } labels ? new LabelledInputs(opened, labels, options.Log) : opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private static RandomInputs OpenRandom(InputOptions options, IReadOnlyList<ValueDescription> inputs)
    {
        var parts = options.Source.Split(':');
        if (parts.Length != 3
            || !long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var samples)
            || samples is <= 0 or > MostSamples)
        {
            throw new BadInputException(
                $"'{options.Source}': random samples are written random:SEED:N, for example random:1:1000, with "
                    + $"N from 1 to {MostSamples}.");
        }

        var source = new RandomInputs(
            options.Source,
            seed,
            samples,
            inputs,
            SampleAxes.Of(inputs, options.SampleAxes),
            options.Dimensions,
            options.Ranges,
            options.Optional);
        if (source.OpenDimensions.Distinct(StringComparer.Ordinal).ToList() is { Count: > 0 } open)
        {
            options.Log?.Invoke(
                $"{options.Source}: extents that the model leaves open are 1: "
                    + $"{HostileText.List(open, ArrayInputs.MostNames)} (--dim {HostileText.OneLine(open[0])}=8 says "
                    + "otherwise).");
        }

        return source;
    }

    private static ArrayInputs OpenArrays(InputOptions options, IReadOnlyList<ValueDescription> inputs)
    {
        CheckExists(options.Source);
        var checkpoint = Checkpoint.Open(options.Source);
        try
        {
            var wanted = inputs.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
            CheckpointTensor[] taken =
            [
                .. checkpoint.Tensors.Where(
                    t => wanted.Contains(t.Name) || (checkpoint.Tensors.Length == 1 && inputs.Count == 1)),
            ];
            string[] held = [.. checkpoint.Tensors.Select(static t => t.Name)];
            var source = new ArrayInputs(
                options.Source,
                Hash(checkpoint, taken),
                taken.ToDictionary(
                    t => t.Name,
                    ArraySource (t) => new StoredArray(options.Source, checkpoint, t),
                    StringComparer.Ordinal),
                inputs,
                SampleAxes.Of(inputs, options.SampleAxes),
                optional: options.Optional,
                held: held);
            if (taken is [var only] && !wanted.Contains(only.Name) && checkpoint.Format != "npy")
            {
                options.Log?.Invoke(
                    $"{options.Source}: its only array, {HostileText.Quote(only.Name)}, is taken for the only input, "
                        + $"{HostileText.Quote(inputs[0].Name)}.");
            }

            LogUnread(options, "not read", [.. held.Except(taken.Select(static t => t.Name))], wanted);
            return source;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static ArrayInputs OpenParquet(InputOptions options, IReadOnlyList<ValueDescription> inputs)
    {
        CheckExists(options.Source);
        var wanted = inputs.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        string[] needed, others, unread;
        bool hasIds;
        using (var file = ParquetRows.Open(options.Source))
        {
            needed = [.. file.Columns.Concat(file.LeftOut).Where(wanted.Contains)];
            others = [.. file.Columns.Where(name => name != SampleId && !wanted.Contains(name))];
            hasIds = file.Columns.Contains(SampleId) && !wanted.Contains(SampleId);
            unread = [.. file.LeftOut.Where(name => !wanted.Contains(name))];
        }

        // Inputs and the columns that ride along are read at different times, and each one row group at a time.
        var rows = needed.Length == 0 ? null : ParquetRows.Open(options.Source, needed);
        var beside = others.Length == 0 ? null : ParquetRows.Open(options.Source, others);
        try
        {
            foreach (var _ in beside?.ReadGroups() ?? [])
            {
                // A damaged column is found before the capture begins.
            }

            var axes = SampleAxes.Of(inputs, options.SampleAxes);

            // The other columns ride along: the whole file is what a capture must find again.
            var source = new ArrayInputs(
                options.Source,
                FileHash.Sha256(options.Source),
                ColumnArray.Open(options.Source, rows, inputs, axes),
                inputs,
                axes,
                beside,
                options.Optional,
                [.. needed, .. others, .. unread]);
            LogUnread(options, "not read for their type", unread, wanted);
            if (hasIds)
            {
                options.Log?.Invoke(
                    $"{options.Source}: the column 'sample_id' is not kept, for a run numbers its samples itself. "
                        + "Rename it to keep it.");
            }

            return source;
        }
        catch
        {
            rows?.Dispose();
            beside?.Dispose();
            throw;
        }
    }

    private static void LogUnread(
        InputOptions options, string what, IReadOnlyList<string> unread, IReadOnlySet<string> wanted)
    {
        if (unread.Count > 0)
        {
            options.Log?.Invoke(
                $"{options.Source}: no input of the model, and {what}: "
                    + $"{HostileText.List(unread, ArrayInputs.MostNames)}. Inputs are: "
                    + $"{HostileText.List(wanted, ArrayInputs.MostNames)}.");
        }
    }

    /// <summary>
    /// ONNX tensors are the inputs of one run, whole: <c>input_0.pb</c>, <c>input_1.pb</c> … in the order of the
    /// model's inputs, or by name.
    /// </summary>
    private static WholeInputs OpenOnnx(string source, IReadOnlyList<ValueDescription> inputs)
    {
        string[] files = Directory.Exists(source)
            ? [.. Directory.EnumerateFiles(source, "input_*.pb").OrderBy(p => p.Length).ThenBy(
                p => p, StringComparer.Ordinal)]
            : [source];
        if (files.Length == 0)
        {
            throw new BadInputException($"{source}: the folder holds no input_0.pb, input_1.pb … of ONNX tensors.");
        }

        var values = new Dictionary<string, InputValue>(StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < files.Length; i++)
        {
            CheckExists(files[i]);
            var bytes = File.ReadAllBytes(files[i]);
            hash.AppendData(bytes);
            var byPlace = i < inputs.Count ? inputs[i] : null;
            var (name, value) = OnnxInput.Parse(bytes, files[i], byPlace);
            var input = inputs.FirstOrDefault(candidate => candidate.Name == name) ?? byPlace
                ?? throw new BadInputException(
                    $"{files[i]}: '{name}' is not an input of the model. It has: "
                        + $"{string.Join(", ", inputs.Select(n => n.Name))}.");
            values[input.Name] = value;
        }

        return new WholeInputs(source, Convert.ToHexStringLower(hash.GetHashAndReset()), values);
    }

    private static void CheckExists(string path)
    {
        if (!File.Exists(path))
        {
            throw new BadInputException(
                $"'{path}': there is no such file. Samples come from .npz, .npy, .safetensors, .parquet, ONNX .pb "
                    + "tensors, random:SEED:N or group:NAME.");
        }
    }

    private static string Hash(Checkpoint checkpoint, IEnumerable<CheckpointTensor> arrays)
    {
        using var hash = new HashStream();
        foreach (var array in arrays.OrderBy(static array => array.Name, StringComparer.Ordinal))
        {
            hash.Write(Encoding.UTF8.GetBytes($"{array.Name} {array.Type} {array.Shape}\n"));
            checkpoint.CopyTo(array, hash);
        }

        return hash.Finish();
    }
}
