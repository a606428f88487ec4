using Toolkit.Models.Groups;

namespace Toolkit.Analysis.Charts.Runs;

/// <summary>The group of a run over all pairs (a, b) in row-major order.</summary>
public sealed class RunGroup
{
    private readonly Lazy<IReadOnlyDictionary<string, IReadOnlyList<int>>> _orders;

    /// <summary>Creates the description.</summary>
    /// <param name="structure">The group, its elements numbered as the network knows them.</param>
    public RunGroup(FiniteGroup structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        Structure = structure;
        Elements = [.. Enumerable.Range(0, structure.Order).Select(structure.ShortName)];
        _orders = new(MakeOrders);
    }

    /// <summary>The group itself.</summary>
    public FiniteGroup Structure { get; }

    /// <summary>The group's name: "S5".</summary>
    public string Name => Structure.Name;

    /// <summary>The number of elements n; the run has n² samples.</summary>
    public int Order => Structure.Order;

    /// <summary>The elements' short names in index order.</summary>
    public IReadOnlyList<string> Elements { get; }

    /// <summary>
    /// Ways to order the elements, by name: "index", "class" (conjugacy classes together), "left cosets of …" and
    /// "right cosets of …" (g·H and H·g together). Each is a permutation of indices.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Orders => _orders.Value;

    /// <summary>The names of the elements in one of the <see cref="Orders"/>.</summary>
    /// <param name="order">The order's name.</param>
    /// <returns>n names.</returns>
    public IReadOnlyList<string> ElementsIn(string order) => [.. Orders[order].Select(element => Elements[element])];

    private Dictionary<string, IReadOnlyList<int>> MakeOrders()
    {
        var all = Enumerable.Range(0, Order).ToList();
        var orders = new Dictionary<string, IReadOnlyList<int>>(StringComparer.Ordinal)
        {
            ["index"] = all,
            ["class"] = [.. all.OrderBy(Structure.ClassOf)],
        };
        foreach (var (name, members) in Subgroups())
        {
            orders[$"left cosets of {name}"] = [.. all.OrderBy(g => members.Min(h => Structure.Multiply(g, h)))];
            orders[$"right cosets of {name}"] = [.. all.OrderBy(g => members.Min(h => Structure.Multiply(h, g)))];
        }

        return orders;
    }

    /// <summary>
    /// The stabiliser of a point, the even elements, and one cyclic subgroup per element order: those that pictures
    /// need most.
    /// </summary>
    private IEnumerable<(string Name, IReadOnlyList<int> Members)> Subgroups()
    {
        var found = new List<(string Name, IReadOnlyList<int> Members)>();
        if (Structure.Degree > 1)
        {
            var point = Structure.Degree - 1;
            found.Add(($"the stabiliser of {point}", [.. Enumerable.Range(0, Order)
                .Where(g => Structure.Permutation(g)[point] == point)]));
            found.Add(("the even elements", [.. Enumerable.Range(0, Order).Where(g => Structure.Signature(g) == 1)]));
        }

        foreach (var g in Enumerable.Range(0, Order)
            .Where(g => g != Structure.Identity)
            .GroupBy(Structure.OrderOf)
            .OrderBy(byOrder => byOrder.Key)
            .Select(byOrder => byOrder.First())
            .Take(4))
        {
            var members = new List<int>();
            for (var power = Structure.Identity;
                members.Count == 0 || power != Structure.Identity;
                power = Structure.Multiply(power, g))
            {
                members.Add(power);
            }

            found.Add(($"⟨{Elements[g]}⟩", members));
        }

        return found
            .Where(subgroup => subgroup.Members.Count > 1 && subgroup.Members.Count < Order)
            .DistinctBy(subgroup => subgroup.Name);
    }
}
