using System.Globalization;
using System.Text.RegularExpressions;
using Toolkit.Analysis.Representations;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Models.Configuration;
using Toolkit.Models.Networks;
using Toolkit.Models.Tasks;

namespace Toolkit.Inspect.Results;

/// <summary>
/// A group network with its task and roles, from a file, a run directory or a training folder, by metadata or by
/// configuration.
/// </summary>
internal sealed partial class GroupNetworkTarget
{
    private GroupNetworkTarget(
        ModelProto model,
        AnalysisTarget target,
        GroupTask task,
        IReadOnlyList<NetworkRole> roles,
        ExperimentConfig config)
    {
        Model = model;
        ModelPath = target.ModelPath!;
        Run = target.Run;
        Folder = Directory.Exists(target.Path) ? target.Path : null;
        Task = task;
        Roles = roles;
        Config = config;
    }

    public ModelProto Model { get; }

    public string ModelPath { get; }

    /// <summary>The run, where the target is one.</summary>
    public RunReader? Run { get; }

    /// <summary>Where results go by default: the run or training folder; null for a file.</summary>
    public string? Folder { get; }

    public GroupTask Task { get; }

    public IReadOnlyList<NetworkRole> Roles { get; }

    public ExperimentConfig Config { get; }

    /// <summary>True where a role was given by option, so that nothing but the graph itself proves it.</summary>
    public bool HasRolesByHand { get; private init; }

    /// <summary>What differs from the model's own metadata, in a sentence; null where nothing does.</summary>
    public string? Note { get; private init; }

    public bool IsTransformer => Config.Architecture == Architecture.Transformer;

    /// <summary>Optimiser steps behind the weights.</summary>
    public double Epochs => Config.Epochs;

    /// <summary>Opens a target.</summary>
    /// <exception cref="BadInputException">There is no model, no configuration, or the two are of different
    /// groups.</exception>
    public static GroupNetworkTarget Open(string path, string? configPath, IReadOnlyList<string> roleOptions)
    {
        var target = AnalysisTarget.Open(path);
        var modelPath = target.ModelPath ?? throw new BadInputException(
            $"{path}: there is no ONNX model. Write one with `inspect import "
                + $"{path} --config cfg.json --out model.onnx`.");
        var model = OnnxModelFile.Load(modelPath);
        var metadata = ModelMetadata.Read(model, modelPath);
        var beside = System.IO.Path.Combine(
            System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(modelPath))!, "cfg.json");
        var config = configPath is not null ? ExperimentConfig.Load(configPath)
            : metadata is not null ? ExperimentConfig.Parse(metadata.Config, modelPath)
            : File.Exists(beside) ? ExperimentConfig.Load(beside)
            : throw new BadInputException(
                $"{modelPath}: its metadata say nothing of a group. Give the configuration: --config cfg.json.");
        var task = configPath is null && metadata is not null ? metadata.BuildTask(modelPath) : config.CreateTask();
        if (metadata is not null && metadata.Group.Name != task.Group.Name)
        {
            throw new BadInputException(
                $"{configPath}: the configuration is of {task.Group.Name}, but {modelPath} was made for "
                    + $"{metadata.Group.Name}. Give the configuration it was trained with.");
        }

        if (configPath is not null && metadata is not null
            && !metadata.BuildTask(modelPath).Labels.SequenceEqual(task.Labels))
        {
            throw new BadInputException(
                $"{configPath}: the products of its {task.Group.Name} are not those that {modelPath} was made for: "
                    + "another group of the same size, or its elements in another order. Give the configuration it "
                    + "was trained with.");
        }

