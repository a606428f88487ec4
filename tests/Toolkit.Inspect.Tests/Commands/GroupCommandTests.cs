using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Toolkit.CommandLine;
using Toolkit.Formats.Onnx.Schema;
using Toolkit.Formats.Runs;
using Toolkit.Formats.Tables;
using Toolkit.Formats.Tensors;
using Toolkit.Inspect.Commands;
using Toolkit.Models.Configuration;

namespace Toolkit.Inspect.Tests.Commands;

/// <summary><c>inspect group</c> on captures, on foreign graphs, and on what does not fit.</summary>
public sealed class GroupCommandTests
{
    /// <summary>
    /// Captured and fresh activations come from differently optimised graphs (measured: 6e-7 of the largest value);
    /// losses of random weights stay near 1.
    /// </summary>
    private const double FusionTolerance = 2e-5;

    /// <summary>float32 sums in another order: 16 products of numbers near 1.</summary>
    private const double FactorisationTolerance = 1e-5;

    [Theory]
    [InlineData("OneLayerMLP", "hidden logits")]
    [InlineData("Transformer", "role:hidden role:readout role:residual role:logits")]
    public async Task A_capture_is_read_instead_of_running_the_network_and_gives_the_same(
        string architecture, string values)
    {
        using var folder = new TemporaryFolder();
        var config = architecture == "Transformer" ? SomeGroupNetwork.Transformer("S4") : SomeGroupNetwork.Mlp("S4");
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(config), folder["model.onnx"]);
        var run = await SomeGroupNetwork.CaptureAsync(model, folder["run"], values.Split(' '));

        var fresh = await Run("group", model, "--json");
        var captured = await Run("group", run, "--json");

