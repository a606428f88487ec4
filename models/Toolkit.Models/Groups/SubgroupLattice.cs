using Toolkit.Formats;

namespace Toolkit.Models.Groups;

/// <summary>All subgroups of a group, one representative for each conjugacy class.</summary>
/// <remarks>
/// Every subgroup is reached from the trivial one by adding generators one at a time; of each class one representative
/// is extended by every cyclic subgroup of prime-power order, and each new subgroup is recorded with all its
/// conjugates. Subgroups are bit sets, n/8 bytes each. Cost: classes × cyclic subgroups × a closure of
/// O(|H|·generators).
/// </remarks>
public sealed class SubgroupLattice
{
    /// <summary>More subgroups than this are refused: an elementary abelian group of order 2⁸ has 417,199.</summary>
    public const int MaximumSubgroups = 100_000;

    private SubgroupLattice(FiniteGroup group, IReadOnlyList<SubgroupClass> classes)
    {
        Group = group;
        Classes = classes;
    }

    /// <summary>The group.</summary>
    public FiniteGroup Group { get; }

    /// <summary>One for each class, by order of the subgroup, then by number of conjugates.</summary>
    public IReadOnlyList<SubgroupClass> Classes { get; }

    /// <summary>The number of subgroups.</summary>
    public int SubgroupCount => Classes.Sum(one => one.Conjugates.Count);

    /// <summary>Finds all subgroups.</summary>
    /// <param name="group">The group.</param>
    /// <returns>The lattice.</returns>
    /// <exception cref="BadInputException">There are more than 100,000.</exception>
    public static SubgroupLattice Of(FiniteGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        var cyclic = CyclicGenerators(group);
        var known = new HashSet<Members>();
        var classes = new List<List<Members>>();
        Add(group, known, classes, Members.Of(group.Order, [group.Identity]));
        for (var k = 0; k < classes.Count; k++)
        {
            var representative = classes[k][0];
            foreach (var generator in cyclic)
            {
                if (!representative.Contains(generator))
                {
                    Add(group, known, classes, Close(group, representative, generator));
                }
            }
        }

        return new(group, [.. classes
            .Select(conjugates => new SubgroupClass([.. conjugates.Select(one => one.ToArray())]))
            .OrderBy(one => one.Order).ThenBy(one => one.Conjugates.Count)]);
    }

    /// <summary>One generator of each cyclic subgroup of prime-power order.</summary>
    private static List<int> CyclicGenerators(FiniteGroup group)
    {
        var generators = new List<int>();
        var seen = new HashSet<Members>();
        for (var g = 0; g < group.Order; g++)
        {
            if (!IsPrimePower(group.OrderOf(g)))
            {
                continue;
            }

            var powers = new List<int> { group.Identity };
            for (var at = g; at != group.Identity; at = group.Multiply(at, g))
            {
                powers.Add(at);
            }

            if (seen.Add(Members.Of(group.Order, powers)))
            {
                generators.Add(g);
            }
        }

        return generators;
    }

    private static bool IsPrimePower(int n)
    {
        if (n < 2)
        {
            return false;
        }

        var p = 2;
        while (n % p != 0)
        {
            p++;
        }

        while (n % p == 0)
        {
            n /= p;
        }

        return n == 1;
    }

    /// <summary>⟨H, g⟩: cosets of H are added until products of representatives with H and g stay inside.</summary>
    private static Members Close(FiniteGroup group, Members subgroup, int generator)
    {
        var closed = subgroup.Copy();
        var inside = subgroup.ToArray();
        var representatives = new List<int> { group.Identity };
        for (var k = 0; k < representatives.Count; k++)
        {
            // H·r·x for x in H's own elements and g: new cosets H·y.
            foreach (var x in inside.Append(generator))
            {
                var y = group.Multiply(representatives[k], x);
                if (closed.Contains(y))
                {
                    continue;
                }

                foreach (var h in inside)
                {
                    closed.Add(group.Multiply(h, y));
                }

                representatives.Add(y);
            }
        }

        return closed;
    }

    private static void Add(FiniteGroup group, HashSet<Members> known, List<List<Members>> classes, Members subgroup)
    {
        if (!known.Add(subgroup))
        {
            return;
        }

        var conjugates = new List<Members> { subgroup };
        for (var k = 0; k < conjugates.Count; k++)
        {
            foreach (var generator in group.Generators)
            {
                var conjugate = Members.Of(group.Order, conjugates[k].ToArray().Select(g =>
                    group.Multiply(group.Multiply(group.Inverse(generator), g), generator)));
                if (known.Add(conjugate))
                {
                    conjugates.Add(conjugate);
                }
            }
        }

        classes.Add(conjugates);
        if (known.Count > MaximumSubgroups)
        {
            throw new BadInputException(
                $"group {group.Name} has more than {MaximumSubgroups:N0} subgroups ({known.Count:N0} found so far); "
                    + "the coset analysis is for groups with fewer.");
        }
    }

    /// <summary>A set of elements with value equality.</summary>
    private sealed class Members : IEquatable<Members>
    {
        private readonly ulong[] _bits;
        private readonly int _order;

        private Members(int order, ulong[] bits)
        {
            _order = order;
            _bits = bits;
        }

        public static Members Of(int order, IEnumerable<int> elements)
        {
            var members = new Members(order, new ulong[(order + 63) / 64]);
            foreach (var element in elements)
            {
                members.Add(element);
            }

            return members;
        }

        public bool Contains(int element) => (_bits[element >> 6] >> (element & 63) & 1) != 0;

        public void Add(int element) => _bits[element >> 6] |= 1UL << (element & 63);

        public Members Copy() => new(_order, [.. _bits]);

        public int[] ToArray() => [.. Enumerable.Range(0, _order).Where(Contains)];

        public bool Equals(Members? other) => other is not null && _bits.AsSpan().SequenceEqual(other._bits);

        public override bool Equals(object? obj) => Equals(obj as Members);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (var word in _bits)
            {
                hash.Add(word);
            }

            return hash.ToHashCode();
        }
    }
}