        var roles = metadata?.Roles ?? GroupNetworkFactory.Create(config, task.Group.Order).Roles;
        roles = Override(roles, roleOptions);
        return new(model, target, task, roles, config)
        {
            HasRolesByHand = roleOptions.Count > 0,
            Note = metadata is null ? OtherWidth(
                    configPath ?? beside,
                    GroupNetworkFactory.Create(config, task.Group.Order),
                    new GroupNetworkReader(model, modelPath, roles).ReadWeights(task.Group.Order).Unembed.Rows,
                    modelPath)
                : configPath is null ? null
                : Difference(
                    configPath,
                    config,
                    ExperimentConfig.Parse(metadata.Config, modelPath),
                    task.Group.Order,
                    modelPath),
        };
    }

    private static string? OtherWidth(string configPath, GroupNetwork network, int neurons, string modelPath)
    {
        var unembed = network.Roles.First(role => role.Name == NetworkRole.Unembed).Factors[0].Initializer;
        var stated = network.Parameters.First(parameter => parameter.Name == unembed).Shape[0];
        return stated == neurons ? null
            : $"{configPath}: its 'layers' give the hidden layer {stated} neurons, but that of {modelPath} has "
                + $"{neurons}, and these are measured. Is it the configuration it was trained with?";
    }

    private static string? Difference(
        string configPath, ExperimentConfig given, ExperimentConfig own, int order, string modelPath)
    {
        if (given.Architecture != own.Architecture)
        {
            throw new BadInputException(
                $"{configPath}: the configuration is of a {given.Architecture}, but {modelPath} is a "
                    + $"{own.Architecture}. Give the configuration it was trained with.");
        }

        if (Weights(given) is var there && Weights(own) is var here && there != here)
        {
            throw new BadInputException(
                $"{configPath}: its 'layers' ask for the weights {there}, but {modelPath} has {here}. Give the "
                    + "configuration it was trained with.");
        }

        return given.Seed == own.Seed && given.TrainFraction.Equals(own.TrainFraction) ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{configPath}: seed {given.Seed} and frac_train {given.TrainFraction}, but {modelPath} was trained "
                    + $"with seed {own.Seed} and {own.TrainFraction}: train and test losses are of another split "
                    + $"than its own.");

        // What the layers come to: the published Transformers ignore some of their fields.
        string Weights(ExperimentConfig config) => string.Join(
            ", ",
            GroupNetworkFactory.Create(config, order).Parameters.Select(weight => $"{weight.Name} {weight.Shape}"));
    }

    private static IReadOnlyList<NetworkRole> Override(IReadOnlyList<NetworkRole> roles, IReadOnlyList<string> options)
    {
        if (options.Count == 0)
        {
            return roles;
        }

        var given = new List<NetworkRole>();
        foreach (var option in options)
        {
            var role = Parse(option);
            given.Add(given.TrueForAll(other => other.Name != role.Name)
                ? role
                : throw new UsageException($"--role {option}: the role '{role.Name}' was given before."));
        }

        return [.. roles.Where(role => given.TrueForAll(other => other.Name != role.Name)), .. given];
    }

    private static NetworkRole Parse(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        string[] known =
        [
            NetworkRole.Hidden, NetworkRole.Logits, NetworkRole.EmbedX, NetworkRole.EmbedY, NetworkRole.Unembed,
            NetworkRole.Readout, NetworkRole.ReadoutWeights, NetworkRole.Residual,
        ];
        if (at <= 0 || at == text.Length - 1 || !known.Contains(text[..at]))
        {
            throw new UsageException($"--role {text}: ROLE=NAME was expected; roles are {string.Join(", ", known)}.");
        }

        var (name, value) = (text[..at], text[(at + 1)..]);
        if (name is NetworkRole.Hidden or NetworkRole.Logits or NetworkRole.Readout or NetworkRole.Residual)
        {
            var position = value.LastIndexOf('@');
            return position > 0 && int.TryParse(
                value[(position + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? NetworkRole.OfValue(name, value[..position], number)
                : NetworkRole.OfValue(name, value);
        }

        return NetworkRole.OfWeights(name, [.. value.Split('*').Select(factor =>
        {
            var rows = Rows().Match(factor);
            return new RoleFactor(
                rows.Groups["name"].Value,
                Number(rows.Groups["first"]),
                Number(rows.Groups["end"]),
                rows.Groups["transposed"].Success);
        })]);
    }

    private static int? Number(Group group) =>
        group.Length == 0 ? null : int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?<name>.+?)(?<transposed>\^T)?(\[(?<first>\d{0,9}):(?<end>\d{0,9})\])?$",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Rows();
}
