using BenchmarkDotNet.Attributes;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;

namespace Toolkit.Benchmarks.Representations;

/// <summary>All irreps of S5, S6 and S7 by Young's orthogonal form, from the multiplication table on.</summary>
/// <remarks>
/// <para>Measured on two cores with a load of 15 to 20 from other work:</para>
/// <code>
///              S5        S6        S7
/// Characters   0.8 ms     9 ms     0.77 s
/// Matrices     0.5 ms    17 ms     0.76 s, 401 MB
/// </code>
/// <para>
/// What it does not prove: groups that go the general way (Dixon and Schneider), or times on a free machine.
/// </para>
/// <para>Run: <c>dotnet run -c Release --project tests/Toolkit.Benchmarks -- --filter *IrrepBenchmarks*</c></para>
/// </remarks>
[InProcess]
[MemoryDiagnoser]
[WarmupCount(1)]
[IterationCount(3)]
public class IrrepBenchmarks
{
    private FiniteGroup _group = null!;

    /// <summary>The group.</summary>
    [Params("S5", "S6", "S7")]
    public string Group { get; set; } = "S5";

    [GlobalSetup]
    public void SetUp() => _group = FiniteGroup.Parse(Group);

    /// <summary>Characters, and the tests of every table: homomorphism, orthogonality, Σ d²/⟨χ,χ⟩ = n.</summary>
    [Benchmark]
    public IrrepTable Characters() => IrrepTable.Of(_group);

    /// <summary>The matrices of all elements as well, n² numbers altogether.</summary>
    [Benchmark]
    public double Matrices() => IrrepTable.Of(_group).Sum(irrep => irrep.Matrices()[^1]);
}
