using BenchmarkDotNet.Attributes;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Train.Torch;
using Toolkit.Train.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Toolkit.Benchmarks;

/// <summary>One optimiser step of the published S5 network: 5,760 pairs, e = 256, h = 128, n = 120.</summary>
/// <remarks>
/// <para>Measured on one core of an AMD EPYC with AVX-512, libtorch 2.10, as processor time (the machine was shared, so
/// wall time says little; two runs):</para>
/// <code>
/// Published         51.7 - 53.9 ms   1.00
/// Factored          10.1 - 11.7 ms   0.20 - 0.22   forward 3.0, gradient of the loss 0.7, backward 5.8, AdamW 0.2
/// ArithmeticAlone    8.0 -  8.4 ms   0.15 - 0.16
/// </code>
/// <para>So the step costs a fifth of the published one, and 1.3 times its own matrix products. What it does not prove:
/// two threads (29.6 ms against 8.1 ms with the loss still in float64, on a quiet moment of two cores), other
/// processors, a GPU.</para>
/// <para>Run: <c>dotnet run -c Release --project tests/Toolkit.Benchmarks -- --filter *TrainingStep*</c></para>
/// </remarks>
[InProcess]
[WarmupCount(3)]
[IterationCount(15)]
public class TrainingStepBenchmarks
{
    private PairBatch _batch = null!;
    private Tensor _labels = null!;
    private GroupNetwork _network = null!;
    private TorchParameters _parameters = null!;
    private AdamW _optimizer = null!;
    private List<TorchSharp.Modules.Parameter> _published = null!;
    private OptimizerHandle _publishedOptimizer = null!;
    private Tensor _hidden = null!, _logits = null!, _table = null!, _half = null!, _embedding = null!;

    [GlobalSetup]
    public void SetUp()
    {
        var config = ExperimentConfig.Parse("""
            {"model": "OneLayerMLP", "group": "S5", "layers": {"embed_dim": 256, "hidden_dim": 128}, "lr": 0.001, "weight_decay": 1,
             "betas": [0.9, 0.98], "frac_train": 0.4, "seed": 2, "num_epochs": 1}
            """);
        var task = config.CreateTask();
        _network = GroupNetworkFactory.Create(config, 120);
        _parameters = TorchParameters.Draw(_network, 2, CPU);
        _optimizer = new AdamW(_parameters, new AdamWOptions(0.001, 0.9, 0.98, 1));
        _batch = new PairBatch(task, task.TrainPairs, CPU);
        _labels = tensor(task.TrainPairs.ToArray().Select(pair => (long)task.Labels[pair]).ToArray()).unsqueeze(1);
        _published = [.. _parameters.Trained.Select(
            tensor => new TorchSharp.Modules.Parameter(tensor.detach().clone()))];
        _publishedOptimizer = new OptimizerHandle(_published);
        (_hidden, _logits, _table) = (randn(5760, 128), randn(5760, 120), randn(128, 120));
        (_half, _embedding) = (randn(256, 128), randn(120, 256));
    }

    /// <summary>The step as the published code writes it, in TorchSharp.</summary>
    [Benchmark(Baseline = true)]
    public void Published()
    {
        using var scope = NewDisposeScope();
        var stack = hstack([_published[0].index_select(0, _batch.A), _published[1].index_select(0, _batch.B)]);
        var logits = stack.mm(_published[2]).relu().mm(_published[3]);
        var loss = logits.to(ScalarType.Float64).log_softmax(-1).gather(1, _labels).mean().neg();
        loss.backward();
        _publishedOptimizer.Step();
    }

    /// <summary>The step as <c>train run</c> takes it.</summary>
    [Benchmark]
    public void Factored()
    {
        using var scope = NewDisposeScope();
        var logits = _network.Forward(new TorchTensorOps(_parameters.All), _batch.A, _batch.B);
        var gradient = _batch.Loss.Gradient(logits);
        logits.backward([gradient]);
        _optimizer.Step();
    }

    /// <summary>The nine matrix products of the factored step, and nothing else.</summary>
    [Benchmark]
    public void ArithmeticAlone()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        _hidden.mm(_table);
        _logits.mm(_table.t());
        _hidden.t().mm(_logits);
        var left = _embedding.mm(_half);
        var right = _embedding.mm(_half);
        left.mm(_half.t());
        right.mm(_half.t());
        _embedding.t().mm(left);
        _embedding.t().mm(right);
    }

    private sealed class OptimizerHandle(List<TorchSharp.Modules.Parameter> parameters)
    {
        private readonly optim.Optimizer _optimizer =
            optim.AdamW(parameters, lr: 0.001, beta1: 0.9, beta2: 0.98, weight_decay: 1);

        public void Step()
        {
            _optimizer.step();
            _optimizer.zero_grad();
        }
    }
}
