using Toolkit.Formats.Tables;
using Toolkit.Runtime;

namespace Toolkit.Capture.Inputs;

/// <summary>
/// Where samples come from. Any range of samples can be asked for at any time and is the same every time.
/// </summary>
public interface IInputSource : IDisposable
{
    /// <summary>As the command line gave it: a file, <c>group:S5</c>, <c>random:7:1000</c>.</summary>
    string Source { get; }

    /// <summary>
    /// SHA-256 of the values, lower-case hexadecimal; null where they follow from <see cref="Source"/> alone.
    /// </summary>
    string? Sha256 { get; }

    /// <summary>
    /// SHA-256 of the file of labels that ride along, lower-case hexadecimal; null where there is none.
    /// </summary>
    string? LabelsSha256 => null;

    /// <summary>How many samples there are.</summary>
    long Samples { get; }

    /// <summary>
    /// How many samples one run must take: null where any number is fine, 1 where the model's shapes hold one sample.
    /// </summary>
    int? FixedBatch { get; }

    /// <summary>The inputs of one run.</summary>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="samples">How many, at most what is left.</param>
    /// <returns>A value for every input that this source gives, by name.</returns>
    IReadOnlyDictionary<string, InputValue> Read(long firstSample, int samples);

    /// <summary>
    /// What is known of samples beside their values: columns of <c>samples</c>, without <c>sample_id</c>.
    /// </summary>
    /// <param name="firstSample">The first sample.</param>
    /// <param name="samples">How many.</param>
    /// <returns>Columns with one value per sample; may be none.</returns>
    IReadOnlyList<TableColumn> Describe(long firstSample, int samples);

    /// <summary>Closes the files that samples are read from; sources that have none open need not say so.</summary>
    void IDisposable.Dispose() => GC.SuppressFinalize(this);
}
