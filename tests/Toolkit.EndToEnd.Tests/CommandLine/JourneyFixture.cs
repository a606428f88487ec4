namespace Toolkit.EndToEnd.Tests.CommandLine;

/// <summary>
/// A small network, trained, exported and captured once by the real programs, for the tests that look at it.
/// </summary>
public sealed class JourneyFixture : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public string Training => _folder["training"];

    public string Run => _folder["training", "capture"];

    public string Model => _folder["training", "model.onnx"];

    internal ProgramResult TrainingResult { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var config = _folder["s3.json"];
        await File.WriteAllTextAsync(config, """
            {
              "model": "OneLayerMLP", "group": "SymmetricGroup", "group_parameter": 3,
              "layers": { "embed_dim": 32, "hidden_dim": 24 }, "lr": 0.01, "weight_decay": 0.1, "betas": [0.9, 0.98],
              "frac_train": 0.8, "seed": 3, "num_epochs": 600
            }
            """);
        TrainingResult = (await Programs.RunAsync("train", "run", config, "--out", Training, "--json")).ShouldSucceed();
        (await Programs.RunAsync("inspect", "capture", Model, "--inputs", "group:S3", "--out", Run)).ShouldSucceed();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
