using Toolkit.Formats.Runs;
using Toolkit.Formats.Runs.Statistics;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;

namespace Toolkit.Formats.Tests.Runs;

public class RunDirectoryTests
{
    [Fact]
    public void A_run_comes_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        var values = Values(24 * 3 * 5);
        var tensor = HostTensor.Float32(new TensorShape(24, 3, 5), values);
        var run = new RunBuilder().Tensor("hidden", tensor).Samples(
            new Table(TableColumn.Create("a", Enumerable.Range(0, 24).ToArray())))
            .Write(folder["run"]);

        run.Samples.ShouldBe(24);
        var entry = run.Find("hidden");
        entry.Rows.ShouldBe(72);
        run.Read(entry).Bytes.ToArray().ShouldBe(tensor.Bytes.ToArray());
        run.Read(entry).Shape.ShouldBe(tensor.Shape);
        run.Read(entry, 5, 2).AsSpan<float>().ToArray().ShouldBe(values[75..105]);
        var channels = run.ReadChannels(entry, [4, 0], 1, 1);
        channels.Shape.ShouldBe(new TensorShape(1, 3, 2));
        channels.AsSpan<float>().ToArray().ShouldBe(
            [values[19], values[15], values[24], values[20], values[29], values[25]]);
        run.ReadSamples().Values<int>("a").ToArray().ShouldBe(Enumerable.Range(0, 24));
        run.ReadSamples().Values<long>("sample_id")[7].ShouldBe(7);
        RunVerification.Verify(folder["run"]).Faults.ShouldBeEmpty();
    }

    [Fact]
    public void Effects_of_interventions_come_back_as_the_sums_of_all_shards()
    {
        using var folder = new TemporaryFolder();
        var plan = new RunPlan { Samples = 6, Batch = 2, SegmentSamples = 2 };
        EffectSums[] batches = [new(2, 8, 0, 9, 16, 3, 2, 1), new(2, 7, 1, 0, 5, 0, 2, 0), new(0, 0, 0, 0, 0, 0, 0, 0)];
        for (var shard = 0; shard < 2; shard++)
        {
            using var writer = RunWriter.Open(folder["run"], plan, shard, 2);
            foreach (var (index, first, samples) in writer.Remaining())
            {
                using var segment = writer.Begin(index, first, samples);
                segment.AddEffect("z", new StatisticsNode<EffectSums>(0, first / 2, batches[first / 2]));
                segment.AddEffect("a", new StatisticsNode<EffectSums>(0, first / 2, batches[2]));
                segment.Complete(new Table(TableColumn.Create("sample_id", [first, first + 1])));
            }

            writer.Complete(TimeProvider.System);
        }

        RunMerge.Complete(folder["run"], TimeProvider.System);
        RunReader.Open(folder["run"]).ReadEffects().ShouldBe(
        [
            new OutputEffect("z", 4, Math.Sqrt(9.0 / 15), Math.Sqrt(9.0 / 21), 3, 0.25, 1),
            new OutputEffect("a", 0, 0, 0, 0, null, 0),
        ]);
        RunVerification.Verify(folder["run"]).Faults.ShouldBeEmpty();
        File.Copy(folder["run", "stats.parquet"], folder["run", "effects.parquet"], overwrite: true);
        Should.Throw<BadInputException>(() => RunReader.Open(folder["run"]).ReadEffects()).Message.ShouldContain(
            "effects.parquet: this is not a table of effects of a run directory");
    }

    [Fact]
    public void Find_names_the_nearest_values()
    {
        using var folder = new TemporaryFolder();
        var run = new RunBuilder().Tensor("h_1", HostTensor.Float32(new TensorShape(2, 1), [1, 2])).Write(
            folder["run"]);
        Should.Throw<BadInputException>(() => run.Find("h1")).Message.ShouldContain(
            "'h1' is not a value of the run. Nearest: 'h_1'.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_capture_began_is_deleted_unless_it_stored_something_or_it_was_there_before(bool isThere)
    {
        using var folder = new TemporaryFolder();
        if (isThere)
        {
            Directory.CreateDirectory(folder["run"]);
            File.WriteAllText(folder["run", "model.onnx"], "mine");
        }

        var before = new NewRunFolder(folder["run"]);
        RunWriter.Open(folder["run"], new RunPlan { Samples = 2, Batch = 1, SegmentSamples = 1 }).Dispose();
        Directory.CreateDirectory(folder["run", "activations", "tensor=0"]);
        before.DeleteUnlessStored();
        Directory.Exists(folder["run"]).ShouldBe(isThere);
        File.Exists(folder["run", "model.onnx"]).ShouldBe(isThere);
        File.Exists(folder["run", "plan.json"]).ShouldBeFalse();
        Directory.Exists(folder["run", "activations"]).ShouldBeFalse();

        using var run = RunWriter.Open(folder["run"], new RunPlan { Samples = 2, Batch = 1, SegmentSamples = 1 });
        new NewRunFolder(folder["run"]).DeleteUnlessStored();
        File.Exists(folder["run", "plan.json"]).ShouldBeTrue("there before");
        using (var segment = run.Begin(0, 0, 1))
        {
            segment.Complete(new Table(TableColumn.Create("sample_id", [0L])));
        }

        before.DeleteUnlessStored();
        File.Exists(folder["run", "plan.json"]).ShouldBeTrue("a segment is stored");
    }

    [Fact]
    public void Open_says_why_a_folder_is_no_run()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<BadInputException>(() => RunReader.Open(folder["none"])).Message.ShouldContain(
            "there is no such folder");
        Should.Throw<BadInputException>(() => RunReader.Open(folder.FullPath)).Message.ShouldContain("holds no run");
        new RunBuilder().Tensor("x", HostTensor.Float32(new TensorShape(2, 1), [1, 2])).Write(folder["run"]);
        var manifest = File.ReadAllBytes(folder["run", "manifest.json"]);
        File.Delete(folder["run", "manifest.json"]);
        Should.Throw<BadInputException>(() => RunReader.Open(folder["run"])).Message.ShouldContain(
            "the run is not finished (2 of 2 samples)");
        File.WriteAllBytes(folder["run", "manifest.json"], manifest[..^40]);
        Should.Throw<BadInputException>(() => RunReader.Open(folder["run"]));
    }

    [Fact]
    public void A_folder_that_holds_something_else_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["thesis.tex"], "do not lose me");
        Should.Throw<BadInputException>(() =>
            new RunBuilder().Tensor("x", HostTensor.Float32(new TensorShape(1, 1), [1])).Write(folder.FullPath))
            .Message.ShouldContain("holds something else ('thesis.tex')");
        File.ReadAllText(folder["thesis.tex"]).ShouldBe("do not lose me");
    }

    [Theory]
    [InlineData("/proc/run", "the folder takes no files")]
    [InlineData("/proc/self/run/inner", "the folder takes no files")]
    public void A_place_that_takes_no_files_is_refused_before_anything_is_measured(string folder, string reason)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc is Linux's");
        Should.Throw<BadInputException>(() => RunWriter.CheckFolder(folder)).Message.ShouldBe(
            $"{folder}: nothing can be written there ({reason}). Choose another place.");
        Should.Throw<BadInputException>(() => AtomicFile.WriteText(folder, "text"));
    }

    [Fact]
    public void A_part_of_another_division_is_refused_before_anything_is_captured()
    {
        using var folder = new TemporaryFolder();
        var plan = new RunPlan { Samples = 4, Batch = 1, SegmentSamples = 1 };
        using (var last = RunWriter.Open(folder["run"], plan, 3, 4))
        {
            last.Complete(TimeProvider.System);
        }

        Should.Throw<BadInputException>(() => RunWriter.Open(folder["run"], plan, 0, 2)).Message.ShouldContain(
            "the run was divided into 4 shards, not 2. Use --shard i/4.");
        using var first = RunWriter.Open(folder["run"], plan, 0, 4);
        first.Shard.ShouldBe(0);
    }

    [Fact]
    public void A_shard_has_one_writer_at_a_time()
    {
        using var folder = new TemporaryFolder();
        var plan = new RunPlan { Samples = 4, Batch = 1, SegmentSamples = 1 };
        var before = new NewRunFolder(folder["run"]);
        using (RunWriter.Open(folder["run"], plan, 0, 2))
        {
            Should.Throw<BadInputException>(() => RunWriter.Open(folder["run"], plan, 0, 2, resume: true))
                .Message.ShouldBe(
                    $"{folder["run"]}: another process is writing shard 0 of 2 now. Wait until it has ended, then go "
                        + "on with --resume; or choose a new folder.");
            before.DeleteUnlessStored();
            File.Exists(folder["run", "plan.json"]).ShouldBeTrue("another process is at it");
            using var other = RunWriter.Open(folder["run"], plan, 1, 2);
            Locks().ShouldBe(["0.lock", "1.lock"]);
        }

        Locks().ShouldBeEmpty();
        using var next = RunWriter.Open(folder["run"], plan, 0, 2, resume: true);

        string?[] Locks() =>
            [.. Directory.EnumerateFiles(folder["run", "shards"], "*.lock").Select(Path.GetFileName).Order()];
    }

    [Fact]
    public void What_a_process_killed_at_its_start_left_is_no_obstacle()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["run", "shards"]);
        File.WriteAllText(folder["run", "shards", "0.lock"], "");
        RunWriter.CheckFolder(folder["run"]);
        using var run = RunWriter.Open(folder["run"], new RunPlan { Samples = 0, Batch = 1, SegmentSamples = 1 });
        run.Shard.ShouldBe(0);
    }

    [Fact]
    public void A_complete_run_holds_nothing_that_a_killed_process_had_begun()
    {
        using var folder = new TemporaryFolder();
        var plan = new RunPlan { Samples = 0, Batch = 1, SegmentSamples = 1 };
        using var run = RunWriter.Open(folder["run"], plan);
        string[] unfinished =
        [
            $"run/.tensors.parquet.{Guid.Empty:N}.tmp", $"run/shards/.0-3.json.{Guid.Empty:N}.tmp", "run/shards/5.lock",
        ];
        Directory.CreateDirectory(folder["run/shards"]);
        Array.ForEach(unfinished, path => File.WriteAllText(folder[path], "half"));
        run.Complete(TimeProvider.System);
        unfinished.Where(path => File.Exists(folder[path])).ShouldBeEmpty();
        File.Exists(folder["run/manifest.json"]).ShouldBeTrue();
    }

    [Fact]
    public void Looking_at_a_folder_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        RunWriter.CheckFolder(folder["run", "inner"]);
        RunWriter.CheckFolder(folder.FullPath);
        Directory.EnumerateFileSystemEntries(folder.FullPath).ShouldBeEmpty();
        var name = new string('x', 300);
        Should.Throw<BadInputException>(() => AtomicFile.CreateFolder(folder[name])).Message.ShouldContain(
            "nothing can be written there (the name is too long)");
    }

    [Fact]
    public void A_run_may_have_more_tensors_than_a_process_may_have_files_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "open files are counted in /proc/self/fd");
        using var folder = new TemporaryFolder();
        const int tensors = 700;
        var plan = new RunPlan
        {
            Samples = 2,
            Batch = 1,
            SegmentSamples = 2,
            Tensors = [.. Enumerable.Range(0, tensors).Select(id => new TensorEntry
            {
                Id = id,
                Name = $"v{id}",
                OriginalType = "float32",
                StoredType = "float32",
                SampleShape = id % 2 == 0 ? [1] : null,
                BatchAxis = 0,
            })],
        };
        using var run = RunWriter.Open(folder["run"], plan);
        using (var segment = run.Begin(0, 0, 2))
        {
            for (var sample = 0; sample < 2; sample++)
            {
                foreach (var tensor in plan.Tensors)
                {
                    var value = BitConverter.GetBytes((float)(tensor.Id + sample));
                    if (tensor.SampleShape is null)
                    {
                        segment.Activations(tensor).AppendRagged(sample, 0, value, [1]);
                    }
                    else
                    {
                        segment.Append(tensor, [sample], [0], value);
                    }
                }
            }

            var open = Directory.EnumerateFiles("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget);
            open.Count(file => file?.StartsWith(folder["run"], StringComparison.Ordinal) == true)
                .ShouldBeInRange(1, 520);
            segment.Complete(new Table(TableColumn.Create("sample_id", [0L, 1])));
        }

        run.Complete(TimeProvider.System);
        RunVerification.Verify(folder["run"]).Faults.ShouldBeEmpty();
        var reader = RunReader.Open(folder["run"]);
        reader.Read(reader.Find("v698")).AsSpan<float>().ToArray().ShouldBe([698, 699]);
    }

    [Fact]
    public void Verification_finds_changed_cut_and_missing_files()
    {
        using var folder = new TemporaryFolder();
        new RunBuilder().Tensor("x", HostTensor.Float32(new TensorShape(100, 4), Values(400)))
            .Tensor("y", HostTensor.Float32(new TensorShape(100, 4), Values(400)))
            .Tensor("z", HostTensor.Float32(new TensorShape(100, 4), Values(400))).Write(folder["run"]);
        string File0(int id) => folder["run", "activations", $"tensor={id}", "part-0-0.parquet"];
        var bytes = File.ReadAllBytes(File0(0));
        bytes[50] ^= 1;
        File.WriteAllBytes(File0(0), bytes);
        File.WriteAllBytes(File0(1), bytes[..100]);
        File.Delete(File0(2));
        var faults = RunVerification.Verify(folder["run"]).Faults;
        faults.Count.ShouldBe(3);
        faults[0].ShouldContain("SHA-256 differs");
        faults[1].ShouldContain("it has 100 bytes");
        faults[2].ShouldContain("is missing");
    }

    [Theory]
    [InlineData("stats.parquet", "SHA-256 differs")]
    [InlineData("channels.parquet", "SHA-256 differs")]
    [InlineData("tensors.parquet", "SHA-256 differs")]
    [InlineData("shards/0.json", "disagree")]
    public void Verification_finds_a_changed_byte_of_what_holds_for_the_whole_run(string file, string fault)
    {
        using var folder = new TemporaryFolder();
        new RunBuilder().Tensor("x", HostTensor.Float32(new TensorShape(100, 4), Values(400))).Write(folder["run"]);
        RunVerification.Verify(folder["run"]).Faults.ShouldBeEmpty();
        var bytes = File.ReadAllBytes(folder["run", file]);

        // A digit of a checksum, or a byte of a page.
        var at = file.EndsWith(".json", StringComparison.Ordinal) ? bytes.AsSpan().IndexOf("sha256"u8) + 12 : 50;
        bytes[at] = (byte)(bytes[at] == '1' ? '2' : '1');
        File.WriteAllBytes(folder["run", file], bytes);
        RunVerification.Verify(folder["run"]).Faults.ShouldHaveSingleItem().ShouldContain(fault);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[null]")]
    public void Plan_whose_options_are_no_texts_is_refused(string options)
    {
        using var folder = new TemporaryFolder();
        new RunBuilder().Tensor("x", HostTensor.Float32(new TensorShape(1, 4), Values(4))).Write(folder["run"]);
        var plan = File.ReadAllText(folder["run", "plan.json"]);
        plan.ShouldContain("\"options\": []");
        File.WriteAllText(
            folder["run", "plan.json"], plan.Replace("\"options\": []", $"\"options\": {options}"));
        Should.Throw<BadInputException>(() => RunReader.Open(folder["run"])).Message.ShouldContain(
            "plan.json: its options are not a list of texts.");
    }

    [Fact]
    public void Plan_tells_interventions_from_other_options() =>
        new RunPlan
        {
            Options = ["--sample-axis x=1", "--carry a=b", "--zero h:0", "--rank h=2", "--mean g", "--set g=f.npy"],
        }.Interventions().ShouldBe(["--zero h:0", "--rank h=2", "--mean g", "--set g=f.npy"]);

    [Fact]
    public void Verification_goes_by_the_manifest_where_records_of_shards_are_gone()
    {
        using var folder = new TemporaryFolder();
        new RunBuilder().Tensor("x", HostTensor.Float32(new TensorShape(100, 4), Values(400))).Write(folder["run"]);
        var files = RunVerification.Verify(folder["run"]).Files;
        Directory.Delete(folder["run", "shards"], recursive: true);
        File.Delete(folder["run", "stats.parquet"]);
        var check = RunVerification.Verify(folder["run"]);
        check.Files.ShouldBe(files);
        check.Faults.Count.ShouldBe(2);
        check.Faults[0].ShouldContain("disagree");
        check.Faults[1].ShouldContain("stats.parquet: the file is missing");
    }

    [Fact]
    public void A_manifest_cannot_make_us_read_outside_the_run()
    {
        using var folder = new TemporaryFolder();
        new RunBuilder().Tensor("x", HostTensor.Float32(new TensorShape(2, 1), [1, 2])).Write(folder["run"]);
        var path = folder["run", "manifest.json"];
        File.WriteAllText(
            path, File.ReadAllText(path).Replace("activations/tensor=0/", "../../", StringComparison.Ordinal));
        Should.Throw<BadInputException>(() => RunReader.Open(folder["run"])).Message.ShouldContain("outside the run");
    }

    private static float[] Values(int count) => [.. Enumerable.Range(0, count).Select(i => MathF.Sin(i))];
}
