using System.Numerics.Tensors;
using Toolkit.Models.Representations;

namespace Toolkit.Analysis.RhoSets;

/// <summary>
/// k-means on vectors of length 1 in which a centre is a whole orbit {ρ(g)v}: the ρ-sets of W. Wu et al. (ICLR 2025,
/// code <c>irrep_kmeans</c>).
/// </summary>
/// <remarks>
/// Orbits are added, each at the vector farthest from those there are, until the mean distance is small.
/// O(rounds·k·n·(d² + points·d)).
/// </remarks>
internal static class OrbitClustering
{
    /// <summary>Orbits are added until the mean distance of the points is below this (Wu et al.).</summary>
    public const double Near = 0.1;

    /// <summary>ρ(g) belongs to the stabiliser of v where ‖ρ(g)v − v‖ is below this (Wu et al.).</summary>
    public const double Stabilises = 0.2;

    private const int MostOrbits = 10;
    private const int MostRounds = 20;

    /// <summary>Finds the orbits.</summary>
    /// <returns>The members of every orbit, whether each stabiliser is a subgroup, and the mean distance.</returns>
    public static (IReadOnlyList<double[]>[] Orbits, bool AreGroups, double Distance) Find(
        Irrep irrep, IReadOnlyList<double[]> points)
    {
        var centres = new List<double[]>();
        var nearest = Nearest(irrep, centres, points);
        double distance;
        do
        {
            centres.Add(points[Enumerable.Range(0, points.Count).MaxBy(i => nearest[i].Distance)]);
            var before = double.PositiveInfinity;
            for (var round = 0; round < MostRounds; round++)
            {
                nearest = Nearest(irrep, centres, points);
                distance = nearest.Average(one => one.Distance);
                if (before - distance < 1e-6)
                {
                    break;
                }

                before = distance;
                Recentre(irrep, centres, points, nearest);
            }

            nearest = Nearest(irrep, centres, points);
            distance = nearest.Average(one => one.Distance);
        }
        while (distance >= Near && centres.Count < MostOrbits);

        var areGroups = true;
        var orbits = centres.Select(centre =>
        {
            var (members, isGroup) = Orbit(irrep, centre);
            areGroups &= isGroup;
            return members;
        }).ToArray();
        return (orbits, areGroups, distance);
    }

    /// <summary>The nearest member of the nearest orbit.</summary>
    public static (int Orbit, int Member, double Distance) Snap(IReadOnlyList<double[]>[] orbits, double[] point)
    {
        var best = (Orbit: -1, Member: -1, Distance: double.PositiveInfinity);
        for (var k = 0; k < orbits.Length; k++)
        {
            for (var i = 0; i < orbits[k].Count; i++)
            {
                var distance = TensorPrimitives.Distance<double>(orbits[k][i], point);
                if (distance < best.Distance)
                {
                    best = (k, i, distance);
                }
            }
        }

        return best;
    }

    private static (int Centre, int Element, double Distance)[] Nearest(
        Irrep irrep, List<double[]> centres, IReadOnlyList<double[]> points)
    {
        var nearest = new (int Centre, int Element, double Distance)[points.Count];
        Array.Fill(nearest, (-1, -1, double.PositiveInfinity));
        for (var k = 0; k < centres.Count; k++)
        {
            for (var g = 0; g < irrep.Group.Order; g++)
            {
                var image = Apply(irrep, g, centres[k]);
                for (var i = 0; i < nearest.Length; i++)
                {
                    var distance = TensorPrimitives.Distance<double>(image, points[i]);
                    if (distance < nearest[i].Distance)
                    {
                        nearest[i] = (k, g, distance);
                    }
                }
            }
        }

        return nearest;
    }

    private static void Recentre(
        Irrep irrep,
        List<double[]> centres,
        IReadOnlyList<double[]> points,
        (int Centre, int Element, double Distance)[] nearest)
    {
        for (var k = 0; k < centres.Count; k++)
        {
            var sum = new double[irrep.Dimension];
            for (var i = 0; i < nearest.Length; i++)
            {
                if (nearest[i].Centre == k)
                {
                    TensorPrimitives.Add(sum, Apply(irrep, irrep.Group.Inverse(nearest[i].Element), points[i]), sum);
                }
            }

            centres[k] = RhoVectors.Unit(sum) ?? centres[k];
        }
    }

    /// <summary>The centre, averaged over its stabiliser, and its images under the cosets of the stabiliser.</summary>
    private static (IReadOnlyList<double[]> Members, bool IsGroup) Orbit(Irrep irrep, double[] centre)
    {
        var group = irrep.Group;
        var images = Enumerable.Range(0, group.Order).Select(g => Apply(irrep, g, centre)).ToArray();
        int[] stabiliser = [.. Enumerable.Range(0, group.Order)
            .Where(g => TensorPrimitives.Distance<double>(images[g], centre) < Stabilises)];
        var known = stabiliser.ToHashSet();
        if (stabiliser.Any(g => stabiliser.Any(h => !known.Contains(group.Multiply(g, h)))))
        {
            return (images, false);
        }

        var sum = new double[irrep.Dimension];
        foreach (var g in stabiliser)
        {
            TensorPrimitives.Add(sum, images[g], sum);
        }

        // ρ(gs)v = ρ(g)v for s in the stabiliser: one member for each coset g·Stab.
        var fixedCentre = RhoVectors.Unit(sum)!;
        var members = new List<double[]>();
        var seen = new bool[group.Order];
        for (var g = 0; g < group.Order; g++)
        {
            if (!seen[g])
            {
                members.Add(Apply(irrep, g, fixedCentre));
                foreach (var s in stabiliser)
                {
                    seen[group.Multiply(g, s)] = true;
                }
            }
        }

        return (members, true);
    }

    private static double[] Apply(Irrep irrep, int element, double[] vector) =>
        RhoVectors.Times(irrep.Matrix(element), vector);
}
