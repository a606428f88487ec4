using System.Text.Json;
using Toolkit.Formats;
using Toolkit.Models.Configuration;
using Toolkit.Models.Groups;

namespace Toolkit.Models.Tests.Configuration;

public sealed class ExperimentConfigTests
{
    private const string Valid = """
        {"lr": 0.001, "weight_decay": 1, "betas": [0.9, 0.98], "layers": {"embed_dim": 64, "hidden_dim": 32}, "extra_name": "_hidden_dim_32",
         "model": "OneLayerMLP", "group": "SymmetricGroup", "group_parameter": 5, "frac_train": 0.4, "num_epochs": 1000000, "seed": 1}
        """;

    [Fact]
    public void Parse_reads_the_published_format()
    {
        var config = ExperimentConfig.Parse(Valid);

        config.Name.ShouldBe("S5_MLP_hidden_dim_32_seed1");
        config.Layers.HiddenDim.ShouldBe(32);
        config.TrainFraction.ShouldBe(0.4);
        config.CreateGroup().Identity.ShouldBe(20);
        config.CreateTask().TrainPairs.Length.ShouldBe(5760);
    }

    [Fact]
    public void Load_reads_every_published_configuration()
    {
        foreach (var folder in Directory.GetDirectories(SharedData.Require("group-networks")))
        {
            ExperimentConfig.Load(Path.Combine(folder, "cfg.json")).Name.ShouldBe(Path.GetFileName(folder));
        }
    }

    [Fact]
    public void Parse_names_an_unknown_field_and_the_nearest_known_one() =>
        Fault(Valid.Replace("frac_train", "train_frac", StringComparison.Ordinal))
            .ShouldContain("unknown field 'train_frac'. Nearest: 'frac_train'");

    [Fact]
    public void Parse_lists_every_fault_at_once()
    {
        var message = Fault("""
            {"model": "OneLayerMPL", "group": "SymetricGroup", "group_parameter": 5, "layers": {"embed_dim": 0, "hiden_dim": 3},
             "lr": -1, "betas": [0.9], "frac_train": 2, "seed": 1.5, "num_epochs": 0, "colour": 1}
            """);

        message.ShouldContain("there is no model 'OneLayerMPL'. Nearest: 'OneLayerMLP'");
        message.ShouldContain("Nearest: 'SymmetricGroup'");
        message.ShouldContain("unknown field of 'layers' 'hiden_dim'. Nearest: 'hidden_dim'");
        message.ShouldContain("'layers.embed_dim' is 0");
        message.ShouldContain("'lr' is -1");
        message.ShouldContain("the field 'weight_decay' is missing");
        message.ShouldContain("'betas' is [0.9]");
        message.ShouldContain("'frac_train' is 2");
        message.ShouldContain("'seed' is 1.5");
        message.ShouldContain("'num_epochs' is 0");
        message.ShouldContain("unknown field 'colour'");
    }

    [Theory]
    [InlineData("\"Q8\"", "Q8", 8)]
    [InlineData("\"C3xS3\"", "C3xS3", 18)]
    [InlineData("{\"generators\": [\"(0 1 2)\", [1, 0, 2, 3]]}", "generated", 6)]
    [InlineData("{\"cayley\": [[0, 1], [1, 0]]}", "cayley2", 2)]
    public void Parse_takes_groups_without_a_published_name(string group, string name, int order)
    {
        var config = ExperimentConfig.Parse(
            WithGroup(group).Replace("\"frac_train\": 0.4", "\"frac_train\": 1", StringComparison.Ordinal));

        config.Group.Name.ShouldBe(name);
        config.CreateGroup().Order.ShouldBe(order);
    }

    [Fact]
    public void Load_finds_a_table_beside_the_configuration()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["klein.csv"], "0 1 2 3\n1 0 3 2\n2 3 0 1\n3 2 1 0\n");
        File.WriteAllText(folder["cfg.json"], WithGroup("{\"cayley\": \"klein.csv\"}"));

        ExperimentConfig.Load(folder["cfg.json"]).CreateGroup().Order.ShouldBe(4);
    }

    [Theory]
    [InlineData("{\"model\": \"OneLayerMLP\",", "not JSON")]
    [InlineData("{\"lr\": 1, \"lr\": 2}", "not JSON")]
    [InlineData("[]", "a configuration is an object")]
    public void Parse_says_what_is_not_json(string text, string expected) => Fault(text).ShouldContain(expected);

    [Fact]
    public void Parse_meets_truncation_and_flipped_bytes_with_its_own_exception_alone()
    {
        var random = new Random(7);
        for (var trial = 0; trial < 500; trial++)
        {
            var text = Valid.ToCharArray();
            text[random.Next(text.Length)] = (char)random.Next(32, 127);
            try
            {
                ExperimentConfig.Parse(
                    new string(text, 0, random.Next(2) == 0 ? text.Length : random.Next(text.Length)));
            }
            catch (BadInputException)
            {
                // The one allowed outcome beside success.
            }
        }
    }

    [Fact]
    public void The_schema_knows_exactly_the_fields_that_are_read()
    {
        var path = Path.Combine(SharedData.RepositoryRoot, "models", "experiments", "experiment.schema.json");
        using var schema = JsonDocument.Parse(File.ReadAllText(path));
        var properties = schema.RootElement.GetProperty("properties");
        var names = properties.EnumerateObject().Select(property => property.Name);
        var layers = properties.GetProperty("layers").GetProperty("properties").EnumerateObject().Select(
            property => property.Name);

        Known(Fault("{\"colour\": 1}"), "unknown field 'colour'").ShouldBe(names, ignoreOrder: true);
        Known(
            Fault("{\"model\": \"OneLayerMLP\", \"layers\": {\"colour\": 1}}"),
            "unknown field of 'layers' 'colour'").ShouldBe(
            layers, ignoreOrder: true);
    }

    [Theory]
    [InlineData("S4")]
    [InlineData("A5")]
    [InlineData("D7")]
    [InlineData("C10")]
    [InlineData("Q12")]
    [InlineData("C3xS3")]
    public void A_definition_survives_its_json(string name)
    {
        var group = FiniteGroup.Parse(name, ElementOrdering.Lexicographic);
        using var json = JsonDocument.Parse(GroupDefinitionJson.Write(group).ToJsonString());

        var again = GroupDefinitionJson.Read(json.RootElement, "metadata");

        again.Name.ShouldBe(name);
        again.Table.SequenceEqual(group.Table).ShouldBeTrue();
    }

    private static string WithGroup(string group) =>
        Valid.Replace(
            "\"group\": \"SymmetricGroup\", \"group_parameter\": 5", $"\"group\": {group}", StringComparison.Ordinal);

    private static string Fault(string text) =>
        Should.Throw<BadInputException>(() => ExperimentConfig.Parse(text)).Message;

    private static string[] Known(string message, string fault)
    {
        var line = message.Split('\n').Single(part => part.Contains(fault, StringComparison.Ordinal));
        return line[(line.IndexOf("Known: ", StringComparison.Ordinal) + 7)..].TrimEnd('.').Split(", ");
    }
}
