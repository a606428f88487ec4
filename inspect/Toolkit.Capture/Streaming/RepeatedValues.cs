using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Toolkit.Capture.Comparison;
using Toolkit.Capture.Planning;
using Toolkit.Capture.Probes;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tensors;
using Toolkit.Runtime.Observation;

namespace Toolkit.Capture.Streaming;

/// <summary>
/// How much the values of a batch differ when it runs again, measured where they are computed: the first run's values
/// lie in a file of the run directory, so that no memory holds them. Values are float32, or float64 where that cannot
/// hold their type.
/// </summary>
/// <param name="path">The file; it is deleted in the end.</param>
/// <param name="times">How often a batch runs again, at least 1.</param>
internal sealed class RepeatedValues(string path, int times) : IDisposable
{
    private const int PieceElements = 1 << 16;

    private readonly TensorMeasure _measure = new();
    private readonly Dictionary<PlannedValue, Shown> _values = new(ReferenceEqualityComparer.Instance);
    private readonly byte[] _piece = new byte[PieceElements * sizeof(double)];
    private readonly SafeFileHandle _file = File.OpenHandle(
        path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);

    private bool _runsAgain;
    private long _end;

    /// <summary>Keeps a value of the first run, or compares it in a later one.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tensor">What it is now.</param>
    /// <returns>Whether it is the first run.</returns>
    public bool Observe(PlannedValue value, ObservedTensor tensor)
    {
        ref var shown = ref CollectionsMarshal.GetValueRefOrAddDefault(_values, value, out _);
        shown ??= new Shown();
        if (_runsAgain)
        {
            Compare(shown, tensor);
            return false;
        }

        shown.First.Add((_end, tensor.Type, tensor.Shape));
        for (var start = 0L; start < tensor.Shape.Count; start += PieceElements)
        {
            var bytes = Piece(tensor, start, out _);
            RandomAccess.Write(_file, bytes, _end);
            _end += bytes.Length;
        }

        return true;
    }

    /// <summary>Runs the batch again, and forgets it.</summary>
    /// <param name="segment">Takes the noise of each value.</param>
    /// <param name="entries">The values by key.</param>
    /// <param name="again">Runs the batch once more.</param>
    public void Measure(RunSegment segment, IReadOnlyDictionary<string, TensorEntry> entries, Action again)
    {
        _runsAgain = true;
        for (var time = 0; time < times; time++)
        {
            again();
            foreach (var (value, shown) in _values)
            {
                var sums = shown.Take();
                segment.AddNoise(new NoiseRecord(
                    entries[value.Key].Id, sums.Largest, sums.SquaredError / times, sums.SquaredReference / times));
            }
        }

        _values.Clear();
        (_runsAgain, _end) = (false, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Compare(Shown shown, ObservedTensor tensor)
    {
        if (shown.Next() is not var (at, type, shape) || type != tensor.Type || shape != tensor.Shape)
        {
            shown.Sums.AddIncomparable();
            return;
        }

        for (var start = 0L; start < tensor.Shape.Count; start += PieceElements)
        {
            var bytes = Piece(tensor, start, out var element);
            var before = _piece.AsSpan(0, bytes.Length);
            for (var read = 0; read < before.Length;)
            {
                var count = RandomAccess.Read(_file, before[read..], at + read);
                read += count > 0 ? count : throw new EndOfStreamException($"{path} was cut while it was in use.");
            }

            shown.Sums.Add(element, before, bytes);
            at += bytes.Length;
        }
    }

    private ReadOnlySpan<byte> Piece(ObservedTensor tensor, long start, out ElementType type) =>
        _measure.Elements(tensor, start, (int)Math.Min(PieceElements, tensor.Shape.Count - start), out type);

    /// <summary>What the first run showed of a value, once per iteration of a loop; how a later run differs.</summary>
    private sealed class Shown
    {
        private int _next;

        public List<(long Offset, ElementType Type, TensorShape Shape)> First { get; } = [];

        public ErrorSums Sums { get; private set; } = new();

        /// <summary>What belongs to the next that the later run shows; null where the first showed no more.</summary>
        public (long Offset, ElementType Type, TensorShape Shape)? Next() =>
            _next++ < First.Count ? First[_next - 1] : null;

        /// <summary>How the later run differs, which has ended.</summary>
        public ErrorSums Take()
        {
            var sums = Sums;
            if (_next != First.Count)
            {
                sums.AddIncomparable();
            }

            (Sums, _next) = (new ErrorSums(), 0);
            return sums;
        }
    }
}