        captured.Code.ShouldBe(ExitCode.Done, captured.Error);
        captured.Error.ShouldContain("read the captured activations of all 576 pairs");
        fresh.Error.ShouldContain("ran the network on all 576 pairs");
        ShouldAgree(captured.Output, fresh.Output, FusionTolerance);
    }

    [Theory]
    [InlineData("pre_activation logits", "it holds no values of 'hidden' (role 'hidden'): not selected")]
    [InlineData("hidden", "it holds no values of 'logits' (role 'logits'): not selected")]
    public async Task A_capture_that_lacks_a_value_is_not_used_and_it_is_said_why(string values, string reason)
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);
        var run = await SomeGroupNetwork.CaptureAsync(model, folder["run"], values.Split(' '));

        var (code, _, error) = await Run("group", run, "--json");

        code.ShouldBe(ExitCode.Done, error);
        error.ShouldContain("ran the network on all 36 pairs");
        error.ShouldContain($"the capture was not used: {reason}");
    }

    [Fact]
    public async Task A_capture_of_another_model_is_not_used()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(config), folder["model.onnx"]);
        var run = await SomeGroupNetwork.CaptureAsync(model, folder["run"], ["hidden", "logits"]);
        SomeGroupNetwork.Save(
            SomeGroupNetwork.Model(config, SomeGroupNetwork.Weights(config, seed: 8)), folder["run", "model.onnx"]);

        (await Run("group", run, "--json")).Error.ShouldContain(
            "the capture was not used: it was captured from another model than");
    }

    [Fact]
    public async Task Captured_pairs_in_another_order_are_not_used()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);
        var run = await SomeGroupNetwork.CaptureAsync(model, folder["run"], ["hidden", "logits"]);
        var samples = ParquetTable.Read(folder["run", "samples", "part-0-0.parquet"]);
        var swapped = new Table([.. samples.Columns.Select(column =>
            column.Name is "a" or "b"
                ? TableColumn.Create(column.Name, samples.Values<int>(column.Name == "a" ? "b" : "a").ToArray())
                : column)]);
        ParquetTable.Write(folder["run", "samples", "part-0-0.parquet"], swapped);

        (await Run("group", run, "--json")).Error.ShouldContain(
            "the capture was not used: sample 1 has a = 1, in row-major order of the pairs it is 0");
    }

    [Fact]
    public async Task A_foreign_graph_is_measured_by_its_roles_as_the_same_network_of_our_own_is()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        var weights = SomeGroupNetwork.Weights(config);
        var own = SomeGroupNetwork.Save(SomeGroupNetwork.Model(config, weights), folder["own.onnx"]);
        var foreign = SomeGroupNetwork.Save(SomeGroupNetwork.ForeignModel(weights), folder["foreign.onnx"]);
        File.WriteAllText(folder["s3.json"], config.Text);

        var expected = await Run("group", own, "--json");
        var found = await Run(
            ["group", foreign, "--config", folder["s3.json"], "--json", .. SomeGroupNetwork.ForeignRoles]);

        found.Code.ShouldBe(ExitCode.Done, found.Error);
        ShouldAgree(found.Output, expected.Output, FactorisationTolerance);
    }

    [Fact]
    public async Task A_foreign_graph_is_captured_and_its_capture_read_by_its_roles()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        var foreign = SomeGroupNetwork.Save(
            SomeGroupNetwork.ForeignModel(SomeGroupNetwork.Weights(config)), folder["foreign.onnx"]);
        File.WriteAllText(folder["s3.json"], config.Text);
        var run = await SomeGroupNetwork.CaptureAsync(foreign, folder["run"], ["act", "out"], "group:S3");

        var (code, _, error) =
            await Run(["group", run, "--config", folder["s3.json"], .. SomeGroupNetwork.ForeignRoles]);

        code.ShouldBe(ExitCode.Done, error);
        error.ShouldContain("read the captured activations of all 36 pairs (act)");
    }

    [Fact]
    public async Task Json_holds_the_self_tests_behind_the_published_keys_and_legacy_holds_the_published_keys_alone()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);

        using var right = JsonDocument.Parse((await Run("group", model, "--json")).Output);
        using var legacy = JsonDocument.Parse((await Run("group", model, "--json", "--legacy")).Output);

        var tests = right.RootElement.GetProperty("self_tests").EnumerateArray().ToList();
        tests.Count.ShouldBeGreaterThan(6);
        tests.ShouldAllBe(test => test.GetProperty("passed").GetBoolean());
        tests.Where(test => test.GetProperty("relation").GetString() == "at-most")
            .Select(test => test.GetProperty("name").GetString()).ShouldBe(["Σ trace similarity²"]);
        legacy.RootElement.EnumerateObject().Last().Name.ShouldBe("epoch");
    }

    [Fact]
    public async Task A_person_reads_a_line_for_every_analysis_and_a_table_that_fits_a_hundred_columns()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S4")), folder["model.onnx"]);

        var (code, output, error) = await Run("group", model);

        code.ShouldBe(ExitCode.Done, error);
        foreach (var line in (string[])
        [
            "Neurons: of 6, ", "Hidden layer on G × G: ", "Read-out: ", "Logits: of their variance ", "Causal: mean loss untouched ", "Single neurons: ", "ρ-sets: ",
            "Certified accuracy: at least ", "Cosets: of the neurons' energy ",
        ])
        {
            output.ShouldContain($"\n{line}");
        }

        output.Split('\n').TakeWhile(line => !line.StartsWith("Key irreps", StringComparison.Ordinal)).ShouldAllBe(
            line => line.Length <= 100);
        output.ShouldContain("excl. nats  restr. nats");
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(300, true)]
    public async Task Brackets_are_explained_where_there_are_some(double lastLoss, bool isDominated)
    {
        using var folder = new TemporaryFolder();
        foreach (var (seed, loss) in new[] { (1, 1), (2, 2), (3, lastLoss) })
        {
            SaveSummary(folder[$"{seed}"], seed, loss);
        }

        var (code, output, error) = await Run("universality", folder.FullPath);

        code.ShouldBe(ExitCode.Done, error);
        output.Contains("In brackets the median").ShouldBe(isDominated);
        output.Contains("101 (2)").ShouldBe(isDominated);
    }

    [Fact]
    public async Task Networks_that_cannot_be_read_are_named_beside_the_tables_of_the_others()
    {
        using var folder = new TemporaryFolder();
        SaveSummary(folder["nets", "good"], seed: 1, loss: 0.5);
        SaveSummary(folder["nets", "cut"], seed: 2, loss: 0.5);
        File.WriteAllText(folder["nets", "cut", "summary_metrics.json"], """{"test_loss": 0.""");
        SaveSummary(folder["nets", "order"], seed: 3, loss: 0.5);
        Directory.CreateDirectory(folder["nets", "order", "results"]);
        File.WriteAllText(folder["nets", "order", "results", "progress.json"], """{"learning_order": [{"irrep": 1}]}""");

        string[] arguments = ["universality", folder["nets"], folder["none"]];
        var (code, output, error) = await Run([.. arguments, "--out", folder["out"]]);
        var json = await Run([.. arguments, "--json"]);
        var (allCode, allOutput, allError) = await Run("universality", folder["nets", "cut"], folder["none"]);

        code.ShouldBe(ExitCode.BadInput);
        output.ShouldContain("S3");
        error.ShouldContain($"error: {folder["nets", "cut", "summary_metrics.json"]}: not JSON: ");
        error.ShouldContain(
            $"error: {folder["nets", "order", "results", "progress.json"]}: where a name of an irrep was expected");
        error.ShouldContain($"error: {folder["none"]}: there is no such folder. It is left out of the tables.");
        json.Code.ShouldBe(ExitCode.BadInput);
        using var document = JsonDocument.Parse(json.Output);
        using var stored = JsonDocument.Parse(File.ReadAllText(folder["out", "universality.json"]));
        document.RootElement.GetProperty("universality_runs").GetArrayLength().ShouldBe(1);
        foreach (var listed in new[] { document, stored })
        {
            listed.RootElement.GetProperty("broken").EnumerateArray()
                .Select(run => run.GetProperty("folder").GetString())
                .ShouldBe([folder["nets", "cut"], folder["nets", "order"], folder["none"]]);
        }

        allCode.ShouldBe(ExitCode.BadInput);
        allOutput.ShouldBeEmpty();
        allError.ShouldContain("not JSON");
        allError.ShouldContain("there is no such folder");
    }

    [Fact]
    public async Task A_network_whose_file_the_system_does_not_give_is_left_out_like_a_broken_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc/self/mem is a file that opens and cannot be read");
        using var folder = new TemporaryFolder();
        SaveSummary(folder["nets", "good"], seed: 1, loss: 0.5);
        Directory.CreateDirectory(folder["nets", "denied"]);
        File.CreateSymbolicLink(folder["nets", "denied", "summary_metrics.json"], "/proc/self/mem");

        var (code, output, error) = await Run("universality", folder["nets"]);

        code.ShouldBe(ExitCode.BadInput, error);
        output.ShouldContain("S3");
        error.ShouldContain($"error: {folder["nets", "denied"]}: it cannot be read: ");
    }

    [Fact]
    public async Task Copies_of_a_network_count_once_and_different_ones_of_the_same_seed_each()
    {
        using var folder = new TemporaryFolder();
        SaveSummary(folder["nets", "a"], seed: 1, loss: 0.5);
        SaveSummary(folder["nets", "b"], seed: 1, loss: 0.5);
        SaveSummary(folder["nets", "c"], seed: 1, loss: 0.75);
        SaveSummary(folder["nets", "d"], seed: 1, loss: 0.5);
        File.WriteAllText(folder["nets", "a", "model.pt"], "weights");
        File.WriteAllText(folder["nets", "d", "model.pt"], "other weights");

        var twice = await Run("universality", folder["nets", "a"], folder["nets", "a"] + "/", "--json");
        var all = await Run("universality", folder["nets"], folder["nets", "a"], "--json");

        using var one = JsonDocument.Parse(twice.Output);
        using var three = JsonDocument.Parse(all.Output);
        one.RootElement.GetProperty("universality")[0].GetProperty("runs").GetInt32().ShouldBe(1);
        twice.Error.ShouldBeEmpty();
        three.RootElement.GetProperty("universality_runs").EnumerateArray()
            .Select(run => run.GetProperty("run").GetString()).ShouldBe(["a", "c", "d"]);
        all.Code.ShouldBe(ExitCode.Done, all.Error);
        all.Error.ShouldContain(
            $"{folder["nets", "b"]}: the same network as {folder["nets", "a"]}; it is counted once.");
        all.Error.ShouldContain(
            $"{folder["nets", "a"]}, {folder["nets", "c"]}, {folder["nets", "d"]}: 3 different networks of S3, MLP, seed 1");
    }

    [Fact]
    public async Task Published_definitions_are_marked_beside_correct_ones()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);
        await Run("group", model, "--keys-only", "--out", folder["nets", "correct"]);
        await Run("group", model, "--legacy", "--out", folder["nets", "legacy"]);
        SaveSummary(folder["nets", "published"], seed: 2, loss: 0.5);

        var json = await Run("universality", folder["nets"], "--json");
        var text = await Run("universality", folder["nets"]);

        using var document = JsonDocument.Parse(json.Output);
        document.RootElement.GetProperty("universality_runs").EnumerateArray().Select(row =>
            (row.GetProperty("run").GetString(), row.GetProperty("definitions").GetString())).ShouldBe(
            [("legacy", "legacy"), ("published", "legacy"), ("correct", "correct")]);
        text.Error.ShouldBeEmpty();
        text.Output.Split('\n').Count(line => line.Contains(" legacy ")).ShouldBe(3);
        text.Output.Split('\n').Count(line => line.Contains(" correct ")).ShouldBe(2);
    }

    [Fact]
    public async Task Groups_without_a_name_are_not_averaged_together()
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, generators) in new[] { ("cyclic", "(0 1 2)(3 4)"), ("dihedral", "(0 1 2)\", \"(0 1)") })
        {
            SaveSummary(folder["nets", name], seed: 1, loss: 0.5);
            var config = folder["nets", name, "cfg.json"];
            File.WriteAllText(config, Generated(generators, File.ReadAllText(config)));
        }

        var (code, output, error) = await Run("universality", folder["nets"], "--json");

        code.ShouldBe(ExitCode.Done, error);
        error.ShouldBeEmpty();
        using var document = JsonDocument.Parse(output);
        var rows = document.RootElement.GetProperty("universality").EnumerateArray().ToList();
        rows.ShouldAllBe(row => row.GetProperty("runs").GetInt32() == 1);
        rows.Select(row => row.GetProperty("group").GetString()!.Split('#')[0]).ShouldBe(["generated6", "generated6"]);
    }

    [Fact]
    public async Task A_configuration_of_other_generators_is_seen_by_the_products()
    {
        using var folder = new TemporaryFolder();
        var own = Generated("(0 1 2)\", \"(0 1)", SomeGroupNetwork.Mlp("S3").Text);
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(ExperimentConfig.Parse(own)), folder["model.onnx"]);
        File.WriteAllText(folder["own.json"], own);
        File.WriteAllText(folder["other.json"], Generated("(0 1 2)(3 4)", SomeGroupNetwork.Mlp("S3").Text));

        var right = await Run("group", model, "--keys-only", "--config", folder["own.json"]);
        var (code, _, error) = await Run("group", model, "--keys-only", "--config", folder["other.json"]);

        right.Code.ShouldBe(ExitCode.Done, right.Error);
        code.ShouldBe(ExitCode.BadInput, error);
        error.ShouldContain("other.json: the products of its generated6 are not those that");
    }

    [Fact]
    public async Task Networks_measured_from_files_go_into_the_tables_by_what_their_results_say()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);
        (await Run("group", model, "--keys-only", "--out", folder["networks", "one"])).Code.ShouldBe(ExitCode.Done);

        var (code, output, error) = await Run("universality", folder["networks"]);

        code.ShouldBe(ExitCode.Done, error);
        output.ShouldContain("S3");
    }

    [Fact]
    public async Task A_published_summary_is_compared_key_by_key()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("C5")), folder["model.onnx"]);
        var summary = folder["summary_metrics.json"];
        var keys =
            JsonNode.Parse((await Run("group", model, "--legacy", "--json")).Output)!.AsObject();
        keys["train_acc"] = 2;
        keys.Remove("epoch");
        File.WriteAllText(summary, keys.ToJsonString());

        var (code, output, error) = await Run("group", model, "--legacy", "--against", summary, "--out", folder["out"]);

        code.ShouldBe(ExitCode.Failed, error);
        var hidden = keys.Count(key => key.Key.Contains("hidden"));
        output.ShouldContain(
            $"Published: of {keys.Count + 1} keys {keys.Count - hidden - 2} agree, 1 differ, 1 are in one alone, "
                + $"{hidden + 1} are not comparable (");
        error.ShouldContain("train_acc differs: by ");
        error.ShouldContain("epoch missing: the published file lacks it");
        error.ShouldContain("test_loss_restricted_loss_ratio");
        ParquetTable.Read(folder["out", "results", "published.parquet"]).RowCount.ShouldBe(keys.Count + 1);
        var json = await Run("group", model, "--legacy", "--against", summary, "--json");
        using var document = JsonDocument.Parse(json.Output);
        using var stored = JsonDocument.Parse(File.ReadAllText(folder["out", "results", "published.json"]));
        json.Code.ShouldBe(ExitCode.Failed, json.Error);
        keys["train_acc"] = document.RootElement.GetProperty("train_acc").GetDouble();
        File.WriteAllText(summary, keys.ToJsonString());
        (await Run("group", model, "--legacy", "--against", summary)).Code.ShouldBe(
            ExitCode.Done, "a key in one file alone is no difference");
        foreach (var published in new[] { document.RootElement.GetProperty("published"), stored.RootElement })
        {
            published.GetProperty("differ_count").GetInt32().ShouldBe(1);
            published.GetProperty("differ")[0].GetString().ShouldBe("train_acc");
            published.GetProperty("missing_count").GetInt32().ShouldBe(1);
            published.GetProperty("not_comparable_count").GetInt32().ShouldBe(hidden + 1);
        }
    }

    [Theory]
    [InlineData("""{"test_loss": 1, "all_loss": 2, "all_loss": 2}""", "'all_loss' is in it twice.")]
    [InlineData("""{"test_loss": 1, "all_loss": 1e999}""", "'all_loss' is 1e999, where a number was expected.")]
    [InlineData("""{"test_loss": 1, "all_loss": "2"}""", "'all_loss' is \"2\", where a number was expected.")]
    [InlineData("""{"test_loss": null}""", "'test_loss' is null, where a number was expected.")]
    [InlineData("""{"test_loss": {}}""", "there is no 'test_loss' in it")]
    [InlineData("""{"test_loss": NaN}""", "not JSON")]
    [InlineData("[1]", "there is no 'test_loss' in it")]
    public async Task A_summary_without_numbers_is_refused_before_anything_is_measured(string text, string message)
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);
        SaveSummary(folder["nets", "damaged"], seed: 1, loss: 0.5);
        var summary = folder["nets", "damaged", "summary_metrics.json"];
        File.WriteAllText(summary, text);

        foreach (var arguments in (string[][])
            [["group", model, "--legacy", "--against", summary], ["universality", folder["nets"]]])
        {
            var (code, output, error) = await Run(arguments);

            code.ShouldBe(ExitCode.BadInput, error);
            error.ShouldContain($"error: {summary}: ");
            error.ShouldContain(message);
            error.ShouldNotContain("ran the network");
            output.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_place_that_takes_no_results_is_refused_before_anything_is_measured()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);
        string[] places = OperatingSystem.IsLinux() ? [model, "/proc/nowhere"] : [model];
        foreach (var place in places)
        {
            var (code, _, error) = await Run("group", model, "--out", place);

            code.ShouldBe(ExitCode.BadInput, error);
            error.ShouldContain($"error: {place}");
            error.ShouldContain("Choose another");
            error.ShouldNotContain("ran the network");
        }
    }

    [Fact]
    public async Task A_negative_number_of_checkpoints_is_wrong_usage()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);

        var (code, _, error) = await Run("group", model, "--progress", "-5");

        code.ShouldBe(ExitCode.WrongUsage, error);
        error.ShouldContain("--progress -5: a number from 0 on was expected");
    }

    [Fact]
    public async Task Right_numbers_are_not_compared_with_published_ones()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);

        var (code, _, error) = await Run("group", model, "--against", model);

        code.ShouldBe(ExitCode.WrongUsage, error);
        error.ShouldContain("give --legacy with it");
    }

    [Theory]
    [InlineData("S5", "e", "(0 2)")]
    [InlineData("A4", "e", "(0 1)(2 3)")]
    [InlineData("C3xS3", "(0, e)", "(1, (0 1 2))")]
    [InlineData("Q8", "e", "x1y")]
    public async Task Classes_of_a_character_table_are_named_without_fixed_points(
        string group, string identity, string other)
    {
        var heading = (await Run("group-table", group, "--characters")).Output
            .Split('\n')
            .First(line => line.Contains("irrep"));

        heading.ShouldContain($" {identity} ");
        heading.ShouldContain($" {other} ");
    }

    public static TheoryData<string, string, string[]> Mistakes => new()
    {
        { "foreign", "foreign.onnx: its metadata say nothing of a group. Give the configuration: --config cfg.json.", [] },
        { "foreign", "'W_U', which role 'unembed' needs, is not an initializer.", ["--config", "{S3}"] },
        {
            "foreign",
            "'hidden', which should play the role 'hidden', is not a value of the graph.",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles[2..]]
        },
        {
            "foreign",
            "role 'unembed' = head.weight · left.weight^T: [6, 6] · [8, 6] cannot be multiplied. "
                + "^T behind a name transposes it, [:6] takes its first rows",
            ["--config", "{S3}", "--role", "unembed=head.weight*left.weight^T", "--role", "hidden=act"]
        },
        {
            "foreign",
            "'out' is not 'act' times the weights of role 'unembed': they differ by up to",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles[..^1], "unembed=head.weight"]
        },
        {
            "foreign",
            "A bias on the logits is not supported. The transposed weights would fit: put ^T behind their name.",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles[..^1], "unembed=head.weight"]
        },
        {
            "foreign",
            "'out' is not 'sum' times the weights of role 'unembed'",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles[2..], "--role", "hidden=sum"]
        },
        {
            "foreign",
            "Its ReLU would fit: name the value behind the nonlinearity.",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles[2..], "--role", "hidden=sum"]
        },
        {
            "foreign",
            "role 'embed_x' = right.weight · fc_right.weight^T: 'act' does not depend on the row of 'right.weight' "
                + "for the "
                + "left element, but on that for the right one: are 'embed_x' and 'embed_y' swapped?",
            ["--config", "{S3}", "--role", "hidden=act", "--role", "embed_x=right.weight*fc_right.weight^T",
                "--role", "embed_y=left.weight*fc_left.weight^T", .. SomeGroupNetwork.ForeignRoles[6..]]
        },
        {
            "foreign",
            "role 'embed_y' = left.weight · fc_left.weight^T: 'act' does not depend on the row of 'left.weight' "
                + "for the "
                + "right element",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles[..4],
                "--role", "embed_y=left.weight*fc_left.weight^T", .. SomeGroupNetwork.ForeignRoles[6..]]
        },
        {
            "foreign",
            "role 'embed_x' = head.weight: 'act' does not depend on the row of 'head.weight' for the left element. Name",
            ["--config", "{S3}", "--role", "embed_x=head.weight", .. SomeGroupNetwork.ForeignRoles[..2],
                .. SomeGroupNetwork.ForeignRoles[4..]]
        },
        {
            "foreign",
            "changes 'act' of pairs without that element, so its rows are no embedding of elements.",
            ["--config", "{S3}", "--role", "embed_x=fc_left.weight", .. SomeGroupNetwork.ForeignRoles[..2],
                .. SomeGroupNetwork.ForeignRoles[4..]]
        },
        {
            "foreign",
            "'sum' is a sum of a function of each element, but the rows of role 'embed_x' are not that function",
            ["--config", "{S3}", "--role", "embed_x=left.weight*fc_right.weight^T",
                .. SomeGroupNetwork.ForeignRoles[..2], .. SomeGroupNetwork.ForeignRoles[4..]]
        },
        {
            "foreign",
            "'embed_x' is [8, 6], but the group has 6 elements, so 6 rows were expected. Transposed it would fit: "
                + "--role embed_x=left.weight.",
            ["--config", "{S3}", "--role", "embed_x=left.weight^T", .. SomeGroupNetwork.ForeignRoles[..2],
                .. SomeGroupNetwork.ForeignRoles[4..]]
        },
        {
            "foreign",
            "'sum' plays the role 'residual', which is the part of the 'readout' that bypasses the hidden layer, but "
                + "nothing plays that.",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles, "--role", "residual=sum"]
        },
        {
            "transformer",
            "plus 'blocks.0.mlp.hook_post' times those of role 'unembed': they differ by up to",
            ["--role", "unembed=blocks.0.mlp.W_in^T*unembed.W_U"]
        },
        {
            "own",
            "the configuration is of a Transformer, but",
            ["--config", "{transformer}"]
        },
        {
            "own",
            "its 'layers' ask for the weights W_x [6, 8], W_y [6, 8], W [16, 7], W_U [7, 6], but",
            ["--config", "{wide}"]
        },
        {
            "foreign",
            "role 'embed_x' takes the rows 3 to 9 of 'left.weight', which has 6",
            ["--config", "{S3}", "--role", "embed_x=left.weight[3:9]", "--role", "unembed=head.weight^T"]
        },
        {
            "foreign",
            "the roles 'readout' and 'readout_weights' go together, but only 'readout' is played",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles, "--role", "readout=act"]
        },
        {
            "foreign",
            "'act' (role 'hidden') is float32 [36, 6]; expected was float32 [batch, position, 6]",
            ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles[2..], "--role", "hidden=act@2"]
        },
        {
            "foreign",
            "'embed_x' is [6, 6], but the group has 24 elements, so 24 rows were expected.",
            ["--config", "{S4}", .. SomeGroupNetwork.ForeignRoles]
        },
        { "own", "the configuration is of S4, but", ["--config", "{S4}"] },
        { "nan", "weight 'W_U': the value at row 0", [] },
        { "images", "Expected for pairs of a group were two int64 inputs of shape [batch]", ["--config", "{S3}", .. SomeGroupNetwork.ForeignRoles] },
        { "own", "there are no checkpoints/epoch_*.safetensors", ["--progress", "3"] },
        { "own", "there is no 'test_loss' in it; the keys of summary_metrics.json were expected.",
            ["--legacy", "--against", "{S3}"] },
        { "even", "group D4 has no published irreps; --legacy is for", ["--legacy"] },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task What_does_not_fit_is_named_as_bad_input(string model, string message, string[] options)
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        var weights = SomeGroupNetwork.Weights(config);
        File.WriteAllText(folder["s3.json"], config.Text);
        File.WriteAllText(folder["s4.json"], SomeGroupNetwork.Mlp("S4").Text);
        var foreign = SomeGroupNetwork.ForeignModel(weights);
        SomeGroupNetwork.Save(foreign, folder["foreign.onnx"]);
        SomeGroupNetwork.Save(SomeGroupNetwork.Model(config, weights), folder["own.onnx"]);
        SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("D4")), folder["even.onnx"]);
        File.WriteAllText(folder["transformer.json"], SomeGroupNetwork.Transformer("S3").Text);
        SomeGroupNetwork.Save(
            SomeGroupNetwork.Model(SomeGroupNetwork.Transformer("S3")), folder["transformer.onnx"]);
        File.WriteAllText(folder["wide.json"], config.Text.Replace("\"hidden_dim\": 6", "\"hidden_dim\": 7"));
        foreign.Graph.Input[0] = SomeModel.Value("pairs:batch,4", ElementType.Int64);
        SomeGroupNetwork.Save(foreign, folder["images.onnx"]);
        weights["W_U"] = HostTensor.Float32(weights["W_U"].Shape, [.. Enumerable.Repeat(float.NaN, 36)]);
        SomeGroupNetwork.Save(SomeGroupNetwork.Model(config, weights), folder["nan.onnx"]);

        var (code, output, error) = await Run(
            ["group", folder[$"{model}.onnx"], .. options.Select(option => option.Replace(
                "{S3}", folder["s3.json"]).Replace("{S4}", folder["s4.json"]).Replace(
                "{transformer}", folder["transformer.json"]).Replace("{wide}", folder["wide.json"])),
                "--out", folder["out"]]);

        code.ShouldBe(ExitCode.BadInput, error);
        error.ShouldContain(message);
        error.ShouldNotContain("irreps measured", customMessage: "found only after the work");
        output.ShouldBeEmpty();
        Directory.Exists(folder["out"]).ShouldBeFalse("a failed command left something behind");
    }

    [Fact]
    public async Task Roles_of_a_transformer_given_by_hand_are_those_of_its_metadata()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(
            SomeGroupNetwork.Model(SomeGroupNetwork.Transformer("S3")), folder["model.onnx"]);

        var expected = await Run("group", model, "--json");
        var found = await Run("group", model, "--json", "--role", "unembed=blocks.0.mlp.W_out*unembed.W_U");

        found.Code.ShouldBe(ExitCode.Done, found.Error);
        ShouldAgree(found.Output, expected.Output, FactorisationTolerance);
    }

    [Fact]
    public async Task A_table_of_embeddings_in_place_of_what_it_adds_to_the_neurons_is_measured_with_a_word()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        var foreign = SomeGroupNetwork.Save(
            SomeGroupNetwork.ForeignModel(SomeGroupNetwork.Weights(config)), folder["foreign.onnx"]);
        File.WriteAllText(folder["s3.json"], config.Text);
        string[] common = ["group", foreign, "--config", folder["s3.json"]];

        var table = await Run(
            [.. common, "--role", "hidden=act", "--role", "embed_x=left.weight", "--role", "embed_y=right.weight",
                .. SomeGroupNetwork.ForeignRoles[6..]]);
        var product = await Run([.. common, .. SomeGroupNetwork.ForeignRoles]);

        table.Code.ShouldBe(ExitCode.Done, table.Error);
        table.Error.ShouldContain("'embed_x' has 8 columns, the hidden layer 6 neurons");
        product.Error.ShouldNotContain("neurons, so the shares");
    }

    [Fact]
    public async Task A_configuration_of_another_group_of_as_many_elements_is_seen_by_the_answers()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        var foreign = SomeGroupNetwork.Save(
            SomeGroupNetwork.ForeignModel(SomeGroupNetwork.TableOf("S3")), folder["foreign.onnx"]);
        File.WriteAllText(folder["s3.json"], config.Text);
        File.WriteAllText(folder["c6.json"], SomeGroupNetwork.Mlp("C6").Text);

        var right = await Run(["group", foreign, "--config", folder["s3.json"], .. SomeGroupNetwork.ForeignRoles]);
        var wrong = await Run(["group", foreign, "--config", folder["c6.json"], .. SomeGroupNetwork.ForeignRoles]);

        right.Error.ShouldNotContain("of the training pairs as");
        right.Error.ShouldContain("s3.json: its 'layers' give the hidden layer 6 neurons, but that of");
        right.Error.ShouldContain("foreign.onnx has 36, and these are measured.");
        wrong.Error.ShouldContain("of the training pairs as C6 does (by chance 16.67 %). Unless its training has only");
    }

    [Fact]
    public async Task Another_split_than_the_model_was_trained_with_is_said()
    {
        using var folder = new TemporaryFolder();
        var config = SomeGroupNetwork.Mlp("S3");
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(config), folder["model.onnx"]);
        File.WriteAllText(folder["own.json"], config.Text);
        File.WriteAllText(folder["other.json"], config.Text.Replace("\"seed\": 1", "\"seed\": 2"));

        (await Run("group", model, "--config", folder["own.json"])).Error.ShouldNotContain("another split");
        (await Run("group", model, "--config", folder["other.json"])).Error.ShouldContain(
            "other.json: seed 2 and frac_train 0.5, but");
    }

    [Fact]
    public async Task A_damaged_checkpoint_of_progress_is_named_before_anything_is_measured()
    {
        using var folder = new TemporaryFolder();
        SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["run", "model.onnx"]);
        Directory.CreateDirectory(folder["run", "checkpoints"]);
        var checkpoint = folder["run", "checkpoints", "epoch_5.safetensors"];
        File.WriteAllBytes(checkpoint, [8, 0, 0, 0]);

        var (code, output, error) = await Run("group", folder["run"], "--progress", "2", "--out", folder["out"]);

        code.ShouldBe(ExitCode.BadInput, error);
        error.ShouldContain($"error: --progress: {checkpoint}: ");
        error.ShouldContain("Take this checkpoint away, or leave --progress out.");
        error.ShouldNotContain("ran the network");
        output.ShouldBeEmpty();
        Directory.Exists(folder["out"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("hiden=act")]
    [InlineData("act")]
    [InlineData("hidden=")]
    public async Task A_role_that_there_is_not_is_wrong_usage(string role)
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);

        var (code, _, error) = await Run("group", model, "--role", role);

        code.ShouldBe(ExitCode.WrongUsage, error);
        error.ShouldContain(
            $"--role {role}: ROLE=NAME was expected; roles are hidden, logits, embed_x, embed_y, unembed, readout, "
                + "readout_weights, residual.");
    }

    [Fact]
    public async Task A_role_given_twice_is_wrong_usage()
    {
        using var folder = new TemporaryFolder();
        var model = SomeGroupNetwork.Save(SomeGroupNetwork.Model(SomeGroupNetwork.Mlp("S3")), folder["model.onnx"]);

        var (code, _, error) = await Run("group", model, "--role", "unembed=W_U", "--role", "unembed=W_x");

        code.ShouldBe(ExitCode.WrongUsage, error);
        error.ShouldContain("--role unembed=W_x: the role 'unembed' was given before.");
    }

    private static string Generated(string generators, string config)
    {
        var json = JsonNode.Parse(config)!.AsObject();
        json["group"] = JsonNode.Parse($$"""{"generators": ["{{generators}}"]}""");
        json.Remove("group_parameter");
        return json.ToJsonString();
    }

    private static void SaveSummary(string network, int seed, double loss)
    {
        Directory.CreateDirectory(network);
        File.WriteAllText(
            Path.Combine(network, "cfg.json"),
            SomeGroupNetwork.ConfigText("OneLayerMLP", "S3").Replace("\"seed\": 1", $"\"seed\": {seed}"));
        File.WriteAllText(
            Path.Combine(network, "summary_metrics.json"),
            string.Create(CultureInfo.InvariantCulture, $$"""{"test_loss": {{loss}}}"""));
    }

    private static void ShouldAgree(string found, string expected, double tolerance)
    {
        using var left = JsonDocument.Parse(found);
        using var right = JsonDocument.Parse(expected);
        left.RootElement.EnumerateObject().Select(key => key.Name).ShouldBe(
            right.RootElement.EnumerateObject().Select(key => key.Name));
        foreach (var key in right.RootElement
            .EnumerateObject()
            .Where(key => key.Value.ValueKind == JsonValueKind.Number))
        {
            left.RootElement.GetProperty(key.Name).GetDouble().ShouldBe(
                key.Value.GetDouble(), tolerance * Math.Max(1, Math.Abs(key.Value.GetDouble())), key.Name);
        }
    }

    internal static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal(output, error, interactive: false);
        var root = new RootCommand();
        root.Subcommands.Add(GroupCommand.Create(terminal));
        root.Subcommands.Add(GroupTableCommand.Create(terminal));
        root.Subcommands.Add(UniversalityCommand.Create(terminal));
        var code = await ProgramHost.RunAsync(root, arguments, terminal);
        return (code, output.ToString(), error.ToString());
    }
}
