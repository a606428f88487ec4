using Toolkit.Analysis.Cosets;
using Toolkit.Analysis.LinearAlgebra;
using Toolkit.Analysis.LogitForm;
using Toolkit.Analysis.NeuronSpectra;
using Toolkit.Analysis.ReadOut;
using Toolkit.Formats;
using Toolkit.Models.Groups;
using Toolkit.Models.Representations;
using Toolkit.Models.Tasks;

namespace Toolkit.Analysis.Representations;

/// <summary>All analyses of a group network that later works added, each in a folder of its own.</summary>
public static class BeyondThePaper
{
    /// <summary>Cosets are looked at up to this order: the nulls cost n² for each neuron, irrep and sample.</summary>
    public const int MaximumCosetOrder = 150;

    /// <summary>Runs them.</summary>
    /// <param name="task">The task.</param>
    /// <param name="irreps">The irreps.</param>
    /// <param name="weights">Effective weights.</param>
    /// <param name="moments">The first pass.</param>
    /// <param name="hidden">Shows the hidden layer again; called only where <paramref name="moments"/> do not hold it.</param>
    /// <param name="log">Told what is left out and why.</param>
    /// <param name="cancellation">Stops between two analyses.</param>
    /// <returns>One output for each table, and the identities checked on the way.</returns>
    public static FurtherAnalyses Measure(
        GroupTask task,
        IrrepTable irreps,
        GroupNetworkWeights weights,
        GroupNetworkMoments moments,
        HiddenRows hidden,
        Action<string> log,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(hidden);
        ArgumentNullException.ThrowIfNull(log);
        var outputs = new List<AnalysisOutput>();
        var (left, right) = NeuronFunctions(task.Group, weights, moments);
        var spectra = NeuronSpectra.NeuronSpectra.Measure(irreps, left, right);
        outputs.AddRange(NeuronSpectra.NeuronSpectra.Outputs(irreps, spectra));
        cancellation.ThrowIfCancellationRequested();
        var tests = new List<SelfTest>();
        if (task.Group.Order <= PairSpectra.PairSpectra.MaximumOrder)
        {
            var pairs = PairSpectra.PairSpectra.Measure(irreps, moments, hidden, cancellation);
            tests.Add(PairSpectra.PairSpectra.Parseval(pairs));
            outputs.AddRange(PairSpectra.PairSpectra.Outputs(irreps, pairs, spectra));
        }
        else
        {
            log($"pair spectra: left out, {task.Group.Name} has {task.Group.Order} elements and the transform on pairs is for at most "
                + $"{PairSpectra.PairSpectra.MaximumOrder} (4·n³ operations for each neuron).");
        }

        outputs.Add(TraceReadOut.Measure(irreps, weights, moments));
        outputs.Add(LogitForm.LogitForm.Measure(task, weights, moments, irreps));
        cancellation.ThrowIfCancellationRequested();
        if (CausalBattery.CausalBattery.Measure(task, weights, moments, spectra, cancellation: cancellation) is { } causal)
        {
            outputs.Add(causal);
        }
        else
        {
            log("causal: left out, it is for networks whose hidden layer is ReLU(l(x) + r(y)) and is unembedded directly.");
        }

        if (task.Group.Order > MaximumCosetOrder)
        {
            log($"cosets: left out, {task.Group.Name} has {task.Group.Order} elements and the analysis is for at most {MaximumCosetOrder}.");
            return new(outputs, tests);
        }

        try
        {
            outputs.Add(CosetAnalysis.Measure(SubgroupLattice.Of(task.Group), irreps, left, right));
        }
        catch (BadInputException fault)
        {
            log($"cosets: left out, {fault.Message}");
        }

        return new(outputs, tests);
    }

    /// <summary>
    /// Each neuron as a function of the left and of the right element: the effective embeddings, where these have one column for each neuron (so the
    /// pre-activation is their sum); else the mean activation over the other element, times √n and centred.
    /// </summary>
    internal static (HostMatrix Left, HostMatrix Right) NeuronFunctions(FiniteGroup group, GroupNetworkWeights weights, GroupNetworkMoments moments)
    {
        if (weights.EmbedX.Columns == moments.HiddenWidth)
        {
            return (weights.EmbedX, weights.EmbedY);
        }

        var n = group.Order;
        HostMatrix Centred(double[] sums)
        {
            var values = new double[sums.Length];
            for (var j = 0; j < moments.HiddenWidth; j++)
            {
                double mean = 0;
                for (var g = 0; g < n; g++)
                {
                    mean += sums[(g * moments.HiddenWidth) + j] / n;
                }

                for (var g = 0; g < n; g++)
                {
                    values[(g * moments.HiddenWidth) + j] = (sums[(g * moments.HiddenWidth) + j] - mean) / Math.Sqrt(n);
                }
            }

            return new HostMatrix(n, moments.HiddenWidth, values);
        }

        return (Centred(moments.LeftSums), Centred(moments.RightSums));
    }
}
