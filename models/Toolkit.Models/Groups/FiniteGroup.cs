using System.Text.RegularExpressions;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;

namespace Toolkit.Models.Groups;

/// <summary>
/// A finite group with numbered elements: table, inverses, element orders, conjugacy classes, names. Immutable and safe
/// for threads.
/// </summary>
/// <remarks>
/// Elements are indices from 0 to <see cref="Order"/> − 1. Products of permutations apply the left factor first. The
/// table takes 2·n² bytes (51 MB at order 5,040) and is filled row by row along words in the generators: O(n²).
/// </remarks>
public sealed partial class FiniteGroup
{
    /// <summary>The largest supported order: 7!, that of S7.</summary>
    public const int MaximumOrder = 5040;

    private readonly ushort[] _table;
    private readonly ushort[] _inverses;
    private readonly int[] _orders;
    private readonly int[] _classes;
    private readonly int[][] _classMembers;
    private readonly Func<int, string> _elementName;
    private readonly Func<int, int[]>? _permutation;

    private FiniteGroup(
        GroupDefinition definition,
        string name,
        ElementOrdering ordering,
        ushort[] table,
        IReadOnlyList<int> generators,
        Func<int, string>? elementName,
        Func<int, int[]>? permutation)
    {
        Definition = definition;
        Name = name;
        Ordering = ordering;
        Order = (int)Math.Round(Math.Sqrt(table.Length));
        Generators = generators;
        _table = table;
        _permutation = permutation;
        _elementName = elementName ?? CycleNotation;
        Identity = FindIdentity();
        _inverses = FindInverses();
        _orders = FindOrders();
        (_classes, _classMembers) = FindClasses();
    }

    /// <summary>What group this is, apart from the numbering of its elements.</summary>
    public GroupDefinition Definition { get; }

    /// <summary>The short name: "S5", "D59", "C3xS3".</summary>
    public string Name { get; }

    /// <summary>How the elements are numbered.</summary>
    public ElementOrdering Ordering { get; }

    /// <summary>The number of elements, n.</summary>
    public int Order { get; }

    /// <summary>The index of the identity; not always 0 (20 in the published S5).</summary>
    public int Identity { get; }

    /// <summary>Indices of some elements that generate the group; none for the trivial group.</summary>
    public IReadOnlyList<int> Generators { get; }

    /// <summary>
    /// The number of points the group acts on by nature (5 for S5), or 0 where it is given without an action.
    /// </summary>
    public int Degree => _permutation is null ? 0 : _permutation(Identity).Length;

    /// <summary>The number of conjugacy classes.</summary>
    public int ClassCount => _classMembers.Length;

    /// <summary>True where every two elements commute.</summary>
    public bool IsAbelian => ClassCount == Order;

    /// <summary>The multiplication table, row-major: entry i·n + j is the index of element i times element j.</summary>
    public ReadOnlySpan<ushort> Table => _table;

    /// <summary>The index of the product.</summary>
    /// <param name="left">The left factor; of permutations the one applied first.</param>
    /// <param name="right">The right factor.</param>
    /// <returns>The index of left times right.</returns>
    public int Multiply(int left, int right) => _table[(left * Order) + right];

    /// <summary>All products of one element from the left, in index order.</summary>
    /// <param name="left">The left factor.</param>
    /// <returns>n indices.</returns>
    public ReadOnlySpan<ushort> Row(int left) => _table.AsSpan(left * Order, Order);

    /// <summary>The index of the inverse.</summary>
    /// <param name="element">An element's index.</param>
    /// <returns>The inverse's index.</returns>
    public int Inverse(int element) => _inverses[element];

    /// <summary>The smallest k ≥ 1 with gᵏ = e.</summary>
    /// <param name="element">An element's index.</param>
    /// <returns>The order of the element.</returns>
    public int OrderOf(int element) => _orders[element];

    /// <summary>
    /// The sign of the element's permutation, or null where the group is given without an action on points.
    /// </summary>
    /// <param name="element">An element's index.</param>
    /// <returns>+1 even, −1 odd.</returns>
    public int? Signature(int element) =>
        _permutation is null ? null : Groups.Permutation.Signature(_permutation(element));

    /// <summary>
    /// The element's conjugacy class. Class 0 holds the identity; the others follow by element order, size and first
    /// index.
    /// </summary>
    /// <param name="element">An element's index.</param>
    /// <returns>The number of the class, from 0.</returns>
    public int ClassOf(int element) => _classes[element];

    /// <summary>The elements of a conjugacy class.</summary>
    /// <param name="conjugacyClass">The number of the class.</param>
    /// <returns>Indices, ascending.</returns>
    public ReadOnlySpan<int> Class(int conjugacyClass) => _classMembers[conjugacyClass];

