using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Toolkit.Capture;
using Toolkit.Capture.Inputs;
using Toolkit.Capture.Planning;
using Toolkit.CommandLine;
using Toolkit.Formats;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Runs;
using Toolkit.Inspect.Processes;
using Toolkit.Inspect.Sources;
using Toolkit.Runtime;

namespace Toolkit.Inspect.Commands;

/// <summary><c>inspect capture</c>: the values of a model over samples, into a run directory.</summary>
internal sealed class CaptureCommand
{
    private const int MostThreads = 64;

    /// <summary>The runtime takes minutes to optimise some graphs of 100,000 nodes, and hours for others.</summary>
    private const double PlanningSeconds = 600;

    private readonly Argument<string> _model = new("MODEL") { Description = "The ONNX file." };

    private readonly Option<string> _inputs = new("--inputs")
    {
        Description =
            "The samples: a .npz, .npy, .safetensors or .parquet file (samples along the axis that counts them, "
                + "--sample-axis), ONNX .pb tensors or a folder of input_0.pb … (one run of the model, kept as one "
                + "sample; inputs of text are taken from these alone), random:SEED:N, or group:S5 (all pairs). Of "
                + ".parquet, columns that are no numbers, truth values, text or lists of numbers are left out and "
                + "named.",
        Required = true,
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "The run directory: a new or empty folder.",
        Required = true,
    };

    private readonly Option<string[]> _tensors = new("--tensors")
    {
        Description = "Only these values: a name with * and ?, op:Relu, scope:If_0*, or role:hidden in group networks "
            + "of ours; `inspect model` lists all of these. May be repeated: patterns of one kind add up, different "
            + "kinds narrow each other (op:Relu and scope:If_0* is the Relus in there). Default: all.",
    };

    private readonly Option<string> _mode = new("--mode")
    {
        Description = "all: every value; as-deployed: only values that block no fusion; unfused: every value, "
            + "nothing optimised.",
        DefaultValueFactory = static _ => "all",
    };

    private readonly Option<bool> _stats = new("--stats-only")
    {
        Description = "Keep statistics, no values: measured inside the graph, in little more than the memory of the "
            + "plain model, however many samples; with --repeat, a batch of values lies on the disk.",
    };
    private readonly Option<string[]> _covariance = new("--covariance")
    {
        Description = "Keep the covariance of the features of these values too (as --tensors; at most 2048 "
            + "features), in results/covariance.parquet. May be repeated.",
    };

    private readonly Option<int?> _batch = new("--batch")
    {
        Description = "Samples in one run of the model. Default: as many as give about 32 MiB of values, while the model itself takes no more than 128 MiB for its own.",
    };
    private readonly Option<long?> _segment = new("--segment")
    {
        Description = "Samples after which files are finished and --resume can go on. Default: 65536, fewer for "
            + "large values.",
    };

    private readonly Option<string> _encoding = new("--encoding")
    {
        Description =
            "size (default): the smaller of two zstd encodings per value; speed: lz4 where it pays, else raw.",
        DefaultValueFactory = static _ => "size",
    };

