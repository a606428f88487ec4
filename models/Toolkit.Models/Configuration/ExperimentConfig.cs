using Toolkit.Formats;
using Toolkit.Models.Groups;
using Toolkit.Models.Tasks;

namespace Toolkit.Models.Configuration;

/// <summary>
/// One training run: the published <c>cfg.json</c> and a few optional fields of our own. Valid by construction.
/// </summary>
/// <remarks>The fields and their ranges are in <c>models/experiments/experiment.schema.json</c>.</remarks>
public sealed record ExperimentConfig
{
    /// <summary>The text it was read from, unchanged; it travels in the model's metadata.</summary>
    public required string Text { get; init; }

    /// <summary>"model".</summary>
    public required Architecture Architecture { get; init; }

    /// <summary>"group" and "group_parameter".</summary>
    public required GroupDefinition Group { get; init; }

    /// <summary>"element_order", ours, optional: how elements are numbered. Default: as published.</summary>
    public ElementOrdering ElementOrdering { get; init; }

    /// <summary>"layers".</summary>
    public required LayerSizes Layers { get; init; }

    /// <summary>"lr": learning rate of AdamW, positive.</summary>
    public required double LearningRate { get; init; }

    /// <summary>"weight_decay" of AdamW, not negative.</summary>
    public required double WeightDecay { get; init; }

    /// <summary>"betas": decay of AdamW's first moment.</summary>
    public required double Beta1 { get; init; }

    /// <summary>"betas": decay of AdamW's second moment.</summary>
    public required double Beta2 { get; init; }

    /// <summary>"frac_train": the share of the n² pairs that are for training, over 0 and at most 1.</summary>
    public required double TrainFraction { get; init; }

    /// <summary>"seed": of the split and, once more, of the initial weights.</summary>
    public required long Seed { get; init; }

    /// <summary>"num_epochs": optimiser steps over all training pairs.</summary>
    public required int Epochs { get; init; }

    /// <summary>"extra_name": what the published width study appends to a run's name.</summary>
    public string? ExtraName { get; init; }

    /// <summary>
    /// "checkpoints", ours, optional: how many logarithmically spaced checkpoints to keep. Default 1,000, as published.
    /// </summary>
    public int Checkpoints { get; init; } = 1000;

    /// <summary>"log_every", ours, optional: epochs between two rows of metrics. Default 100, as published.</summary>
    public int LogEvery { get; init; } = 100;

    /// <summary>
    /// The name of the run, as the published folders are named: "S5_MLP_seed2", "S5_MLP_hidden_dim_32_seed1".
    /// </summary>
    public string Name => $"{Group.Name}_{ShortName(Architecture)}{ExtraName}_seed{Seed}";

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="BadInputException">The file is missing or not JSON, or has faults: all of them are
    /// listed.</exception>
    public static ExperimentConfig Load(string path) => Parse(
        TextFile.Read(path, 64 << 20, "a configuration"), path, Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="source">Where the text stands, for messages.</param>
    /// <param name="folder">What a relative path of a multiplication table is relative to.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="BadInputException">It is not JSON, or has faults: all of them are listed.</exception>
    public static ExperimentConfig Parse(string text, string source = "cfg.json", string folder = "") =>
        new ExperimentConfigReader(source, folder).Read(text);

    /// <summary>Builds the group with its elements numbered as the configuration says.</summary>
    /// <returns>The group.</returns>
    /// <exception cref="BadInputException">The group is no group, or too large.</exception>
    public FiniteGroup CreateGroup() => FiniteGroup.Create(Group, ElementOrdering);

    /// <summary>Builds pairs, labels and split.</summary>
    /// <returns>The task.</returns>
    public GroupTask CreateTask() => new(CreateGroup(), TrainFraction, Seed);

    private static string ShortName(Architecture architecture) => architecture switch
    {
        Architecture.OneLayerMlp => "MLP",
        Architecture.OneLayerMlpWithBias => "MLPwithBias",
        Architecture.Bilinear => "Bilinear",
        _ => "T",
    };
}
