using System.CommandLine;
using Spectre.Console;
using Toolkit.Capture;
using Toolkit.Capture.Planning;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Processes;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect model</c>: every value of a model, and whether and how a capture can have it.</summary>
internal static class ModelCommand
{
    private const int NameWidth = 80;

    /// <summary>
    /// As deployed, up to 200 loads of the optimised graph, of some seconds each, find the values that leave it as it
    /// is; and a few nodes suffice to keep the runtime folding constants for hours.
    /// </summary>
    private const double DefaultSeconds = 600;

    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("MODEL") { Description = "The ONNX file." };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table." };
        var mode = new Option<string>("--mode")
        {
            Description = "all: every value; as-deployed: only values that block no fusion; unfused: every value, "
                + "nothing optimised.",
            DefaultValueFactory = static _ => "all",
        };
        var tensors = new Option<string[]>("--tensors")
        {
            Description = "Only these values: a name with * and ?, op:Relu, scope:If_0*, or role:hidden where the "
                + "table has roles (group networks of ours). May be repeated: patterns of one kind add up, "
                + "different kinds narrow each other. Default: all.",
        };
        var dimensions = new Option<string[]>("--dim")
        {
            Description = "The extent of a symbolic dimension, as name=8 or input.axis=8, for sizes. May be repeated.",
        };
        var timeLimit = new Option<double>("--time-limit")
        {
            Description = $"Give up after this many seconds. Default: {DefaultSeconds}.",
            DefaultValueFactory = static _ => DefaultSeconds,
        };
        var memoryLimit = new Option<long?>("--memory-limit")
        {
            Description = $"Give up above this many MiB of memory. Default: {ChildLimits.DefaultMemory}.",
        };
        var inProcess = new Option<bool>(ChildProgram.InProcess)
        {
            Description = "Load the model in this process.",
            Hidden = true,
        };
        var command = new Command(
            "model",
            "Lists inputs, outputs and every value of an ONNX model: type, shape, size, and how a capture can have "
                + "it or why not.")
        {
            model, json, mode, tensors, dimensions, timeLimit, memoryLimit, inProcess,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!parsed.GetValue(inProcess))
            {
                // The runtime infers the types, and a damaged model may crash it.
                return await new ChildProgram(terminal).RunAsync(
                    [.. parsed.Tokens.Select(static token => token.Value), ChildProgram.InProcess],
                    parsed.GetValue(model)!,
                    ChildLimits.Of(parsed.GetValue(timeLimit), parsed.GetValue(memoryLimit)),
                    "Check the file; it may be damaged.",
                    cancellation,
                    lessTime: ParseMode(parsed.GetValue(mode)!) == ExposureMode.AsDeployed
                        ? " Give it more, or use --mode all, which does not try what leaves the optimised graph "
                            + "as it is."
                        : " Give it more.");
            }

