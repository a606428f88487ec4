using System.Numerics.Tensors;
using Toolkit.Analysis.AccuracyBound;
using Toolkit.Analysis.Cosets;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.LogitForm;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.ReadOut;
using Toolkit.Analysis.RhoSets;
using Toolkit.Formats;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;
using Toolkit.Models.Tasks;

namespace Toolkit.Analysis.Representations;

/// <summary>All analyses of a group network that later works added, each in a folder of its own.</summary>
public static class BeyondThePaper
{
    /// <summary>Subgroups × elements × neurons up to which cosets are looked at: a minute of additions.</summary>
    private const double MaximumCosetWork = 1e11;

    /// <summary>The seed of the network at random initialisation.</summary>
    private const int InitialSeed = 0;

    /// <summary>Runs them.</summary>
    /// <param name="task">The task.</param>
    /// <param name="irreps">The irreps.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass.</param>
    /// <param name="network">The network, to be run again.</param>
    /// <param name="log">Told what begins (a name and "…"), and what is left out and why.</param>
    /// <param name="cancellation">Stops between two analyses.</param>
    /// <returns>One output for each table, and the identities checked on the way.</returns>
    public static FurtherAnalyses Measure(
        GroupTask task,
        IrrepTable irreps,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        GroupNetworkSource network,
        Action<string> log,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(log);
        var outputs = new List<AnalysisOutput>();
        void Begin(string analysis)
        {
            cancellation.ThrowIfCancellationRequested();
            log($"{analysis} …");
        }

        Begin("neuron spectra");
        var (left, right) = NeuronFunctions(task.Group, weights, moments);
        var spectra = NeuronSpectra.NeuronSpectra.Measure(irreps, left, right);
        outputs.AddRange(NeuronSpectra.NeuronSpectra.Outputs(irreps, spectra));
        var tests = new List<SelfTest>();
        if (task.Group.Order <= PairSpectra.PairSpectra.MaximumOrder)
        {
            Begin("pair spectra");
            var pairs = PairSpectra.PairSpectra.Measure(
                irreps,
                moments,
                moments.SharesHidden ? null : network.Hidden(task.Group, moments, cancellation),
                cancellation);
            tests.Add(PairSpectra.PairSpectra.Parseval(pairs));
            outputs.AddRange(PairSpectra.PairSpectra.Outputs(irreps, pairs, spectra));
        }
        else
        {
            log(
                $"pair spectra: left out, {task.Group.Name} has {task.Group.Order} elements and the transform on "
                    + "pairs is for at most "
                    + $"{PairSpectra.PairSpectra.MaximumOrder} (4·n³ operations for each neuron).");
        }

        Begin("trace read-out and form of the logits");
        outputs.Add(TraceReadOut.Measure(irreps, weights, moments));
        outputs.Add(LogitForm.LogitForm.Measure(task, weights, moments, irreps, cancellation));
        Begin("interventions");
        try
        {
            outputs.AddRange(CausalBattery.CausalBattery.Measure(
                task, network, weights, moments, spectra, cancellation: cancellation));
        }
        catch (BadInputException fault)
        {
            log($"causal: left out, {fault.Message}");
        }

        Begin("subgroups");
        var lattice = Subgroups(task.Group, left.Columns, log);
        if (OneLayerForm.WhyNot(task.Group, weights, moments) is { } reason)
        {
            log($"ρ-sets and certified accuracy: not applicable, {reason}.");
        }
        else
        {
            Begin("ρ-sets and certified accuracy");
            var circuits = RhoSetAnalysis.Measure(irreps, spectra, left, right, weights.Unembed);
            outputs.AddRange(RhoSetAnalysis.Outputs(circuits));
            outputs.Add(AccuracyBoundAnalysis.Measure(
                irreps, weights, moments, circuits, lattice, TimeProvider.System, cancellation));
        }

        if (lattice is not null)
        {
            Begin("cosets");
            outputs.Add(CosetAnalysis.Measure(
                lattice,
                irreps,
                left,
                right,
                InitialFunctions(task.Group, network, weights, moments, cancellation),
                cancellation: cancellation));
        }

        return new(outputs, tests);
    }

    /// <summary>
    /// Each neuron as a function of the left and of the right element: the effective embeddings, where these have one
    /// column for each neuron (so the pre-activation is their sum); else the mean activation over the other element,
    /// times √n and centred.
    /// </summary>
    internal static (HostMatrix Left, HostMatrix Right) NeuronFunctions(
        FiniteGroup group, GroupNetworkWeights weights, GroupNetworkMoments moments)
    {
        if (weights.EmbedX.Columns == moments.HiddenWidth)
        {
            return (weights.EmbedX, weights.EmbedY);
        }

        return (Centred(group.Order, moments.HiddenWidth, moments.LeftSums), Centred(
            group.Order, moments.HiddenWidth, moments.RightSums));
    }

    /// <summary>The same of the network at random initialisation.</summary>
    private static (HostMatrix Left, HostMatrix Right) InitialFunctions(
        FiniteGroup group,
        GroupNetworkSource network,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        CancellationToken cancellation)
    {
        var initial = network.AtRandom(InitialSeed);
        if (weights.EmbedX.Columns == moments.HiddenWidth)
        {
            var drawn = new GroupNetworkReader(initial.Model, initial.Path, initial.Roles).ReadWeights(group.Order);
            return (drawn.EmbedX, drawn.EmbedY);
        }

        var (n, h) = (group.Order, moments.HiddenWidth);
        double[] left = new double[n * h], right = new double[n * h], wide = new double[h];
        initial.Hidden(group, cancellation: cancellation)((x, rows) =>
        {
            var target = left.AsSpan(x * h, h);
            for (var y = 0; y < n; y++)
            {
                TensorPrimitives.ConvertTruncating(rows.Slice(y * h, h), wide.AsSpan());
                TensorPrimitives.Add(target, wide, target);
                TensorPrimitives.Add(right.AsSpan(y * h, h), wide, right.AsSpan(y * h, h));
            }
        });
        return (Centred(n, h, left), Centred(n, h, right));
    }

    private static SubgroupLattice? Subgroups(FiniteGroup group, int neurons, Action<string> log)
    {
        try
        {
            var lattice = SubgroupLattice.Of(group);
            if (2.0 * lattice.SubgroupCount * group.Order * neurons <= MaximumCosetWork)
            {
                return lattice;
            }

            log(
                $"cosets: left out, {lattice.SubgroupCount} subgroups of {group.Order} elements and {neurons} "
                    + $"neurons take over {MaximumCosetWork:g1} additions.");
        }
        catch (BadInputException fault)
        {
            log($"cosets: left out, {fault.Message}");
        }

        return null;
    }

    /// <summary>
    /// Sums over the other element as functions of one, [n, h]: divided by √n, each column with mean 0.
    /// </summary>
    private static HostMatrix Centred(int n, int h, double[] sums)
    {
        var values = new double[sums.Length];
        for (var j = 0; j < h; j++)
        {
            double mean = 0;
            for (var g = 0; g < n; g++)
            {
                mean += sums[(g * h) + j] / n;
            }

            for (var g = 0; g < n; g++)
            {
                values[(g * h) + j] = (sums[(g * h) + j] - mean) / Math.Sqrt(n);
            }
        }

        return new HostMatrix(n, h, values);
    }
}
