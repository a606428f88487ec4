using System.Diagnostics;
using System.Text.Json;
using Toolkit.Formats.Checkpoints.Numpy;
using Toolkit.Formats.Onnx;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.EndToEnd.Tests.Capture;

/// <summary>Captures by real processes: killed, divided, crashed.</summary>
public sealed class CaptureProcessTests
{
    private static readonly string[] Small = ["--inputs", "random:3:3000", "--batch", "1", "--segment", "100"];

    [Fact]
    public async Task A_capture_that_was_killed_at_any_moment_goes_on_to_the_same_bytes()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        (await Programs.RunAsync("inspect", ["capture", model, "--out", folder["whole"], .. Small])).ExitCode.ShouldBe(
            0);

        // Killed when some files more are there than before: at the start, and anywhere within a segment.
        var random = new Random(1);
        string[] arguments = ["capture", model, "--out", folder["run"], "--resume", .. Small];
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var files = Count() + (attempt == 0 ? 1 : random.Next(2, 40));
            (await KillAsync(arguments, () => Count() >= files)).ShouldBeTrue($"attempt {attempt}");
            File.Exists(folder["run", "manifest.json"]).ShouldBeFalse();
        }

        var result = await Programs.RunAsync("inspect", arguments);
        result.ExitCode.ShouldBe(0, result.Error);
        Files(folder["run"]).ShouldBe(Files(folder["whole"]));
        (await Programs.RunAsync("inspect", "verify", folder["run"])).ExitCode.ShouldBe(0);

        int Count() => Directory.Exists(folder["run"])
            ? Directory.EnumerateFiles(folder["run"], "*", SearchOption.AllDirectories).Count()
            : 0;
    }

    [Fact]
    public async Task A_capture_that_another_process_writes_is_refused_and_goes_on_when_that_was_killed()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        string[] arguments =
        [
            "capture", model, "--out", folder["run"], "--inputs", "random:3:20000", "--batch", "1", "--segment", "100",
            "--resume",
        ];
        Task<ProgramResult>? second = null;
        (await KillAsync(arguments, () =>
        {
            if (File.Exists(folder["run", "shards", "0-0.json"]))
            {
                second ??= Programs.RunAsync("inspect", arguments);
            }

            return second is { IsCompleted: true };
        })).ShouldBeTrue();
        File.Exists(folder["run", "manifest.json"]).ShouldBeFalse();
        var refused = await second.ShouldNotBeNull();
        refused.ExitCode.ShouldBe(2, refused.Error);
        refused.Error.ShouldContain($"error: {folder["run"]}: another process is writing this run now. Wait until");

        var resumed = await Programs.RunAsync("inspect", arguments);
        resumed.ExitCode.ShouldBe(0, resumed.Error);
        (await Programs.RunAsync("inspect", "verify", folder["run"])).ExitCode.ShouldBe(0);
        Directory.EnumerateFiles(folder["run"], "*.lock", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("capture", "--time-limit", "abc", "a number was expected")]
    [InlineData("capture", "--batch", "1.5", "a whole number was expected")]
    [InlineData("capture", "--batch", "3000000000", "a whole number from -2147483648 to 2147483647 was expected")]
    [InlineData("sql", "--limit", "all", "a whole number was expected")]
    [InlineData("diff", "--tolerance", "0,5", "a number was expected")]
    [InlineData("view", "--port", "q", "a whole number was expected")]
    [InlineData("run", "--epochs", "many", "a whole number was expected")]
    [InlineData("run", "--threads", "two", "a whole number was expected")]
    [InlineData("sweep", "--parallel", "1.5", "a whole number was expected")]
    public async Task An_option_that_is_no_number_says_what_was_expected(
        string command, string option, string value, string expected)
    {
        var result = await Programs.RunAsync(command is "run" or "sweep" ? "train" : "inspect", command, option, value);
        result.ExitCode.ShouldBe(1);
        result.Error.ShouldContain($"{option} {value}: {expected}.");
        result.Error.ShouldNotContain("System.");
    }

    [Theory]
    [InlineData("view", "--port", "70000", "--port is 0 to 65535.")]
    [InlineData("view", "--port", "-1", "--port is 0 to 65535.")]
    [InlineData("run", "--threads", "0", "--threads must be at least 1.")]
    [InlineData("sweep", "--parallel", "0", "--parallel must be at least 1.")]
    public async Task An_option_with_a_number_out_of_its_range_says_what_it_takes(
        string command, string option, string value, string expected)
    {
        var result = await Programs.RunAsync(command == "view" ? "inspect" : "train", command, option, value);
        result.ExitCode.ShouldBe(1);
        result.Error.ShouldContain(expected);
    }

    [Fact]
    public async Task Four_processes_write_one_run_without_talking()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        (await Programs.RunAsync("inspect", ["capture", model, "--out", folder["one"], .. Small])).ExitCode.ShouldBe(0);
        var shards = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
            Programs.RunAsync("inspect", ["capture", model, "--out", folder["four"], "--shard", $"{i}/4", .. Small])));
        shards.ShouldAllBe(shard => shard.ExitCode == 0);
        (await Programs.RunAsync("inspect", "merge", folder["four"])).ExitCode.ShouldBe(0);
        (await Programs.RunAsync("inspect", "verify", folder["four"])).ExitCode.ShouldBe(0);
        var difference = await Programs.RunAsync("inspect", "diff", folder["one"], folder["four"]);
        difference.Output.ShouldContain("No value differs by more than 0e+00.");
        var one = await File.ReadAllBytesAsync(folder["one", "stats.parquet"], TestContext.Current.CancellationToken);
        (await File.ReadAllBytesAsync(folder["four", "stats.parquet"], TestContext.Current.CancellationToken)).ShouldBe(
            one);
    }

    [Fact]
    public async Task Shards_that_get_no_batch_say_so()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        var result = await Programs.RunAsync(
            "inspect", "capture", model, "--out", folder["run"], "--inputs", "random:3:2", "--shard", "0/3");
        result.ExitCode.ShouldBe(0, result.Error);
        result.Error.ShouldContain(
            "warning: 2 samples in batches of 1 keep 2 of 3 shards busy. Take a smaller --batch, the same for all "
                + "shards, or fewer shards.");
    }

    [Fact]
    public async Task A_covariance_that_cannot_be_given_is_named()
    {
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(PlacesOfPositives(), folder["model.onnx"]);
        string[] arguments =
        [
            "capture", folder["model.onnx"], "--out", folder["run"], "--inputs", "random:1:64", "--batch", "8",
            "--stats-only", "--covariance", "y",
        ];
        const string Warning = "warning: results/covariance.parquet has nothing of 'y': "
            + "the number of features differs between batches, or there were no values.";
        var result = await Programs.RunAsync("inspect", arguments);
        result.ExitCode.ShouldBe(0, result.Error);
        result.Error.ShouldContain(Warning);
        var merged = await Programs.RunAsync("inspect", "merge", folder["run"]);
        merged.ExitCode.ShouldBe(0, merged.Error);
        merged.Error.ShouldContain(Warning);
    }

    [Fact]
    public async Task A_dry_run_names_what_it_would_store_as_the_run_does_and_writes_nothing()
    {
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(SomeModel.Linear(), folder["model.onnx"]);
        string[] command = ["capture", folder["model.onnx"], "--inputs", "random:1:20", "--out", folder["run"]];
        var dry = (await Programs.RunAsync("inspect", [.. command, "--dry-run", "--json"])).ShouldSucceed().Output;
        Directory.Exists(folder["run"]).ShouldBeFalse();
        (await Programs.RunAsync("inspect", command)).ShouldSucceed();

        string[] shared = ["name", "node", "op", "original_dtype", "stored_dtype", "dims", "feature_axis", "batch_axis"];
        var planned = JsonDocument.Parse(dry).RootElement.GetProperty("tensors").EnumerateArray()
            .Select(tensor => string.Join(";", shared.Select(name => tensor.GetProperty(name).ToString())));
        var table = ParquetTable.Read(Path.Combine(folder["run"], "tensors.parquet"), shared);
        planned.ShouldBe(Enumerable.Range(0, table.RowCount).Select(
            row => string.Join(";", shared.Select(name => table[name].ValueAt(row)?.ToString()))));
    }

    [Fact]
    public async Task A_capture_over_its_limit_is_one_clear_error()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        var result = await Programs.RunAsync(
            "inspect", ["capture", model, "--out", folder["run"], "--memory-limit", "40", .. Small]);
        result.ExitCode.ShouldBe(3);
        result.Error.ShouldContain("it took more than 40 MiB of memory (--memory-limit)");
        result.Error.ShouldContain("Nothing was finished by then, and nothing is saved.");
        result.Error.ShouldNotContain("--resume");
        Directory.Exists(folder["run"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_capture_that_would_take_the_machines_memory_is_one_clear_error_where_no_limit_is_given()
    {
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(SomeModel.Linear(), folder["model.onnx"]);
        var machine = new Dictionary<string, string?> { ["DOTNET_GCTotalPhysicalMemory"] = "0x4000000" };
        var result = await Programs.RunAsync(
            machine, "inspect", "capture", folder["model.onnx"], "--inputs", "random:1:1000000", "--out", folder["run"]);
        result.ShouldFailClearly(exitCode: 3);
        result.Error.ShouldContain(
            "it took more than 57 MiB of memory (--memory-limit; by default nine tenths of the machine's or container's)");
        Directory.Exists(folder["run"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_model_that_keeps_the_runtime_busy_for_hours_before_the_first_batch_is_one_clear_error()
    {
        // What the runtime does to the readers of one weight grows with their number, squared.
        const int nodes = 100_000;
        var graph = new GraphProto { Name = "graph" };
        var shape = new TensorShapeProto
        {
            Dim =
            {
                new TensorShapeProto.Types.Dimension { DimParam = "batch" },
                new TensorShapeProto.Types.Dimension { DimValue = 4 },
            },
        };
        graph.Input.Add(new ValueInfoProto
        {
            Name = "v0",
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float32, Shape = shape },
            },
        });
        graph.Initializer.Add(OnnxTensor.Write("W", HostTensor.Float32(new TensorShape(4, 4), new float[16])));
        graph.Node.AddRange(Enumerable.Range(0, nodes).Select(static i => new NodeProto
        {
            OpType = "MatMul",
            Input = { $"v{i}", "W" },
            Output = { $"v{i + 1}" },
        }));
        graph.Output.Add(new ValueInfoProto { Name = $"v{nodes}" });
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(model, folder["model.onnx"]);

        var result = await Programs.RunAsync(
            "inspect", "capture", folder["model.onnx"], "--inputs", "random:1:4", "--out", folder["run"], "--tensors",
            $"v{nodes}", "--planning-limit", "2");

        result.ExitCode.ShouldBe(3);
        result.Error.ShouldContain(
            $"error: {folder["model.onnx"]}: planning took longer than 2 s (--planning-limit). Give it more, take "
                + "fewer values (--tensors), or use --mode unfused");
        result.Error.ShouldNotContain("--resume");
        Directory.Exists(folder["run"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_capture_that_fails_on_its_first_batch_leaves_the_folder_to_the_next()
    {
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(Embedding(), folder["model.onnx"]);
        // The plan is proved on fewer samples.
        long[] ids = [.. Enumerable.Repeat(0L, 99), 10];
        var array = HostTensor.Create<long>(ElementType.Int64, new TensorShape(ids.Length), ids);
        NpzWriter.Write(folder["ids.npz"], [KeyValuePair.Create("ids", array)]);
        string[] arguments = ["capture", folder["model.onnx"], "--out", folder["run"], "--inputs"];

        var failed = await Programs.RunAsync("inspect", [.. arguments, folder["ids.npz"]]);
        failed.ExitCode.ShouldNotBe(0);
        failed.Error.ShouldContain("indices element out of data bounds");
        Directory.Exists(folder["run"]).ShouldBeFalse();

        (await Programs.RunAsync("inspect", [.. arguments, "random:1:4"])).ExitCode.ShouldBe(0);
        (await Programs.RunAsync("inspect", [.. arguments, folder["ids.npz"]])).ExitCode.ShouldNotBe(0);
        (await Programs.RunAsync("inspect", "verify", folder["run"])).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_seed_that_is_no_number_is_the_only_thing_said()
    {
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(Embedding(), folder["model.onnx"]);

        var result = await Programs.RunAsync(
            "inspect", "capture", folder["model.onnx"], "--out", folder["run"], "--inputs", "random:a:8");

        result.ExitCode.ShouldBe(2);
        result.Error.ShouldStartWith("error: 'random:a:8': random samples are written random:SEED:N");
    }

    [Fact]
    public async Task A_capture_that_the_disk_has_no_room_for_writes_nothing()
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        var result = await Programs.RunAsync(
            "inspect", "capture", model, "--out", folder["run"], "--inputs", "random:1:1000000000000");
        result.ExitCode.ShouldBe(2);
        result.Error.ShouldContain("left beyond a reserve of");
        Directory.Exists(folder["run"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("slurm")]
    [InlineData("kubernetes")]
    public async Task An_array_of_jobs_writes_the_run_that_one_process_writes(string scheduler)
    {
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        (await Programs.RunAsync("inspect", ["capture", model, "--out", folder["one"], .. Small])).ExitCode.ShouldBe(0);
        for (var i = 0; i < 3; i++)
        {
            // Slurm's arrays may begin at any number, here at 5.
            var environment = scheduler == "slurm"
                ? new Dictionary<string, string?>
                {
                    ["SLURM_ARRAY_TASK_ID"] = $"{i + 5}",
                    ["SLURM_ARRAY_TASK_COUNT"] = "3",
                    ["SLURM_ARRAY_TASK_MIN"] = "5",
                }
                : new Dictionary<string, string?> { ["JOB_COMPLETION_INDEX"] = $"{i}" };
            string[] shards = scheduler == "slurm" ? [] : ["--shards", "3"];
            var result = await Programs.RunAsync(
                environment, "inspect", ["capture", model, "--out", folder["three"], .. shards, .. Small]);
            result.ExitCode.ShouldBe(0, result.Error);
            result.Error.ShouldContain($"shard {i} of 3");
        }

        (await Programs.RunAsync("inspect", "merge", folder["three"])).ExitCode.ShouldBe(0);
        (await Programs.RunAsync("inspect", "verify", folder["three"])).ExitCode.ShouldBe(0);
        var one = await File.ReadAllBytesAsync(folder["one", "stats.parquet"], TestContext.Current.CancellationToken);
        (await File.ReadAllBytesAsync(
            folder["three", "stats.parquet"], TestContext.Current.CancellationToken)).ShouldBe(
            one);
        (await Programs.RunAsync("inspect", "diff", folder["one"], folder["three"])).Output.ShouldContain(
            "No value differs by more than 0e+00.");
    }

    [Fact]
    public async Task A_child_that_dies_is_one_clear_error_and_the_capture_goes_on_later()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Finds the child process in /proc.");
        var model = SharedData.Require("onnx", "lr_mnist_scikit.onnx");
        using var folder = new TemporaryFolder();
        string[] arguments =
        [
            "capture",
            model,
            "--out",
            folder["run"],
            "--inputs",
            "random:3:20000",
            "--batch",
            "1",
            "--segment",
            "100"
        ];
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo("dotnet", [Programs.PathOf("inspect"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process.Start();
        var cancellation = TestContext.Current.CancellationToken;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        while (!File.Exists(folder["run", "shards", "0-0.json"]) && !process.HasExited)
        {
            await Task.Yield();
        }

        process.HasExited.ShouldBeFalse();
        using (var child = Process.GetProcessById(ChildrenOf(process.Id).ShouldHaveSingleItem()))
        {
            child.Kill();
        }

        await process.WaitForExitAsync(cancellation);
        process.ExitCode.ShouldBe(3);
        (await output).ShouldBeEmpty();

        // On a busy machine, what takes its time is said before.
        var line = (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => !line.Contains(" s: ", StringComparison.Ordinal)
                && !line.Contains(" samples after ", StringComparison.Ordinal))
            .ShouldHaveSingleItem();
        line.ShouldStartWith($"error: {model}: the process that ran the model crashed (killed");
        line.ShouldContain("go on with --resume");
        File.Exists(folder["run", "manifest.json"]).ShouldBeFalse();
        var resumed = await Programs.RunAsync("inspect", [.. arguments, "--resume"]);
        resumed.ExitCode.ShouldBe(0, resumed.Error);
        (await Programs.RunAsync("inspect", "verify", folder["run"])).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_signal_while_the_runtime_does_not_let_go_leaves_nothing_running()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Finds the child process in /proc.");
        using var folder = new TemporaryFolder();
        OnnxModelFile.Save(Endless(), folder["model.onnx"]);
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(
            "dotnet",
            [
                Programs.PathOf("inspect"), "capture", folder["model.onnx"], "--inputs", "random:1:3", "--out",
                folder["run"],
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process.Start();
        var cancellation = TestContext.Current.CancellationToken;
        while (ChildrenOf(process.Id).Count == 0 && !process.HasExited)
        {
            await Task.Delay(10, cancellation);
        }

        using var child = Process.GetProcessById(ChildrenOf(process.Id).ShouldHaveSingleItem());

        // It runs the model when it has used so much of the processor, and never ends by itself.
        while (child.TotalProcessorTime < TimeSpan.FromSeconds(4) && !child.HasExited)
        {
            await Task.Delay(100, cancellation);
            child.Refresh();
        }

        using (var signal = Process.Start("kill", ["-TERM", $"{process.Id}"]))
        {
            await signal.WaitForExitAsync(cancellation);
        }

        await process.WaitForExitAsync(cancellation);
        process.ExitCode.ShouldBe(130);
        (await process.StandardError.ReadToEndAsync(cancellation)).ShouldContain(
            $"cancelled: {folder["model.onnx"]}. Nothing was finished by then, and nothing is saved.");
        child.HasExited.ShouldBeTrue();
        Directory.Exists(folder["run"]).ShouldBeFalse();
    }

    /// <summary>A loop that nothing ends.</summary>
    private static ModelProto Endless()
    {
        var body = SomeModel.LoopBody("i", "s:batch,3", SomeModel.Node("Neg", "s", "s_out"));
        return SomeModel.Of(SomeModel.Graph(
            ["x:batch,3"], ["y:batch,3"], SomeModel.Node("Loop", "_ _ x", "y", SomeModel.Attribute("body", body))));
    }

    /// <summary>Where the positive numbers of x [batch, 4] are: as many columns as there are.</summary>
    private static ModelProto PlacesOfPositives() => SomeModel.Of(SomeModel.Graph(
        ["x:batch,4"],
        ["y"],
        SomeModel.Node("Relu", "x", "positive"),
        SomeModel.Node("NonZero", "positive", "found"),
        SomeModel.Node("Cast", "found", "y", SomeModel.Attribute("to", (long)ElementType.Float32))));

    /// <summary>Looks ids up in a table of 10 rows.</summary>
    private static ModelProto Embedding()
    {
        var graph = SomeModel.Graph([], ["y"], SomeModel.Node("Gather", "table ids", "y"));
        graph.Input.Add(SomeModel.Value("ids:batch", ElementType.Int64));
        graph.Initializer.Add(SomeModel.Constant("table", new TensorShape(10, 2), new float[20]));
        return SomeModel.Of(graph);
    }

    /// <summary>The processes that another started.</summary>
    private static List<int> ChildrenOf(int parent) =>
    [
        .. Directory.EnumerateDirectories($"/proc/{parent}/task")
            .SelectMany(thread => ChildrenOfThread(thread).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(id => int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)),
    ];

    private static string ChildrenOfThread(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "children"));
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
            return string.Empty;
        }
    }

    private static SortedDictionary<string, string> Files(string run) => new(
        Directory.EnumerateFiles(run, "*.parquet", SearchOption.AllDirectories).ToDictionary(
            p => Path.GetRelativePath(run, p),
            p => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(p)))),
        StringComparer.Ordinal);

    /// <summary>
    /// Starts the program and kills it with its children as soon as something is so, unless it ends before.
    /// </summary>
    private static async Task<bool> KillAsync(string[] arguments, Func<bool> when)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo("dotnet", [Programs.PathOf("inspect"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process.Start();
        while (!when() && !process.HasExited)
        {
            await Task.Yield();
        }

        var isRunning = !process.HasExited;
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return isRunning;
    }
}
