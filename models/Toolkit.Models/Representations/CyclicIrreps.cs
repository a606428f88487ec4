namespace Toolkit.Models.Representations;

/// <summary>C_n: trivial, sign for even n, and rotations by 2πik/n for k = 1 … ⌈n/2⌉ − 1.</summary>
internal static class CyclicIrreps
{
    public static IReadOnlyList<IrrepConstruction> Construct(int n)
    {
        var irreps = new List<IrrepConstruction> { new(
            "freq_0", "trivial", 1, () => Enumerable.Repeat(1.0, n).ToArray()) };
        if (n % 2 == 0)
        {
            irreps.Add(new(
                $"freq_{n / 2}", "sign", 1, () => [.. Enumerable.Range(0, n).Select(i => i % 2 == 0 ? 1.0 : -1.0)]));
        }

        for (var k = 1; k < (n + 1) / 2; k++)
        {
            var frequency = k;
            irreps.Add(new($"freq_{k}", null, 2, () => Rotations(n, frequency)));
        }

        return irreps;
    }

    /// <summary>
    /// [n, 2, 2]: rotations by 2πik/n. The angle is reduced in whole numbers first, so that no accuracy is lost.
    /// </summary>
    public static double[] Rotations(int n, int k)
    {
        var matrices = new double[n * 4];
        for (var i = 0; i < n; i++)
        {
            var (sine, cosine) = Math.SinCos(2 * Math.PI * ((long)i * k % n) / n);
            (matrices[4 * i], matrices[(4 * i) + 1], matrices[(4 * i) + 2], matrices[(4 * i) + 3]) = (
                cosine, -sine, sine, cosine);
        }

        return matrices;
    }
}
