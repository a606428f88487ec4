using Toolkit.Formats.Runs;

namespace Toolkit.Viewer.Runs;

/// <summary>The first texts of a captured value and how often each occurs, with bounds on texts and their lengths.</summary>
/// <param name="First">The first texts: sample, place within the sample's value, text.</param>
/// <param name="Counts">The most frequent texts, most frequent first, equal ones by their first occurrence.</param>
/// <param name="Distinct">How many different texts were counted.</param>
/// <param name="Texts">How many texts were looked at.</param>
/// <param name="IsPartial">True where there are more than were looked at.</param>
internal sealed record TextSummary(
    IReadOnlyList<(long Sample, int Place, string Text)> First,
    IReadOnlyList<(string Text, long Count)> Counts,
    int Distinct,
    long Texts,
    bool IsPartial)
{
    private const int MostFirst = 200, MostCounts = 50, MostDistinct = 20_000, MostLength = 300;
    private const long MostTexts = 500_000;

    /// <summary>Reads a value's texts until a bound is reached.</summary>
    /// <param name="reader">The run.</param>
    /// <param name="tensor">A stored value of texts.</param>
    /// <exception cref="Formats.BadInputException">Its files are damaged.</exception>
    public static TextSummary Read(RunReader reader, TensorEntry tensor)
    {
        var first = new List<(long, int, string)>();
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var (texts, isPartial, sample, place) = (0L, false, -1L, 0);
        foreach (var row in reader.ReadRagged(tensor))
        {
            (sample, place) = (row.Sample, row.Sample == sample ? place : 0);
            foreach (var whole in row.Texts ?? [])
            {
                var text = whole.Length > MostLength ? whole[..MostLength] + "…" : whole;
                if (texts == MostTexts || (counts.Count == MostDistinct && !counts.ContainsKey(text)))
                {
                    isPartial = true;
                    break;
                }

                texts++;
                counts[text] = counts.GetValueOrDefault(text) + 1;
                if (first.Count < MostFirst)
                {
                    first.Add((row.Sample, place, text));
                }

                place++;
            }

            if (isPartial)
            {
                break;
            }
        }

        var most = counts.OrderByDescending(pair => pair.Value).Take(MostCounts).Select(pair => (pair.Key, pair.Value));
        return new(first, [.. most], counts.Count, texts, isPartial);
    }
}
