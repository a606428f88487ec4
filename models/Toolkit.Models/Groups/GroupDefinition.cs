namespace Toolkit.Models.Groups;

/// <summary>What a group is, apart from the numbering of its elements: enough to build it again anywhere.</summary>
public abstract record GroupDefinition
{
    private GroupDefinition()
    {
    }

    /// <summary>
    /// The short name: "S5", "C113", "D59", "Q8", "C3xS3"; "cayley12" and "generated60" where there is none.
    /// </summary>
    public abstract string Name { get; }

    /// <summary>The number of elements, or null where only building the group tells.</summary>
    public abstract long? Order { get; }

    /// <summary>
    /// Reads "S5", "A5", "C113", "D59" (order 118), "Q8" (order 8), and products of them: "C3xS3", "S3^2".
    /// </summary>
    /// <param name="text">The name; letters in any case.</param>
    /// <returns>The definition.</returns>
    /// <exception cref="Formats.BadInputException">It is no such name, or the group is over 5,040 elements.</exception>
    public static GroupDefinition Parse(string text) => GroupDefinitionText.Parse(text);

    /// <summary>Integers modulo n under addition; index i is i mod n.</summary>
    /// <param name="N">The order, at least 1.</param>
    public sealed record Cyclic(int N) : GroupDefinition
    {
        /// <inheritdoc/>
        public override string Name => $"C{N}";

        /// <inheritdoc/>
        public override long? Order => N;
    }

    /// <summary>
    /// Symmetries of the n-gon; index r + n·s is the rotation by r steps times the s-th power of a reflection.
    /// </summary>
    /// <param name="N">Half the order, at least 1.</param>
    public sealed record Dihedral(int N) : GroupDefinition
    {
        /// <inheritdoc/>
        public override string Name => $"D{N}";

        /// <inheritdoc/>
        public override long? Order => 2L * N;
    }

    /// <summary>All permutations of n points.</summary>
    /// <param name="N">The number of points, at least 1.</param>
    public sealed record Symmetric(int N) : GroupDefinition
    {
        /// <inheritdoc/>
        public override string Name => $"S{N}";

        /// <inheritdoc/>
        public override long? Order => Factorial(N);
    }

    /// <summary>The even permutations of n points.</summary>
    /// <param name="N">The number of points, at least 1.</param>
    public sealed record Alternating(int N) : GroupDefinition
    {
        /// <inheritdoc/>
        public override string Name => $"A{N}";

        /// <inheritdoc/>
        public override long? Order => N < 2 ? 1 : Factorial(N) / 2;
    }

    /// <summary>
    /// Generalised quaternion (dicyclic) group ⟨x, y | x²ᵐ = 1, y² = xᵐ, y⁻¹xy = x⁻¹⟩; index r + 2m·s is xʳyˢ.
    /// </summary>
    /// <param name="Size">The order 4m, a multiple of 4 and at least 8.</param>
    public sealed record Quaternion(int Size) : GroupDefinition
    {
        /// <inheritdoc/>
        public override string Name => $"Q{Size}";

        /// <inheritdoc/>
        public override long? Order => Size;
    }

    /// <summary>A direct product; the last factor's index runs fastest.</summary>
    /// <param name="Factors">Two factors or more.</param>
    public sealed record Product(IReadOnlyList<GroupDefinition> Factors) : GroupDefinition
    {
        /// <inheritdoc/>
        public override string Name => string.Join('x', Factors.Select(factor => factor.Name));

        /// <inheritdoc/>
        public override long? Order => Factors.Aggregate((long?)1, (order, factor) => order * factor.Order);
    }

    /// <summary>A group given by its multiplication table.</summary>
    /// <param name="Table">Row i, column j holds the index of element i times element j.</param>
    /// <param name="Source">Where the table stands, for messages.</param>
    public sealed record Cayley(int[][] Table, string Source) : GroupDefinition
    {
        /// <inheritdoc/>
        public override string Name => $"cayley{Table.Length}";

        /// <inheritdoc/>
        public override long? Order => Table.Length;
    }

    /// <summary>The permutation group that some permutations generate.</summary>
    /// <param name="Permutations">Each in one-line form, all of the same number of points.</param>
    public sealed record Generated(int[][] Permutations) : GroupDefinition
    {
        /// <inheritdoc/>
        public override string Name => "generated";

        /// <inheritdoc/>
        public override long? Order => null;
    }

    private static long Factorial(int n)
    {
        long product = 1;
        for (var i = 2; i <= n && product <= int.MaxValue; i++)
        {
            product *= i;
        }

        return product;
    }
}