            var plan = Plan(terminal, parsed.GetValue(model)!, new PlanOptions
            {
                Mode = ParseMode(parsed.GetValue(mode)!),
                Dimensions = NamedValues.Dimensions(parsed.GetValue(dimensions)),
            });
            DimensionNames.Check(plan);
            var patterns = parsed.GetValue(tensors) ?? [];
            var values = patterns.Length == 0 ? plan.Values : [.. ValueSelection.Parse(patterns).Apply(plan)];
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(Document(plan, values));
            }
            else
            {
                Print(terminal, plan, values);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static ExposurePlan Plan(Terminal terminal, string path, PlanOptions options)
    {
        using var progress = new StepProgress(terminal);
        return ExposurePlan.Create(path, options with { Progress = progress });
    }

    internal static ExposureMode ParseMode(string text) => text switch
    {
        "all" => ExposureMode.All,
        "as-deployed" => ExposureMode.AsDeployed,
        "unfused" => ExposureMode.Unfused,
        _ => throw new UsageException($"--mode {text}: as-deployed, unfused or all was expected."),
    };

    private static object Document(ExposurePlan plan, IReadOnlyList<PlannedValue> values)
    {
        var selected = plan.Select().ToHashSet();
        return new
        {
            Model = plan.ModelPath,
            plan.Options.Mode,
            Producer = $"{plan.Graph.Model.ProducerName} {plan.Graph.Model.ProducerVersion}".Trim(),
            plan.Graph.Model.IrVersion,
            OperatorSets = plan.Graph.Model.OpsetImport.DistinctBy(static set => set.Domain).ToDictionary(
                static set => set.Domain, static set => set.Version),
            Metadata = plan.Graph.Model.MetadataProps.DistinctBy(static entry => entry.Key).ToDictionary(
                static entry => entry.Key, static entry => entry.Value),
            Nodes = plan.NodeCount,
            OptimizedNodes = plan.OptimizedNodeCount,
            ExposedNodes = plan.ExposedNodeCount,
            plan.PlainPeakBytes,
            plan.UnknownSizes,
            Inputs = plan.Values
                .Where(static value => value.Method == ExposureMethod.Input)
                .Select(static value => value.Name)
                .ToList(),
            Outputs = plan.Graph.Model.Graph.Output.Select(static output => output.Name).ToList(),
            Scopes = plan.Graph.Scopes.Select(static scope => new
            {
                scope.Path,
                scope.Depth,
                Operator = scope.Owner?.Proto.OpType,
                Node = scope.Owner?.Name,
                scope.Attribute,
                Nodes = scope.Nodes.Count,
            }).ToList(),
            Exposable = plan.Values.Count(static value => value.IsExposable),
            Values = values.Select(value => new
            {
                value.Key,
                value.Name,
                value.Scope,
                value.Depth,
                value.Order,
                Operator = value.OpType,
                value.Domain,
                value.Node,
                value.Role,
                value.Kind,
                value.ItemKind,
                Dtype = value.Type == ElementType.Undefined ? null : value.Type.DisplayName(),
                ExposedDtype = value.ExposedType == ElementType.Undefined ? null : value.ExposedType.DisplayName(),
                Shape = value.Shape?.Select(
                    static dimension => dimension.Extent is { } extent ? (object)extent : dimension.Name).ToList(),
                value.BytesPerSample,
                PeakBytes = value.IsExposable ? plan.PeakBytesAlone(value) : (long?)null,
                value.Method,
                value.IsExposable,
                InMode = selected.Contains(value),
                value.Steps,
                value.Reason,
                value.BlocksFusion,
                value.Blocks,
            }).ToList(),
        };
    }

    private static void Print(Terminal terminal, ExposurePlan plan, IReadOnlyList<PlannedValue> values)
    {
        var model = plan.Graph.Model;
        var optimized = plan.OptimizedNodeCount is { } count
            ? $", {count} after optimisation"
            : " (after optimisation: not measured)";
        var producer = $"{model.ProducerName} {model.ProducerVersion}".Trim();
        terminal.Write(new Text(
            $"{plan.ModelPath}: {Counted(plan.NodeCount, "node")}{optimized}, "
                + (producer.Length == 0 ? "" : $"made by {Line(producer, 60)}, ")
                + "operator sets "
                + $"{Line(string.Join(", ", model.OpsetImport.Select(static set => $"{(set.Domain.Length == 0 ? "onnx" : set.Domain)} {set.Version}")), 200)}\n"));
        var exposable = plan.Values.Where(static value => value.IsExposable).ToList();
        var blocking = plan.OptimizedNodeCount is null
            ? ""
            : $", {exposable.Count(static value => value.BlocksFusion)} of them only by blocking an optimisation";
        var constants = plan.Values.Count(static value => value.Method == ExposureMethod.Constant);
        terminal.Write(new Text($"{Counted(exposable.Count, "value")} can be captured{blocking}; "
            + $"{plan.Values.Count(static value => value.Reason is not null)} cannot; "
            + $"{Counted(constants, "constant")} {(constants == 1 ? "is" : "are")} not shown (inspect weights)\n"));
        terminal.Write(new Text(InMode(plan) + Sizes(plan) + "\n"));
        var unknown = plan.UnknownSizes > 0;
        var hasRoles = plan.Values.Any(static value => value.Role is not null);
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns(hasRoles ? "value (role)" : "value", "type", "shape")
            .AddColumn(new TableColumn("one sample").RightAligned())
            .AddColumn(new TableColumn("peak").RightAligned()).AddColumns("operator", "how", "blocks, or why not");
        var byScope = values.Where(static value => value.Method != ExposureMethod.Constant).ToLookup(
            static value => value.Scope, StringComparer.Ordinal);
        foreach (var scope in plan.Graph.Scopes.Where(scope => byScope.Contains(scope.Path)))
        {
            var indent = new string(' ', 2 * scope.Depth);
            if (scope.Owner is { } owner)
            {
                table.AddRow(
                    Cell($"{indent}{Line(scope.Path, NameWidth)}"),
                    Cell(""),
                    Cell(""),
                    Cell(""),
                    Cell(""),
                    Cell(owner.Proto.OpType),
                    Cell(scope.Attribute ?? ""),
                    Cell(""));
            }

            foreach (var value in byScope[scope.Path])
            {
                table.AddRow(
                    Cell(
                        $"{indent}{(scope.Depth > 0 ? "  " : "")}{Line(value.Name, NameWidth)}{(value.Role is { } role ? $" ({Line(role, 40)})" : "")}"),
                    Cell(TypeText(value)),
                    Cell(value.Shape is null ? "?" : $"[{Line(string.Join(", ", value.Shape), NameWidth)}]"),
                    Cell(value.BytesPerSample is { } bytes ? ByteSize.Text(bytes) : "?"),
                    Cell(!value.IsExposable ? ""
                        : value.BytesPerSample is null ? "?"
                        : $"{(unknown ? "≥ " : "")}{ByteSize.Text(plan.PeakBytesAlone(value))}"),
                    Cell(Line(value.OpType, 40)),
                    Cell(value.BlocksFusion && plan.Options.Mode == ExposureMode.AsDeployed
                        ? "not as deployed"
                        : HowText(value)),
                    Cell(value.Reason is { } reason ? Line(reason)
                        : value.Blocks.Count > 0 ? Line(string.Join(", ", value.Blocks))
                        : value.BlocksFusion ? "optimised away"
                        : ""));
            }
        }

        terminal.Write(table);
    }

    /// <summary>What the mode leaves, and the proof that the deployed graph stays as it is.</summary>
    private static string InMode(ExposurePlan plan) => plan.Options.Mode switch
    {
        ExposureMode.AsDeployed => $"as deployed: {plan.Select().Count} of them leave the graph as it is"
            + (plan.ExposedNodeCount is { } nodes
                ? $"; the runtime makes {plan.OptimizedNodeCount} nodes of it without them and {nodes} with all of "
                    + "them, as many of every operator\n"
                : "\n"),
        ExposureMode.Unfused => "unfused: nothing is optimised, so that none blocks anything\n",
        _ => "",
    };

    /// <summary>What would tell the sizes that are not known.</summary>
    private static string Sizes(ExposurePlan plan)
    {
        if (plan.UnknownSizes == 0)
        {
            return "";
        }

        var inputs = plan.Values
            .Where(static value => value is { Method: ExposureMethod.Input, Shape.Count: > 0 })
            .ToList();
        var batches = inputs.Select(static value => value.Shape![0].Name).ToHashSet(StringComparer.Ordinal);
        var open = inputs.Where(static value => value.BytesPerSample is null)
            .SelectMany(value => value.Shape!.Select((dimension, axis) => (dimension, axis, value)))
            .Where(item => item.dimension is { Extent: null, Name: var name } && item.axis > 0
                && (name is null || !batches.Contains(name)) && !plan.Options.Dimensions.ContainsKey(name ?? ""))
            .Select(static item => Line(item.dimension.Name ?? $"{item.value.Name}.{item.axis}", 40))
            .Distinct(StringComparer.Ordinal).ToList();
        var (are, them) = plan.UnknownSizes == 1 ? ("is", "it") : ("are", "them");
        return $"{Counted(plan.UnknownSizes, "size")} {are} not known before a run" + (open.Count == 0
            ? ""
            : $" without {string.Join(" and ", open.Take(8).Select(static name => $"--dim {name}=…"))}")
                + $"; a capture measures {them}\n";
    }

    private static string Counted(long count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static string TypeText(PlannedValue value) => value.Kind == Runtime.ValueKind.Tensor
        ? value.Type == ElementType.Undefined ? "?" : value.Type.DisplayName()
        : $"{value.Kind.ToString().ToLowerInvariant()}{(value.Type != ElementType.Undefined ? $" of {value.Type.DisplayName()}" : value.ItemKind is { } item ? $" of {item.ToString().ToLowerInvariant()}s" : "")}";

    private static string HowText(PlannedValue value) => value.Method switch
    {
        ExposureMethod.Input => "input",
        ExposureMethod.Output => "output already",
        ExposureMethod.None => "no",
        _ => Line(string.Join(", ", value.Steps)),
    };

    private static string Line(string text, int width = HostileText.MaximumLength) => HostileText.OneLine(text, width);

    // Plain text, never markup: names may hold brackets.
    private static Text Cell(string text) => new(text);
}
