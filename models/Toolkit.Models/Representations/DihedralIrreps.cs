namespace Toolkit.Models.Representations;

/// <summary>
/// D_n: trivial, sign (−1 on reflections), for even n two more signs, and freq_k: rᵃsᵇ ↦ R(2πak/n)·diag(1, −1)ᵇ for 1 ≤
/// k &lt; n/2.
/// </summary>
internal static class DihedralIrreps
{
    public static IReadOnlyList<IrrepConstruction> Construct(int n)
    {
        var irreps = new List<IrrepConstruction>
        {
            new("1d_r+_s+", "trivial", 1, () => Signs(n, 1, 1)),
            new("1d_r+_s-", "sign", 1, () => Signs(n, 1, -1)),
        };
        if (n % 2 == 0)
        {
            irreps.Add(new("1d_r-_s+", null, 1, () => Signs(n, -1, 1)));
            irreps.Add(new("1d_r-_s-", null, 1, () => Signs(n, -1, -1)));
        }

        for (var k = 1; k < (n + 1) / 2; k++)
        {
            var frequency = k;
            irreps.Add(new($"freq_{k}", null, 2, () => Frequency(n, frequency)));
        }

        return irreps;
    }

    private static double[] Signs(int n, int rotation, int reflection) =>
        [.. Enumerable.Range(0, 2 * n)
            .Select(x => (double)((x % n % 2 == 0 ? 1 : rotation) * (x < n ? 1 : reflection)))];

    private static double[] Frequency(int n, int k)
    {
        var rotations = CyclicIrreps.Rotations(n, k);
        var matrices = new double[8 * n];
        rotations.CopyTo(matrices, 0);
        for (var i = 0; i < rotations.Length; i++)
        {
            matrices[(4 * n) + i] = i % 2 == 0 ? rotations[i] : -rotations[i];
        }

        return matrices;
    }
}