    /// <summary>A conjugacy class by the short name of its first element.</summary>
    /// <param name="conjugacyClass">The number of the class.</param>
    /// <returns>The name: see <see cref="ShortName"/>.</returns>
    public string ClassName(int conjugacyClass) => ShortName(Class(conjugacyClass)[0]);

    /// <summary>
    /// The element's own name: cycle notation for permutation groups, "7" for C_n, "r3s" for D_n, "x2y" for Q_n, "(a,
    /// b)" for products.
    /// </summary>
    /// <param name="element">An element's index.</param>
    /// <returns>The name, unique within the group.</returns>
    public string ElementName(int element) => _elementName(element);

    /// <summary>
    /// The element's own name in short: fixed points are left out, and a permutation that moves nothing is "e".
    /// </summary>
    /// <param name="element">An element's index.</param>
    /// <returns>"(0 2)" for the element "(4)(0 2)", "(0, e)" for "(0, (2))"; unique within the group.</returns>
    public string ShortName(int element)
    {
        var name = FixedPoint().Replace(
            ElementName(element), match => match.Groups["more"].Success ? "(" : "e");
        return name == "()" ? "e" : name;
    }

    /// <summary>
    /// Cycle notation as SymPy prints it, of the natural action or, where there is none, of the action on the group
    /// itself.
    /// </summary>
    /// <param name="element">An element's index.</param>
    /// <returns>For example "(3)(0 1)": fixed points are left out, save the last, which comes first.</returns>
    public string CycleNotation(int element) => Groups.Permutation.CycleNotation(Permutation(element));

    /// <summary>
    /// The element as a permutation of the natural points or, where there are none, of the group by right
    /// multiplication.
    /// </summary>
    /// <param name="element">An element's index.</param>
    /// <returns>One-line form: point i goes to entry i.</returns>
    public int[] Permutation(int element)
    {
        if (_permutation is not null)
        {
            return _permutation(element);
        }

        var image = new int[Order];
        for (var i = 0; i < Order; i++)
        {
            image[i] = Multiply(i, element);
        }

        return image;
    }

    /// <summary>
    /// The natural representation of a permutation group: for each element the matrix M with M[i, g(i)] = 1, so that
    /// M(gh) = M(g)·M(h).
    /// </summary>
    /// <returns>float32 [n, degree, degree].</returns>
    /// <exception cref="InvalidOperationException">The group is given without an action on points.</exception>
    public HostTensor NaturalRepresentation()
    {
        var degree = _permutation is null
            ? throw new InvalidOperationException($"{Name} is given without an action on points.")
            : Degree;
        var values = new float[checked(Order * degree * degree)];
        for (var g = 0; g < Order; g++)
        {
            var image = _permutation(g);
            for (var i = 0; i < degree; i++)
            {
                values[(((g * degree) + i) * degree) + image[i]] = 1;
            }
        }

        return HostTensor.Float32(new TensorShape(Order, degree, degree), values);
    }

    private int FindIdentity()
    {
        for (var i = 0; i < Order; i++)
        {
            if (Multiply(i, i) == i)
            {
                return i;
            }
        }

        throw new BadInputException($"group {Name}: no element is its own square, so there is no identity.");
    }

    private ushort[] FindInverses()
    {
        var inverses = new ushort[Order];
        for (var i = 0; i < Order; i++)
        {
            inverses[i] = (ushort)Row(i).IndexOf((ushort)Identity);
        }

        return inverses;
    }

    private int[] FindOrders()
    {
        var orders = new int[Order];
        for (var i = 0; i < Order; i++)
        {
            orders[i] = 1;
            for (var at = i; at != Identity; at = Multiply(at, i))
            {
                orders[i]++;
            }
        }

        return orders;
    }

    private (int[] Of, int[][] Members) FindClasses()
    {
        var orbit = new int[Order];
        Array.Fill(orbit, -1);
        var found = new List<List<int>>();
        for (var i = 0; i < Order; i++)
        {
            if (orbit[i] >= 0)
            {
                continue;
            }

            var members = new List<int> { i };
            orbit[i] = found.Count;
            for (var k = 0; k < members.Count; k++)
            {
                foreach (var generator in Generators)
                {
                    var conjugate = Multiply(Multiply(Inverse(generator), members[k]), generator);
                    if (orbit[conjugate] < 0)
                    {
                        orbit[conjugate] = found.Count;
                        members.Add(conjugate);
                    }
                }
            }

            members.Sort();
            found.Add(members);
        }

        var sorted = found
            .OrderBy(members => _orders[members[0]]).ThenBy(members => members.Count).ThenBy(members => members[0])
            .Select(members => members.ToArray()).ToArray();
        for (var c = 0; c < sorted.Length; c++)
        {
            foreach (var member in sorted[c])
            {
                orbit[member] = c;
            }
        }

        return (orbit, sorted);
    }

    [GeneratedRegex(@"\(\d+\)(?<more>\()?", RegexOptions.ExplicitCapture)]
    private static partial Regex FixedPoint();
}