    private readonly Option<bool?> _byChannel = new("--by-channel")
    {
        Description =
            "Write values by channels too, so that one neuron over all samples is read without the others; false: "
                + "do not. "
                + "Default: from 100000 samples on, except with --encoding speed (it doubles the bytes).",
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "cpu (default), cuda, cuda:N or auto.",
        DefaultValueFactory = static _ => "cpu",
    };
    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads inside one operation. Default: 0, one per physical core.",
    };
    private readonly Option<string?> _shard = new("--shard")
    {
        Description = "Capture part i of n, as i/n. Default: SLURM_ARRAY_TASK_ID of SLURM_ARRAY_TASK_COUNT, or "
            + "JOB_COMPLETION_INDEX of --shards, where set, else everything.",
    };
    private readonly Option<int?> _shards = new("--shards")
    {
        Description = "How many parts there are, where JOB_COMPLETION_INDEX, or SLURM_ARRAY_TASK_ID without a count, "
            + "says which this is.",
    };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with an unfinished capture." };
    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Say what would be captured, and how large it is; write nothing.",
    };
    private readonly Option<string[]> _dim = new("--dim")
    {
        Description = "The extent of a symbolic dimension, as name=8 or input.axis=8; of the one that counts samples "
            + "it is --batch. May be repeated. Default: 1.",
    };
    private readonly Option<string[]> _range = new("--range")
    {
        Description = "For random integers, as input=LOW..HIGH, both included, or input=VALUE. May be repeated. "
            + "Default: the rows of the table that the input looks up (token ids), else 0..9.",
    };
    private readonly Option<string[]> _carry = new("--carry")
    {
        Description = "State that goes from sample to sample, as output=input. An axis that the output names "
            + "otherwise than the input (a cache) begins empty and grows; inputs with the output's name for it (a "
            + "mask) are given in full length and cut to what there is. May be repeated.",
    };
    private readonly Option<string[]> _sampleAxis = new("--sample-axis")
    {
        Description = "The axis of an input that counts samples, as input=axis. May be repeated. Default: the one "
            + "that the model calls its batch, else the first.",
    };
    private readonly Option<string[]> _featureAxis = new("--feature-axis")
    {
        Description = "The axis of features, as pattern=axis; values that a pattern fits and that have no such axis "
            + "keep theirs. May be repeated. Default: 1 for images, else the last.",
    };
    private readonly Option<string[]> _ragged = new("--ragged")
    {
        Description = "Values whose samples differ in shape, where the graph does not say so. May be repeated.",
    };
    private readonly Option<string?> _labels = new("--labels")
    {
        Description = "A .parquet or .npy file with one value per sample that rides along in samples.",
    };
    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Replace a value by an array or a stored run's, as VALUE=FILE or VALUE=RUN. May be repeated.",
    };
    private readonly Option<string[]> _zero = new("--zero")
    {
        Description = "Set a value, or some channels of it, to zero, as VALUE or VALUE:0,3,8-15. May be repeated.",
    };
    private readonly Option<string[]> _mean = new("--mean")
    {
        Description = "Replace a value by its mean over the samples. May be repeated.",
    };
    private readonly Option<string[]> _rank = new("--rank")
    {
        Description = "Keep the top k principal directions of a value, as VALUE=k, or VALUE=k@RUN for those of a "
            + "stored run. May be repeated.",
    };
    private readonly Option<double?> _timeLimit = new("--time-limit")
    {
        Description = "End the capture after this many seconds. Default: none.",
    };
    private readonly Option<double> _planningLimit = new("--planning-limit")
    {
        Description = $"Give up where no batch has begun after this many seconds. Default: {PlanningSeconds}.",
        DefaultValueFactory = static _ => PlanningSeconds,
    };
    private readonly Option<long?> _memoryLimit = new("--memory-limit")
    {
        Description = $"End the capture above this many MiB of memory. Default: {ChildLimits.DefaultMemory}.",
    };
    private readonly Option<string?> _memoryBudget = new("--memory-budget")
    {
        Description =
            "Keep the process below this much memory, as 800M or 1.5G, by running every batch through several models "
                + "that each give some of the values. "
                + "What is stored is the same. Default: none.",
    };

    private readonly Option<int> _repeat = new("--repeat")
    {
        Description = "Run every batch N times and record how much each value differs between the runs: the noise "
            + "that `inspect diff` allows for. Default: 1, not measured.",
        DefaultValueFactory = static _ => 1,
    };

    private readonly Option<bool> _json = new("--json") { Description = "One JSON document instead of text." };
    private readonly Option<bool> _inProcess = new(ChildProgram.InProcess)
    {
        Description = "Run the model in this process.",
        Hidden = true,
    };
    private readonly Terminal _terminal;

    private CaptureCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal) => new CaptureCommand(terminal).Build();

    private Command Build()
    {
        var command = new Command(
            "capture", "Runs a model over samples and writes its values to a run directory (Parquet).")
        {
            _model, _inputs, _out, _tensors, _mode, _stats, _covariance, _batch, _segment, _encoding, _byChannel, _device, _threads, _shard, _shards, _resume, _dryRun,
            _dim, _range, _carry, _sampleAxis, _featureAxis, _ragged, _labels, _set, _zero, _mean, _rank, _repeat, _memoryBudget,
            _timeLimit, _planningLimit, _memoryLimit, _json, _inProcess,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = Options(parsed);
        if (!parsed.GetValue(_inProcess))
        {
            var folder = new NewRunFolder(options.Folder);

            // What is there already and may not go on is another capture's.
            var others = !options.Resume && RunWriter.HasFinished(options.Folder, options.Shard);
            var code = await new ChildProgram(_terminal).RunAsync(
                [.. Arguments(parsed), ChildProgram.InProcess],
                options.ModelPath,
                ChildLimits.Of(
                    parsed.GetValue(_timeLimit), parsed.GetValue(_memoryLimit), parsed.GetValue(_planningLimit)),
                "Find a value that crashes it with --tensors, or try --mode unfused.",
                cancellation,
                saved: () => parsed.GetValue(_dryRun) ? string.Empty
                    : !others && RunWriter.HasFinished(options.Folder, options.Shard)
                        ? " Everything finished so far is saved; go on with --resume."
                        : " Nothing was finished by then, and nothing is saved.",
                lessTime: " Give it more, take fewer values (--tensors), or use --mode unfused, which spares the "
                    + "runtime its optimisations.",
                lessMemory: " Try a smaller --batch, or --memory-budget.",
                savesMemory: options.MemoryBudgetBytes is not null);
            if (code != ExitCode.Done && options.Shards == 1)
            {
                folder.DeleteUnlessStored();
            }

            return code;
        }

        using var stop = ParentWatch.Begin(cancellation);
        if (!parsed.GetValue(_dryRun))
        {
            RunWriter.CheckFolder(options.Folder);
        }

        using var preparation = Prepare(options);
        WarnOfIdleShards(preparation.Plan, options.Shards);
        WarnOfNoCuda(options.Device);
        if (parsed.GetValue(_dryRun))
        {
            PrintPlan(preparation, parsed.GetValue(_json));
            return ExitCode.Done;
        }

        DiskQuota.Check(preparation);
        PlanningSignal.Say();
        var clock = Stopwatch.StartNew();
        CaptureSummary summary;
        using (var progress = new SampleProgress(_terminal, preparation.Plan.Samples / options.Shards))
        {
            try
            {
                summary = await CaptureSession.RunAsync(preparation, progress, stop.Token);
            }
            catch (OperationCanceledException)
            {
                // The parent says what is saved.
                return ExitCode.Cancelled;
            }
        }

        if (summary.IsComplete && preparation.Plan.Covariance is not null)
        {
            CovarianceWarning.Say(_terminal, summary.Folder);
        }

        Print(summary, preparation, clock.Elapsed, parsed.GetValue(_json));
        return ExitCode.Done;
    }

    private CapturePreparation Prepare(CaptureOptions options)
    {
        using var progress = new StepProgress(_terminal);
        return CapturePreparation.Create(options with { Planning = progress });
    }

    /// <summary>A shard takes whole batches, and by default few samples are one batch.</summary>
    private void WarnOfIdleShards(RunPlan plan, int shards)
    {
        var batches = plan.Batches();
        if (batches < shards)
        {
            _terminal.Log(
                $"warning: {plan.Samples} samples in batches of {plan.Batch} keep {batches} of {shards} shards busy. "
                    + "Take a smaller --batch, the same for all shards, or fewer shards.");
        }
    }

    /// <summary>Who built for CUDA and leaves the choice to the machine learns why it chose otherwise.</summary>
    private void WarnOfNoCuda(string device)
    {
        if (InferenceDevice.HasCuda
            && device.Equals("auto", StringComparison.OrdinalIgnoreCase)
            && InferenceDevice.CudaFault() is { } fault)
        {
            _terminal.Log($"warning: this runs on the CPU: {fault}");
        }
    }

    private static IEnumerable<string> Arguments(ParseResult parsed) => parsed.Tokens.Select(token => token.Value);

    private CaptureOptions Options(ParseResult parsed)
    {
        var modelPath = parsed.GetValue(_model)!;
        var source = parsed.GetValue(_inputs)!;
        var shard = ShardChoice.Of(
            parsed.GetValue(_shard), parsed.GetValue(_shards), Environment.GetEnvironmentVariable);
        if (shard.Origin is not null && parsed.GetValue(_inProcess))
        {
            _terminal.Log($"shard {shard.Index} of {shard.Count}, by {shard.Origin}");
        }

        var dimensions = NamedValues.Dimensions(parsed.GetValue(_dim));
        var carry = NamedValues.Pairs(parsed.GetValue(_carry), "--carry", "output=input");
        var sampleAxes = NamedValues.ByName(
            parsed.GetValue(_sampleAxis), "--sample-axis", "input=axis", static text => Axis(text, "--sample-axis"));
        var inputOptions = new InputOptions
        {
            Source = source,
            Dimensions = dimensions,
            SampleAxes = sampleAxes,
            Ranges = NamedValues.ByName(parsed.GetValue(_range), "--range", "input=LOW..HIGH", Range),
            Labels = parsed.GetValue(_labels),
            Optional = carry.Select(c => c.Right).ToHashSet(StringComparer.Ordinal),
            Log = _terminal.Log,
        };
        if (parsed.GetValue(_stats) && parsed.GetValue(_byChannel) == true)
        {
            throw new UsageException("--by-channel with --stats-only: statistics alone keep no values to be written.");
        }

        if (shard.Count > 1 && carry.Count > 0)
        {
            throw new UsageException("--carry goes from sample to sample: it cannot be divided into shards.");
        }

        return new CaptureOptions
        {
            ModelPath = modelPath,
            Folder = parsed.GetValue(_out)!,
            Inputs = inputs => GroupInputs.Recognises(source)
                ? InputSources.Open(inputOptions, inputs, GroupInputs.Open(source, modelPath, inputs))
                : OpenInputs(inputOptions, modelPath, inputs),
            Values = parsed.GetValue(_tensors) ?? [],
            Mode = ModelCommand.ParseMode(parsed.GetValue(_mode)!),
            CountNodes = parsed.GetValue(_dryRun),
            StatisticsOnly = parsed.GetValue(_stats),
            Covariance = parsed.GetValue(_covariance) ?? [],
            Batch = Positive(parsed.GetValue(_batch), "--batch"),
            MemoryBudgetBytes = parsed.GetValue(_memoryBudget) is { } budget
                ? ByteSize.Parse(budget)
                    ?? throw new UsageException($"--memory-budget {budget}: a size was expected, such as 800M or 1.5G.")
                : null,
            Repeat = Positive<int>(parsed.GetValue(_repeat), "--repeat") ?? 1,
            SegmentSamples = Positive(parsed.GetValue(_segment), "--segment"),
            ForSpeed = parsed.GetValue(_encoding) switch
            {
                "size" => false,
                "speed" => true,
                var other => throw new UsageException($"--encoding {other}: size or speed was expected."),
            },
            ByChannel = parsed.GetValue(_byChannel),
            Device = parsed.GetValue(_device)!,
            Threads = ThreadCount(parsed.GetValue(_threads)),
            Shard = shard.Index,
            Shards = shard.Count,
            Resume = parsed.GetValue(_resume),
            Dimensions = dimensions,
            SampleAxes = sampleAxes,
            FeatureAxes = [.. NamedValues.Pairs(parsed.GetValue(_featureAxis), "--feature-axis", "pattern=axis").Select(
                p => (p.Left, Axis(p.Right, "--feature-axis")))],
            Ragged = parsed.GetValue(_ragged) ?? [],
            Carry = [.. carry.Select(c => (c.Left, c.Right))],
            Interventions = InterventionOptions.Parse(
                parsed.GetValue(_set), parsed.GetValue(_zero), parsed.GetValue(_mean), parsed.GetValue(_rank)),
            Tool = $"inspect {typeof(CaptureCommand).Assembly.GetName().Version?.ToString(3)}",
        };
    }

    /// <summary>
    /// Random token ids stay within the tables that the model looks them up in, unless a range is said.
    /// </summary>
    private IInputSource OpenInputs(
        InputOptions options, string modelPath, IReadOnlyList<ValueDescription> inputs)
    {
        var tables = options.Source.StartsWith("random:", StringComparison.Ordinal)
            ? IndexRanges.Of(OnnxModelFile.Load(modelPath)).Where(t => !options.Ranges.ContainsKey(t.Input)).ToList()
            : [];
        var ranges = new Dictionary<string, (long Low, long High)>(options.Ranges, StringComparer.Ordinal);
        foreach (var (input, rows, _) in tables)
        {
            ranges.Add(input, (0, rows - 1));
        }

        var source = InputSources.Open(options with { Ranges = ranges }, inputs);
        foreach (var (input, rows, table) in tables)
        {
            _terminal.Log(
                $"input {HostileText.Quote(input)}: 0 to {rows - 1} at random, the rows of "
                    + $"{HostileText.Quote(table)} (--range says otherwise)");
        }

        return source;
    }

    private static T? Positive<T>(T? value, string option)
        where T : struct, System.Numerics.INumber<T> =>
        value is { } number
            && number <= T.Zero ? throw new UsageException($"{option} {number}: at least 1 was expected.") : value;

    /// <summary>
    /// The runtime makes as many threads as it is told, and they wait by spinning: thousands stop a machine.
    /// </summary>
    private static int ThreadCount(int threads)
    {
        var most = Math.Max(MostThreads, Environment.ProcessorCount);
        return threads >= 0 && threads <= most
            ? threads
            : throw new UsageException(
                $"--threads {threads}: 0 (one per physical core) to {most} were expected.");
    }

    private static int Axis(string text, string option) => (int)Math.Clamp(
        NamedValues.Whole(text, option), int.MinValue, int.MaxValue);

    private static (long Low, long High) Range(string text)
    {
        var parts = text.Split("..");
        var (low, high) = (NamedValues.Whole(parts[0], "--range"), NamedValues.Whole(parts[^1], "--range"));
        return parts.Length <= 2 && low <= high
            ? (low, high)
            : throw new UsageException($"--range: '{text}' is not LOW..HIGH with LOW at most HIGH.");
    }

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private void Print(CaptureSummary summary, CapturePreparation preparation, TimeSpan elapsed, bool json)
    {
        if (json)
        {
            _terminal.WriteJson(new
            {
                Run = summary.Folder,
                summary.Samples,
                summary.SamplesBefore,
                summary.Values,
                summary.Bytes,
                summary.ChannelBytes,
                ValueBytes = preparation.ValueBytes,
                preparation.Plan.Batch,
                Mode = preparation.Plan.Mode,
                summary.OutputDifference,
                preparation.Plan.PlainNodes,
                preparation.Plan.ExposedNodes,
                Passes = preparation.ValuesPerPass.Count,
                Seconds = elapsed.TotalSeconds,
                PeakMemoryBytes = PeakMemory(),
                Complete = summary.IsComplete,
                summary.Effects,
                summary.OutputsWithoutEffect,
            });
            return;
        }

        PrintEffects(summary, preparation);
        if (preparation.Plan is { Mode: "as-deployed", PlainNodes: { } plain, ExposedNodes: { } exposed })
        {
            _terminal.Output.WriteLine(
                $"as deployed: the runtime makes {plain} nodes of the model without these values and {exposed} "
                    + "with them.");
        }

        _terminal.Output.WriteLine(
            $"{summary.Folder}: {(preparation.Plan.StatsOnly ? "statistics of " : string.Empty)}{summary.Values} "
                + $"value{(summary.Values == 1 ? "" : "s")} over {summary.Samples} "
                + $"sample{(summary.Samples == 1 ? "" : "s")}, {ByteSize.Text(summary.Bytes)} on "
                + $"disk{(summary.ChannelBytes > 0 ? $" ({ByteSize.Text(summary.ChannelBytes)} of them by channels)" : string.Empty)} "
            + $"from {ByteSize.Text(preparation.ValueBytes / preparation.Options.Shards)} of values, "
            + $"{elapsed.TotalSeconds:0.0} s"
            + (preparation.ValuesPerPass.Count > 1 ? $", in {preparation.ValuesPerPass.Count} passes" : string.Empty)
            + (summary.IsComplete ? "." : "; complete the run with `inspect merge` when all shards are done."));
    }

    private void PrintEffects(CaptureSummary summary, CapturePreparation preparation)
    {
        EffectReport.Write(_terminal, summary.Effects, summary.Samples);
        if (summary is { Effects.Count: > 0, IsComplete: false })
        {
            _terminal.Output.WriteLine(
                $"This is over {summary.Samples} of {preparation.Plan.Samples} samples, those of this shard; "
                    + "`inspect merge` tells it for all.");
        }

        // Statistics are no values that could be compared.
        var compare = (preparation.Plan.StatsOnly ? "without --stats-only, " : string.Empty)
            + "with and without the change, and compare with `inspect diff`.";
        if (summary.Effects.Count > 0 && preparation.Options.Carry.Count > 0)
        {
            _terminal.Output.WriteLine(
                "Both models began each sample with the state that the changed one carried there. Over the whole "
                    + $"sequence: capture {compare}");
        }

        if (summary.OutputsWithoutEffect.Count > 0)
        {
            var names = summary.OutputsWithoutEffect.Select(static name => HostileText.Quote(name));
            _terminal.Output.WriteLine(
                $"The effect on {string.Join(", ", names)} is not measured, for it is no tensor of floats; capture it "
                    + compare);
        }
    }

    private void PrintPlan(CapturePreparation preparation, bool json)
    {
        var plan = preparation.Plan;
        if (json)
        {
            _terminal.WriteJson(new
            {
                plan.Samples,
                plan.Batch,
                Segment = plan.SegmentSamples,
                preparation.ValueBytes,
                preparation.ChannelBytes,
                BytesPerSample = preparation.ValueBytes / plan.Samples,
                Passes = preparation.ValuesPerPass,
                preparation.EstimatedPeakBytes,
                plan.OutputDifference,
                plan.PlainNodes,
                plan.ExposedNodes,
                plan.Tensors,
            });
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns(
            "value", "op", "type", "stored", "one sample", "rows per", "remark");
        foreach (var tensor in plan.Tensors)
        {
            table.AddRow(
                Markup.Escape(tensor.Name),
                Markup.Escape(tensor.Operator ?? string.Empty),
                tensor.OriginalType,
                tensor.StoredType ?? "no",
                tensor.StoredType is null ? string.Empty
                    : tensor.SampleShape is null ? "differs"
                    : Markup.Escape($"[{string.Join(", ", tensor.SampleShape)}]"),
                tensor.StoredType is null ? string.Empty : tensor.Granularity.ToString().ToLowerInvariant(),
                Markup.Escape(tensor.Reason ?? string.Empty));
        }

        _terminal.Write(table);
        _terminal.Output.WriteLine(
            $"{plan.Samples} samples in batches of {plan.Batch}: {ByteSize.Text(preparation.ValueBytes)} of values "
                + $"before compression ({preparation.ValueBytes / plan.Samples} bytes per sample)"
            + (preparation.ChannelBytes > 0
                ? $", and {ByteSize.Text(preparation.ChannelBytes)} of them again by channels."
                : "."));
        var passes = preparation.ValuesPerPass;
        _terminal.Output.WriteLine(
            (passes.Count > 1
                ? $"{passes.Count} passes over every batch ({string.Join(", ", passes)} values)"
                : "One pass")
            + $"; estimated peak memory {ByteSize.Text(preparation.EstimatedPeakBytes)} (values by their lifetimes, "
            + "batches under way, the model, the process; not the scratch memory of kernels).");
        if (plan is { PlainNodes: { } plain, ExposedNodes: { } exposed })
        {
            _terminal.Output.WriteLine(
                $"The runtime makes {plain} nodes of the plain model and {exposed} of the one with these values"
                + (plan.OutputDifference is { } difference
                    ? "; its outputs differ by at most "
                        + $"{difference.ToString("0.##e+00", CultureInfo.InvariantCulture)}."
                    : "."));
        }
    }
}
