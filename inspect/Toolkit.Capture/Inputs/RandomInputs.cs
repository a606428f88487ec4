using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Toolkit.Capture.Interventions;
using Toolkit.Capture.Planning;
using Toolkit.Formats;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// Samples from a seed: floats are standard normal, integers are from 0 to 9 unless a range is given, truth values are
/// even. Every sample has a generator of its own, so that sample 7 is the same in every batch, shard and program run.
/// </summary>
internal sealed class RandomInputs : IInputSource
{
    private const int DefaultLargest = 9;
    private readonly long _seed;
    private readonly List<(ValueDescription Input, long[] SampleShape, int? Axis)> _inputs = [];
    private readonly List<string> _open = [];
    private readonly IReadOnlyDictionary<string, (long Low, long High)> _ranges;

    /// <summary>Prepares samples.</summary>
    /// <param name="source">What messages call it.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="samples">How many.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="axes">Which axis of each counts samples.</param>
    /// <param name="dimensions">Extents of symbolic dimensions by name.</param>
    /// <param name="ranges">Smallest and largest integer, by input name.</param>
    /// <param name="skip">Inputs that come from elsewhere.</param>
    public RandomInputs(
        string source,
        long seed,
        long samples,
        IReadOnlyList<ValueDescription> inputs,
        SampleAxes axes,
        IReadOnlyDictionary<string, long> dimensions,
        IReadOnlyDictionary<string, (long Low, long High)> ranges,
        IReadOnlySet<string> skip)
    {
        Source = source;
        _seed = seed;
        Samples = samples;
        _ranges = ranges;
        CheckRanges(source, inputs, ranges);
        var isBatched = false;
        var isSingle = false;
        foreach (var input in inputs.Where(i => !skip.Contains(i.Name)))
        {
            if (input.Kind != ValueKind.Tensor
                || input.Type is ElementType.Text or ElementType.Undefined
                || input.Dimensions is not { } declared)
            {
                throw new BadInputException(
                    $"{source}: input '{input.Name}' ({input.Kind}, {ArrayInputs.Describe(input)}) cannot be made at "
                        + "random. Give arrays instead.");
            }

            // An axis of extent 1 that counts samples holds one.
            var axis = axes[input.Name] is { } found && declared[found].Extent is null ? found : (int?)null;
            isBatched |= axis is not null;
            isSingle |= axis is null;
            var rest = declared.Select((d, i) => i == axis ? 1 : Extent(input, i, d, dimensions))
                .Where((_, i) => i != axis)
                .ToArray();
            if (axis is { } counting && declared[counting].Name is { } symbol
                && declared.Where((d, i) => i != axis).Any(d => d.Name == symbol))
            {
                throw new BadInputException(
                    $"{source}: input '{input.Name}' repeats its batch dimension '{symbol}'. Give arrays instead.");
            }

            _inputs.Add((input, rest, axis));
        }

        // Shapes without an axis for samples hold one: so every run takes one sample.
        FixedBatch = !isBatched || isSingle ? 1 : null;
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', _inputs.Select(i =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{i.Input.Name} {i.Input.Type} [{string.Join(',', i.SampleShape)}] {Range(i.Input)}")
                + (i.Axis > 0 ? $" along {i.Axis}" : ""))
                .Prepend(source)))));
    }

    public string Source { get; }

    /// <summary>
    /// The hash of what the values follow from, so that a capture does not go on with other extents or ranges.
    /// </summary>
    public string? Sha256 { get; }

    public long Samples { get; }

    public int? FixedBatch { get; }

    /// <summary>
    /// Dimensions that neither the model nor an option gives an extent, which are 1, as options name them.
    /// </summary>
    public IReadOnlyList<string> OpenDimensions => _open;

    public IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples)
    {
        var values = new Dictionary<string, InputValue>(StringComparer.Ordinal);
        for (var index = 0; index < _inputs.Count; index++)
        {
            var (input, sampleShape, axis) = _inputs[index];
            long[] extents = axis is null ? sampleShape : [samples, .. sampleShape];
            if (extents.Aggregate((double)input.Type.SizeBytes(1), static (size, extent) => size * extent) > Array.MaxLength)
            {
                throw new BadInputException(
                    $"{Source}: input {HostileText.Quote(input.Name)}, [{string.Join(", ", extents)}] for a batch of "
                        + $"{samples}, takes more than 2 GiB. Give smaller extents (--dim) or a smaller --batch.");
            }

            var shape = new TensorShape(extents);
            var bytes = new byte[input.Type.SizeBytes(shape.Count)];
            var perSample = bytes.Length / Math.Max(samples, 1);
            for (var s = 0; s < samples; s++)
            {
                var generator = new Generator(_seed, firstSample + s, index);
                Fill(input, generator, bytes.AsSpan(s * perSample, perSample));
            }

            var tensor = new HostTensor(input.Type, shape, bytes);
            values.Add(input.Name, axis is { } along ? Patch.Along(tensor, along) : tensor);
        }

        return values;
    }

    public IReadOnlyList<TableColumn> Describe(long firstSample, int samples) => [];

    private long Extent(
        ValueDescription input, int axis, Dimension dimension, IReadOnlyDictionary<string, long> extents)
    {
        if (DimensionNames.ExtentOf(input.Name, axis, dimension, extents) is { } extent)
        {
            return extent;
        }

        _open.Add(dimension.Name ?? $"{input.Name}.{axis}");
        return 1;
    }

    private static void CheckRanges(
        string source,
        IReadOnlyList<ValueDescription> inputs,
        IReadOnlyDictionary<string, (long Low, long High)> ranges)
    {
        foreach (var name in ranges.Keys)
        {
            if (inputs.FirstOrDefault(i => i.Name == name) is not { } input)
            {
                throw new BadInputException(
                    $"{source}: --range {name}: the model has no such "
                        + $"input.{NearestName.Hint(name, inputs.Select(i => i.Name))} It has: "
                        + $"{string.Join(", ", inputs.Select(i => i.Name))}.");
            }

            if (input.Type is ElementType.Float32
                or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Boolean)
            {
                throw new BadInputException(
                    $"{source}: --range {name}: the input is {ArrayInputs.Describe(input)}; ranges are for integers.");
            }
        }
    }

    private (long Low, long High) Range(ValueDescription input) =>
        _ranges.GetValueOrDefault(input.Name, (0, DefaultLargest));

    private void Fill(ValueDescription input, Generator generator, Span<byte> bytes)
    {
        var (low, high) = Range(input);
        switch (input.Type)
        {
            case ElementType.Float32:
                foreach (ref var value in MemoryMarshal.Cast<byte, float>(bytes))
                {
                    value = (float)generator.Normal();
                }

                break;
            case ElementType.Float64:
                foreach (ref var value in MemoryMarshal.Cast<byte, double>(bytes))
                {
                    value = generator.Normal();
                }

                break;
            case ElementType.Float16:
                foreach (ref var value in MemoryMarshal.Cast<byte, Half>(bytes))
                {
                    value = (Half)generator.Normal();
                }

                break;
            case ElementType.BFloat16:
                foreach (ref var value in MemoryMarshal.Cast<byte, ushort>(bytes))
                {
                    value = (ushort)(BitConverter.SingleToUInt32Bits((float)generator.Normal()) >> 16);
                }

                break;
            case ElementType.Boolean:
                foreach (ref var value in bytes)
                {
                    value = (byte)(generator.Next() >> 63);
                }

                break;
            default:
                FillIntegers(input, generator, low, high, bytes);
                break;
        }
    }

    private void FillIntegers(ValueDescription input, Generator generator, long low, long high, Span<byte> bytes)
    {
        var width = input.Type.SizeBits() / 8;
        if (width is not (1 or 2 or 4 or 8) || input.Type is ElementType.Complex64 or ElementType.Complex128)
        {
            throw new BadInputException(
                $"{Source}: {input.Type.DisplayName()} values for input '{input.Name}' cannot be made at random. "
                    + "Give arrays instead.");
        }

        bytes.Clear();
        for (var at = 0; at < bytes.Length; at += width)
        {
            var value = unchecked((ulong)low + (generator.Next() % ((ulong)(high - low) + 1)));
            for (var b = 0; b < width; b++)
            {
                bytes[at + b] = (byte)(value >> (8 * b));
            }
        }
    }

    /// <summary>
    /// SplitMix64 over seed, sample and input. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
    /// generators" (2014).
    /// </summary>
    private sealed class Generator(long seed, long sample, int input)
    {
        private ulong _state =
            Mix(Mix((ulong)seed + 0x9E3779B97F4A7C15) ^ (ulong)sample) ^ (0xBF58476D1CE4E5B9 * (ulong)(input + 1));

        public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

        /// <summary>Box and Muller's method.</summary>
        public double Normal()
        {
            var u = ((Next() >> 11) + 1) * (1.0 / (1L << 53));
            var v = (Next() >> 11) * (1.0 / (1L << 53));
            return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
        }

        private static ulong Mix(ulong z)
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
