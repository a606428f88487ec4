using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.AccuracyBound;

/// <summary>The unembedding split into what no answer depends on, its one-dimensional parts, and the rest.</summary>
internal sealed class UnembedParts
{
    public UnembedParts(IrrepTable irreps, HostMatrix unembed)
    {
        var (m, n) = (unembed.Rows, unembed.Columns);
        Characters = [.. irreps
            .Where(irrep => irrep.Dimension == 1 && !irrep.IsTrivial)
            .Select(irrep => irrep.Characters())];
        Along = [.. Characters.Select(_ => new double[m])];
        Rest = new HostMatrix(n, m);
        for (var i = 0; i < m; i++)
        {
            var row = unembed.Row(i);
            double mean = 0;
            foreach (var value in row)
            {
                mean += value / n;
            }

            for (var k = 0; k < Characters.Length; k++)
            {
                for (var z = 0; z < n; z++)
                {
                    Along[k][i] += row[z] * Characters[k][z] / n;
                }
            }

            for (var z = 0; z < n; z++)
            {
                var value = row[z] - mean;
                for (var k = 0; k < Characters.Length; k++)
                {
                    value -= Along[k][i] * Characters[k][z];
                }

                Rest[z, i] = value;
            }
        }

        // Elements on which all these characters agree form a class: what the exact part can tell apart.
        var patterns = new Dictionary<string, int>(StringComparer.Ordinal);
        Class = new int[n];
        var signs = new List<double[]>();
        for (var g = 0; g < n; g++)
        {
            double[] values = [.. Characters.Select(character => Math.Round(character[g]))];
            var pattern = string.Join(',', values);
            if (!patterns.TryGetValue(pattern, out Class[g]))
            {
                patterns.Add(pattern, Class[g] = signs.Count);
                signs.Add(values);
            }
        }

        Signs = [.. signs];
    }

    /// <summary>±1 for every non-trivial one-dimensional irrep and element.</summary>
    public double[][] Characters { get; }

    /// <summary>The coefficient of every character in every neuron's unembedding.</summary>
    public double[][] Along { get; }

    /// <summary>The rest, transposed: [n, m].</summary>
    public HostMatrix Rest { get; }

    /// <summary>The class of every element.</summary>
    public int[] Class { get; }

    /// <summary>The characters' values on every class.</summary>
    public double[][] Signs { get; }
}
