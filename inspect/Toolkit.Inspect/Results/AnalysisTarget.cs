using Toolkit.Analysis.Notebook;
using Toolkit.Analysis.Spectra;
using Toolkit.Formats;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Runs;

namespace Toolkit.Inspect.Results;

/// <summary>
/// What an analysis is pointed at: a run directory, an ONNX file, a folder of training output, or a checkpoint.
/// </summary>
internal sealed class AnalysisTarget
{
    private AnalysisTarget(string path, RunReader? run, string? modelPath)
    {
        Path = path;
        Run = run;
        ModelPath = modelPath;
        Group = modelPath is null ? null : GroupModel.TryRead(OnnxModelFile.Load(modelPath), modelPath);
    }

    /// <summary>As given.</summary>
    public string Path { get; }

    /// <summary>The run; null where the target is a file.</summary>
    public RunReader? Run { get; }

    /// <summary>The model; null for checkpoints, and for runs whose model is gone.</summary>
    public string? ModelPath { get; }

    /// <summary>The group network; null where the model is none of ours.</summary>
    public GroupModel? Group { get; }

    /// <summary>Opens a target.</summary>
    /// <exception cref="BadInputException">There is nothing, or nothing that can be analysed.</exception>
    public static AnalysisTarget Open(string path)
    {
        if (Directory.Exists(path))
        {
            var trained = System.IO.Path.Combine(path, "model.onnx");
            if (File.Exists(System.IO.Path.Combine(path, "plan.json")))
            {
                var run = RunReader.Open(path);
                var original = run.Manifest.Plan.Model.Path;
                return new AnalysisTarget(path, run, run.ModelPath ?? (File.Exists(original) ? original : null));
            }

            return File.Exists(trained) ? new AnalysisTarget(path, null, trained) : throw new BadInputException(
                $"{path}: this folder holds neither a run (plan.json, manifest.json) nor a trained network "
                    + "(model.onnx). "
                + "Make a run with `inspect capture MODEL.onnx --inputs SOURCE --out RUN`.");
        }

        return File.Exists(path)
            ? new AnalysisTarget(path, null, path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) ? path : null)
            : throw new BadInputException($"{path}: there is no such file or folder.");
    }

    /// <summary>The group network, or what to do where there is none.</summary>
    /// <exception cref="BadInputException">The model says nothing about a group.</exception>
    public GroupModel RequireGroup() => Group ?? throw new BadInputException(
        $"{Path}: {(ModelPath is null ? "there is no model" : "the model's metadata name no group")}; this analysis "
            + "is for networks on group "
        + "composition. Use one that `train run` or `inspect import` wrote, or a run captured from it.");

    /// <summary>Every weight as matrices, and what the group adds to them.</summary>
    /// <exception cref="BadInputException">A weight cannot be read.</exception>
    public IReadOnlyList<NamedMatrix> Matrices()
    {
        if (Group is not null)
        {
            return Group.Matrices();
        }

        if (Run is not null && ModelPath is null)
        {
            return [];
        }

        using var checkpoint = Checkpoint.Open(ModelPath ?? Path);
        return [.. checkpoint.Tensors.Where(tensor => tensor.Shape.Rank >= 2)
            .SelectMany(tensor => WeightMatrices.Of(tensor.Name, checkpoint.Read(tensor)))];
    }
}
