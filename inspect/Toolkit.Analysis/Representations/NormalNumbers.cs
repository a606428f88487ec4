namespace Toolkit.Analysis.Representations;

/// <summary>Standard normal numbers from a seeded generator, by Box and Muller.</summary>
internal static class NormalNumbers
{
    public static double Next(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
